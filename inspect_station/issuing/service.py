"""The register of notices: print, find again, hand over, void."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import fn

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.config import Settings
from inspect_station.db import bulk_insert, db, is_sqlite
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.issuing.drafts import Draft, drafts, last_printed, notice_of
from inspect_station.issuing.models import IssuedNotice, NoticeItem
from inspect_station.issuing.words import KINDS, SHORT_KINDS, STANDINGS
from inspect_station.notices import pdf, wording
from inspect_station.notices.model import Line, Notice
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise
from inspect_station.registry.rows import dicts
from inspect_station.reminders import printed
from schedules.terms import Clock

__all__ = ["Draft", "drafts", "last_printed"]

TOTAL_CAP = 1000
_CHUNK = 1000
_LOCK = 55_702  # with the year: the two-number form of PostgreSQL's advisory locks


# --- printing -----------------------------------------------------------------------------------------------------


def issue(
    actor: Actor,
    settings: Settings,
    ids: Sequence[int],
    form: str,
    with_preparation: bool,
    today: date,
    now: datetime,
) -> str:
    """Number and keep one notice for each enterprise and kind; returns the batch they were printed in.

    All or none: a number given is a notice kept.
    """
    actor.need("remind")
    batch = str(uuid.uuid4())
    found = drafts(actor, ids, form, today)
    with db.atomic():
        _one_at_a_time(today.year)
        first = _last_sequence(today.year) + 1
        notices = [
            _numbered(actor, settings, draft, number_for(today.year, sequence), with_preparation, today, now)
            for sequence, draft in enumerate(found, start=first)
        ]
        together = registry.documents.keep(settings.files_dir, pdf.render(*notices))
        run = _Printed(actor, settings, batch, together, today, now)
        for sequence, (draft, notice) in enumerate(zip(found, notices, strict=True), start=first):
            _record(run, draft, notice, sequence)
    return batch


def _numbered(
    actor: Actor, settings: Settings, draft: Draft, number: str, with_preparation: bool, today: date, now: datetime
) -> Notice:
    subject = f"{draft.kind.label}：{draft.enterprise} {len(draft.lines)} 项"
    url = printed.answer_url(
        actor, settings, number, draft.addressee, draft.enterprise_id, [row["id"] for row in draft.rows], subject[:300],
        today, now,
    )  # fmt: skip
    return notice_of(settings, draft, number, url, today, with_preparation)


@dataclass(frozen=True)
class _Printed:
    """One run of printing."""

    actor: Actor
    settings: Settings
    batch: str
    together: str
    today: date
    now: datetime


def _record(run: _Printed, draft: Draft, notice: Notice, sequence: int) -> None:
    actor, settings, today, now = run.actor, run.settings, run.today, run.now
    content = pdf.render(notice)
    row = IssuedNotice.create(
        year=today.year,
        sequence=sequence,
        number=notice.number,
        kind=draft.kind.value,
        enterprise=draft.enterprise_id,
        addressee=draft.addressee,
        day=today,
        items=len(draft.lines),
        batch=run.batch,
        batch_sha256=run.together,
        sha256=registry.documents.keep(settings.files_dir, content),
        account=actor.account_id,
        account_name=actor.name,
        created_at=now,
    )
    pairs = zip(draft.rows, draft.lines, strict=True)
    bulk_insert(
        NoticeItem,
        [
            {"notice": row.id, "equipment": r["equipment_id"], "clock": r["clock"], "line": _kept(line)}
            for r, line in pairs
        ],
    )
    audit.record(
        actor, "notice.issue", "notice", row.id, now=now, enterprise_id=draft.enterprise_id,
        detail={"number": notice.number, "kind": draft.kind.value, "items": len(draft.lines)},
    )  # fmt: skip


def _kept(line: Line) -> dict[str, Any]:
    """What the table of the notice said of one device."""
    held = {name: getattr(line, name) for name in ("name", "certificate_number", "own_number", "place")}
    return held | {"due": wording.due_words(line)}


def number_for(year: int, sequence: int) -> str:
    return f"检通〔{year}〕{sequence:04d}号"


def _one_at_a_time(year: int) -> None:
    if not is_sqlite():  # SQLite's IMMEDIATE transactions queue by themselves
        db.execute_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, year))


def _last_sequence(year: int) -> int:
    return int(IssuedNotice.select(fn.MAX(IssuedNotice.sequence)).where(IssuedNotice.year == year).scalar() or 0)


# --- finding again ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the register to; None means all."""

    kind: str | None = None
    standing: str | None = None
    enterprise: int | None = None
    first: date | None = None
    last: date | None = None
    q: str | None = None


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    capped: bool
    following: int | None


