"""Setting a notice with typst: the data go in as JSON, never as markup, so no name can become a command."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import LifoQueue
from typing import Any

import orjson
import segno
import typst

from inspect_station.clock import SHANGHAI
from inspect_station.notices import preparation, wording
from inspect_station.notices.model import Line, Notice, NoticeKind

_MASK = 2  # columns of three: no pattern of ours runs into it
MEDIA_TYPE = "application/pdf"
_FOLDER = Path(__file__).parent
_FONTS = "manimgx_fonts_cjk"  # every character there is, drawn anew for each page
_CUT = _FOLDER / "fonts"  # the usual ones, made once (tools/fonts.py): a page takes half the time


def render(*notices: Notice) -> bytes:
    """One PDF of these notices, each with page numbers of its own; the same notices give the same bytes.

    Safe to call from several threads.
    """
    return render_sheets([sheet(notice) for notice in notices], notices[0].on)


def with_answer(sheet: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    """A kept sheet with the code of its answer page, which is not kept with it, and the sentence that speaks of it."""
    if not url:
        return sheet
    said = [(heading, sheet.get("how", text) if heading == wording.HOW else text) for heading, text in sheet["acts"]]
    return {**sheet, "qr": _qr(url), "url": url, "acts": said}


def render_sheets(sheets: Sequence[Mapping[str, Any]], on: date) -> bytes:
    """The PDF of what `sheet` gave, perhaps long ago."""
    data = orjson.dumps(list(sheets)).decode()
    # The set date stands in for the clock, as everywhere.
    moment = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI)
    with _compiler("notice") as compiler:
        made = compiler.compile(format="pdf", sys_inputs={"notices": data}, timestamp=int(moment.timestamp()))
    return bytes(made)


def typeset(template: str, sheet: Mapping[str, Any], on: date) -> bytes:
    """Another sheet of ours as a PDF: `template`.typ reads `sheet` as JSON. Safe to call from several threads."""
    moment = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI)
    data = orjson.dumps(sheet).decode()
    with _compiler(template) as compiler:
        made = compiler.compile(format="pdf", sys_inputs={"sheet": data}, timestamp=int(moment.timestamp()))
    return bytes(made)


@contextmanager
def _compiler(template: str) -> Iterator[Any]:
    """One that nobody else is using: several set pages side by side, each for one thread at a time."""
    idle = _compilers(template)
    compiler = idle.get()
    try:
        compiler = compiler or typst.Compiler(_FOLDER / f"{template}.typ", root=_FOLDER, font_paths=_fonts())
        yield compiler
    finally:
        idle.put(compiler)


@cache
def _compilers(template: str) -> "LifoQueue[Any]":
    """As many places for each template as there are processors; a compiler is made where no other is idle."""
    places: LifoQueue[Any] = LifoQueue()
    for _ in range(os.cpu_count() or 1):
        places.put(None)
    return places


@cache
def _fonts() -> Any:
    """Read once for the process: loading the whole font takes longer than a page. Nothing depends on the machine's own."""
    found = find_spec(_FONTS)
    assert found is not None
    assert found.origin is not None, "the fonts of requirements.txt are not installed"
    return typst.Fonts(include_system_fonts=False, font_paths=[_CUT, Path(found.origin).parent])


def sheet(notice: Notice) -> dict[str, Any]:
    """All the template shows, as plain texts."""
    office = notice.office
    wants_list = notice.kind is NoticeKind.PREPARATION or notice.with_preparation
    lists = preparation.for_clocks((line.kind, line.clock) for line in notice.lines) if wants_list else []
    is_preparation = notice.kind is NoticeKind.PREPARATION
    return {
        "title": notice.kind.label,
        "number": notice.number,
        "unit": notice.unit,
        "addressee": notice.addressee,
        "on": wording.chinese_date(notice.on),
        "station": office.name,
        "contact": [pair for pair in _contact(notice) if pair[1]],
        "opening": wording.opening(notice),
        "headings": ["序号", "设备名称", "使用登记证编号", "单位内编号", "使用地点", "检验项目", "到期日"],
        "last_heading": wording.last_heading(notice),
        "rows": [_row(notice, number, line) for number, line in enumerate(notice.lines, start=1)],
        "remarks": list(wording.remarks(notice.lines)),
        "acts": [] if is_preparation else list(wording.acts(notice)),
        "how": wording.how(notice, with_code=True),
        "lists": [_checklist(found) for found in lists],
        "lists_apart": not is_preparation,
        "qr": _qr(notice.answer_url) if notice.answer_url else "",
        "url": notice.answer_url,
        "sample": notice.sample,
    }


def _contact(notice: Notice) -> list[tuple[str, str]]:
    office = notice.office
    return [
        ("联系人", " ".join(filter(None, (office.contact, office.contact_phone)))),
        ("电话", office.phone),
        ("地址", office.address),
    ]


def _row(notice: Notice, number: int, line: Line) -> dict[str, Any]:
    cells = [str(number), line.name, line.certificate_number, line.own_number, line.place, line.clock.label]
    return {
        "cells": [cell or "—" for cell in cells],
        "due": wording.due_words(line),
        "to_verify": line.to_verify,
        "last": wording.last_words(notice, line),
    }


def _checklist(found: preparation.Checklist) -> dict[str, Any]:
    groups = [{"title": g.title, "items": [item.text for item in g.items]} for g in found.groups]
    return {"title": found.title, "groups": groups}


def _qr(url: str) -> str:
    # make_qr: plain make() may choose a Micro QR code, which most phones cannot read. Any mask may be used; weighing all
    # eight against each other takes longer than drawing the code.
    drawing = io.BytesIO()
    segno.make_qr(url, error="m", mask=_MASK).save(drawing, kind="svg", border=2, scale=4)
    return drawing.getvalue().decode()