_COLUMNS = (
    "id", "number", "kind", "addressee", "day", "items", "batch", "batch_sha256", "sha256", "account_name", "created_at",
    "delivered_on", "receiver", "delivery_note", "delivery_by", "voided_at", "void_reason",
)  # fmt: skip


def page_of(actor: Actor, filters: Filters, after: int | None, per_page: int) -> Page:
    """The newest notices first; `after` is the id the page goes on from."""
    found = _newest(actor, filters, after, per_page + 1)
    rows = found[:per_page]
    total = _narrowed(IssuedNotice.select(IssuedNotice.id), actor, filters).limit(TOTAL_CAP + 1).count()
    following = rows[-1]["id"] if len(found) > per_page else None
    return Page(rows, min(total, TOTAL_CAP), total > TOTAL_CAP, following)


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every row of the same list, in chunks, for an export."""
    after: int | None = None
    while chunk := _newest(actor, filters, after, _CHUNK):
        yield from chunk
        after = chunk[-1]["id"]


def _newest(actor: Actor, filters: Filters, after: int | None, most: int) -> list[dict[str, Any]]:
    columns = [getattr(IssuedNotice, name) for name in _COLUMNS]
    query = IssuedNotice.select(
        *columns, IssuedNotice.enterprise.alias("enterprise_id"), Enterprise.name.alias("enterprise")
    )
    query = _narrowed(query.join(Enterprise), actor, filters)
    if after is not None:
        query = query.where(IssuedNotice.id < after)
    return [_shown(row) for row in dicts(query.order_by(IssuedNotice.id.desc()).limit(most))]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    standing = "void" if row["voided_at"] else "delivered" if row["delivered_on"] else "open"
    words = {"standing": standing, "standing_word": STANDINGS[standing], "kind_word": SHORT_KINDS[row["kind"]]}
    return row | words | {"title": KINDS[row["kind"]]}


def _narrowed(query: Any, actor: Actor, filters: Filters) -> Any:
    n = IssuedNotice
    query = query.where(visible(actor, n.enterprise))
    if filters.kind:
        query = query.where(n.kind == filters.kind)
    if filters.standing:
        query = query.where(_stands(filters.standing))
    if filters.enterprise:
        query = query.where(n.enterprise == filters.enterprise)
    if filters.first:
        query = query.where(n.day >= filters.first)
    if filters.last:
        query = query.where(n.day <= filters.last)
    for word in (filters.q or "").split()[:5]:
        firms = Enterprise.select(Enterprise.id).where(
            Enterprise.name.contains(word) | Enterprise.initials.contains(word)
        )
        query = query.where(n.number.contains(word) | n.receiver.contains(word) | n.enterprise.in_(firms))
    return query


def _stands(standing: str) -> Any:
    n = IssuedNotice
    if standing == "void":
        return n.voided_at.is_null(False)
    return n.voided_at.is_null() & n.delivered_on.is_null(standing == "open")


def record_of(actor: Actor, notice_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A notice and its lines as printed. Raises `NotFound` for a missing and a foreign one."""
    rows = dicts(
        IssuedNotice.select(
            *(getattr(IssuedNotice, name) for name in _COLUMNS),
            IssuedNotice.enterprise.alias("enterprise_id"),
            Enterprise.name.alias("enterprise"),
        )
        .join(Enterprise)
        .where(IssuedNotice.id == notice_id, visible(actor, IssuedNotice.enterprise))
    )
    if not rows:
        raise NotFound()
    items = NoticeItem.select().where(NoticeItem.notice == notice_id).order_by(NoticeItem.id)
    lines = [i.line | {"equipment_id": i.equipment_id, "clock_label": Clock(i.clock).label} for i in items]
    return _shown(rows[0]), lines


def pdf_of(actor: Actor, settings: Settings, notice_id: int) -> tuple[str, Path]:
    """File name and file of a notice: the very bytes that were printed."""
    row, _ = record_of(actor, notice_id)
    return file_name(row), registry.documents.kept(settings.files_dir, row["sha256"])


def file_name(row: dict[str, Any]) -> str:
    return f"通知单-{row['number'].replace('〔', '').replace('〕', '-').removesuffix('号')}.pdf"


def batch_of(actor: Actor, settings: Settings, batch: str) -> tuple[list[dict[str, Any]], Path]:
    """The notices printed together, by number, and the one PDF of them all. Raises `NotFound` for no such batch."""
    actor.need_staff()
    rows = _of_batch(actor, batch)
    if not rows:
        raise NotFound()
    return rows, registry.documents.kept(settings.files_dir, rows[0]["batch_sha256"])


def _of_batch(actor: Actor, batch: str) -> list[dict[str, Any]]:
    columns = [getattr(IssuedNotice, name) for name in _COLUMNS]
    query = (
        IssuedNotice.select(
            *columns, IssuedNotice.enterprise.alias("enterprise_id"), Enterprise.name.alias("enterprise")
        )
        .join(Enterprise)
        .where(IssuedNotice.batch == batch, visible(actor, IssuedNotice.enterprise))
    )
    return [_shown(row) for row in dicts(query.order_by(IssuedNotice.id))]


# --- handing over and voiding -------------------------------------------------------------------------------------


def record_delivery(
    actor: Actor, notice_id: int, *, delivered_on: date, receiver: str, delivery_note: str, today: date, now: datetime
) -> None:
    """Who took it and when; a mistake is put right by recording again."""
    actor.need("remind")
    with db.atomic():
        row, _ = record_of(actor, notice_id)
        if row["voided_at"]:
            raise Conflict("这份通知已经作废，不能再登记送达。")
        _check_day(delivered_on, row["day"], today)
        held = {"delivered_on": delivered_on, "receiver": receiver, "delivery_note": delivery_note}
        IssuedNotice.update(**held, delivery_by=actor.name).where(IssuedNotice.id == notice_id).execute()
        printed.delivered(actor, row["number"], delivered_on, receiver, now)
        detail = {"number": row["number"], "delivered_on": delivered_on.isoformat(), "receiver": receiver}
        audit.record(
            actor, "notice.deliver", "notice", notice_id, now=now, enterprise_id=row["enterprise_id"], detail=detail
        )


def _check_day(delivered_on: date, printed_on: date, today: date) -> None:
    if delivered_on > today:
        sentence = f"不能晚于今天（{today.isoformat()}）"
    elif delivered_on < printed_on:
        sentence = f"不能早于打印那天（{printed_on.isoformat()}）"
    else:
        return
    raise InvalidInput(f"送达日期{sentence}。", {"delivered_on": [sentence]})


def void(actor: Actor, notice_id: int, reason: str, now: datetime) -> None:
    """A notice that must not be handed over, or was wrong: its number stays, marked void."""
    actor.need("remind")
    with db.atomic():
        row, _ = record_of(actor, notice_id)
        done = IssuedNotice.update(voided_at=now, void_reason=reason).where(
            IssuedNotice.id == notice_id, IssuedNotice.voided_at.is_null()
        )
        if not done.execute():
            raise Conflict("这份通知已经作废。")
        printed.voided(row["number"], reason, now)
        audit.record(
            actor, "notice.void", "notice", notice_id, now=now, enterprise_id=row["enterprise_id"],
            detail={"number": row["number"], "reason": reason},
        )  # fmt: skip
