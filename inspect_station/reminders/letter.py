"""The wording of a reminder: subject, text, HTML and the whole list as a workbook.

Every device is named by certificate number, own number and place; each group says what to do. The law is cited, the
tone is that of a helper: plain overdue is never called a 重大事故隐患.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from inspect_station.clinic.service import OwedPrescription
from inspect_station.config import Settings
from inspect_station.export import Column, write_workbook
from schedules.dates import add_months
from schedules.terms import Clock, DoneBy, Origin, WhyForbidden

BODY_MOST = 40  # lines in the letter itself; the attached list holds all
_LINES_NAMED = 4
_LONG = (
    6  # more lines push what to do with them off a phone's first screen: then the way to answer stands above them too
)


@dataclass(frozen=True, slots=True)
class Item:
    """One clock of one device (or of several lines of one pipe) as the letter names it."""

    section: str
    device: str
    certificate: str
    own_number: str
    location: str
    clock: str
    due: str
    days: str
    act: str
    pipe: str = ""
    count: int = 1
    to_verify: bool = False  # the date rests on a rule nobody here has read in the document
    by_user: bool = False  # the enterprise's own check
    sort: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Letter:
    number: str
    enterprise: str
    addressee: str
    day: date
    items: Sequence[Item]  # as shown, pipe lines gathered
    every: Sequence[Item]  # one for each clock
    subject: str = ""
    text: str = ""
    html: str = ""
    file_name: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    prescriptions: Sequence[OwedPrescription] = ()

    @property
    def total(self) -> int:
        """How many inspections and checks it names."""
        return sum(self.counts.values())


# The sections in the order of urgency: (id, title, what to do).
SECTIONS = (
    ("forbidden", "须停止使用", "下列设备按规定不得继续使用，请立即停用，并与我站联系后续的检验或处置。"),
    (
        "overdue",
        "已超过有效期",
        "下列项目已超过有效期，我站没有查到新的合格记录；未经检验合格的设备不得继续使用。请停止使用，并按所列办法尽快办理。",
    ),
    ("apply_now", "请现在办理", "下列设备一个月内到期，按规定现在就应提出检验要求。"),
    ("approaching", "即将到期", "请提前安排；需要停产的检验请排入检修计划。"),
    ("undetermined", "日期待确定", "下列设备缺少资料，日期按最早的可能计算。请提供检验报告或联系我站确定。"),
)
# What the enterprise does itself is another duty than a statutory inspection (安全法 art. 40), and is not called one.
_OWN_CHECKS = "下列自行检查已超过日期，我站没有查到新的记录。请尽快补做；已经做过的，请把记录发给我们。"
_WITH_OWN = "其中写明自行检查的，请尽快补做，已经做过的请把记录发给我们。"
_TITLES = {name: title for name, title, _ in SECTIONS}
_ORDER = {name: place for place, (name, _, _) in enumerate(SECTIONS)}


def item_of(facts: Mapping[str, Any], clock: str, device: Mapping[str, Any], today: date) -> Item:
    """What a recorded step says about a device, in the words of `today`."""
    section, last = section_of(facts, today), facts["late_on"] or facts["on"]
    is_line, on_device = device["form"] == "line", device["form"] == "accessory"
    return Item(
        section=section,
        device=device["name"] + (f"（装于{device['parent_name']}）" if on_device and device["parent_name"] else ""),
        certificate=device["certificate_number"]
        or device["parent_certificate"]
        or ("" if on_device else "（未登记）"),
        own_number=(device["line_number"] if is_line else "") or device["own_number"],
        location=device["location"],
        clock=Clock(clock).label,
        due=_due_words(facts, section),
        days=_days_words(section, last, today),
        act=_act(facts, section),
        to_verify=clock in device["to_verify"] and section != "forbidden",
        by_user=facts["done_by"] == DoneBy.USER and section != "forbidden",
        pipe=(device["parent_name"] or "") if is_line else "",
        sort=(
            _ORDER[section],
            last or "",
            (device["parent_id"] or 0) if is_line else 0,
            device["name"],
            device["id"],
            clock,
        ),
    )


def section_of(facts: Mapping[str, Any], today: date) -> str:
    """Which part of the letter a clock stands in."""
    if facts["answer"] == "forbidden":
        return "forbidden"
    late_on, on = _day(facts["late_on"]), _day(facts["on"])
    if late_on is not None and late_on < today:
        return "overdue"
    if facts["answer"] == "undetermined":
        return "undetermined"
    assert on is not None  # a due clock has a date
    return "apply_now" if add_months(on, -1) <= today else "approaching"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _due_words(facts: Mapping[str, Any], section: str) -> str:
    if section == "forbidden":
        return WhyForbidden(facts["why"]).label if facts["why"] else "不得使用"
    bound = facts["answer"] == "undetermined"
    # Of an undetermined date the days since the last possible one are counted: no other may stand beside them.
    on = (bound and section == "overdue" and facts["late_on"]) or facts["on"] or facts["late_on"] or ""
    shown = on[:7] if facts["precision"] == "month" else on
    return f"{shown}（待确定，{'最晚' if section == 'overdue' else '最早'}）" if bound else shown


def _days_words(section: str, last: str | None, today: date) -> str:
    if section in {"forbidden", "undetermined"} or not last:
        return ""
    days = (date.fromisoformat(last) - today).days
    return f"超期 {-days} 天" if days < 0 else "今天到期" if days == 0 else f"还有 {days} 天"


def _act(facts: Mapping[str, Any], section: str) -> str:
    if section == "forbidden":
        return "停用"
    if section == "undetermined":
        return "提供资料"
    return {DoneBy.INSTITUTION: "向我站报检", DoneBy.USER: "自行检查"}.get(DoneBy(facts["done_by"]), "送有资质的单位")


def gathered(items: Iterable[Item]) -> list[Item]:
    """Lines of one pipe with the same clock and date as one entry that counts them."""

    def pipe(item: Item) -> tuple[Any, ...]:
        parent = item.sort[2]
        return (*item.sort[:3], item.clock, item.act) if parent else (item.sort,)

    found = []
    for _, same in groupby(sorted(items, key=lambda i: (*i.sort[:3], i.clock, i.sort)), key=pipe):
        lines = list(same)
        found.append(_one_of(lines) if len(lines) > 1 else lines[0])
    return found


def _one_of(lines: Sequence[Item]) -> Item:
    named = "、".join(filter(None, (i.own_number for i in lines[:_LINES_NAMED])))
    first = lines[0]
    names = {i.device for i in lines}
    return Item(
        section=first.section,
        device=f"{first.device if len(names) == 1 else first.pipe}（{len(lines)} 条）",
        certificate=first.certificate,
        own_number=named + ("等" if len(lines) > _LINES_NAMED else ""),
        location=first.location,
        clock=first.clock,
        due=first.due,
        days=first.days,
        act=first.act,
        to_verify=any(i.to_verify for i in lines),
        by_user=first.by_user,
        count=len(lines),
        sort=first.sort,
    )


def write(
    settings: Settings,
    number: str,
    enterprise: str,
    addressee: str,
    every: Sequence[Item],
    today: date,
    answer_url: str = "",
    prescriptions: Sequence[OwedPrescription] = (),
    *,
    ask_stop: bool = False,
    contact: str = "",
) -> Letter:
    """The finished letter. `answer_url`: the page on which its recipient answers; drafts and previews have none.

    `prescriptions` of the clinic, near their deadline or past it, ride along. `ask_stop`: something in it needs a
    standstill and the station knows of none. `contact`: whom of the station to ask, by name and telephone.
    """
    items = gathered(every)
    counts = {name: sum(i.count for i in items if i.section == name) for name, _, _ in SECTIONS}
    file_name = f"设备清单-{number}.xlsx" if len(items) > BODY_MOST else ""
    shown = items[:BODY_MOST]
    context = {
        "settings": settings,
        "number": number,
        "enterprise": enterprise,
        "addressee": addressee,
        "day": today,
        "sections": [
            (name, title, _advice(name, advice, items), counts[name], [i for i in shown if i.section == name])
            for name, title, advice in SECTIONS
            if counts[name]
        ],
        "to_verify": any(i.to_verify for i in shown),
        "own_only": bool(items) and all(i.by_user for i in items),
        "total": sum(counts.values()),
        "left_out": sum(i.count for i in items[BODY_MOST:]),
        "file_name": file_name,
        "counts": counts,
        "origin": Origin,
        "answer_url": answer_url,
        "prescriptions": prescriptions,
        "ask_stop": ask_stop,
        "contact": one_line(contact),
        "is_long": len(shown) > _LONG,
    }
    return Letter(
        number=number,
        enterprise=enterprise,
        addressee=addressee,
        day=today,
        items=items,
        every=every,
        subject=_subject(enterprise, counts, len(prescriptions)),
        text=_templates(False).get_template("reminders/letter.txt").render(context),
        html=_templates(True).get_template("reminders/letter.html").render(context),
        file_name=file_name,
        counts=counts,
        prescriptions=prescriptions,
    )


def _advice(section: str, advice: str, items: Sequence[Item]) -> str:
    own = [item.by_user for item in items if item.section == section]
    if section != "overdue" or not any(own):
        return advice
    return _OWN_CHECKS if all(own) else advice + _WITH_OWN


def _subject(enterprise: str, counts: Mapping[str, int], prescriptions: int) -> str:
    if not any(counts.values()):
        return one_line(f"处方提醒：{prescriptions} 项诊所处方待整改（{enterprise}）")[:200]
    parts = [f"{counts[name]} 项{words}" for name, words in _SUBJECT_WORDS if counts[name]]
    return one_line(f"催检通知：{'，'.join(parts)}（{enterprise}）")[:200]


_SUBJECT_WORDS = (
    ("forbidden", "须停止使用"),
    ("overdue", "已超期"),
    ("apply_now", "应报检"),
    ("approaching", "即将到期"),
    ("undetermined", "待确定"),
)


def one_line(text: str) -> str:
    """Text fit for a header: no line ends, no control characters, whatever somebody typed as a name."""
    clean = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(clean.split())


@cache
def _templates(escaped: bool) -> Environment:
    # The text part must not be escaped, the HTML part is.
    return Environment(
        loader=PackageLoader("inspect_station"),
        autoescape=escaped,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_COLUMNS = (
    Column("状态", lambda i: _TITLES[i["section"]], 18),
    Column("设备名称", "device", 24),
    Column("使用登记证编号", "certificate", 24),
    Column("单位内编号", "own_number", 16),
    Column("使用地点", "location", 24),
    Column("项目", "clock", 12),
    Column("到期日期", "due", 22),
    Column("还有", "days", 12),
    Column("办理", "act", 16),
    Column("日期依据", lambda i: "待核实" if i["to_verify"] else "", 12),
)


def workbook(every: Sequence[Item], settings: Settings, created: datetime) -> bytes:
    """All items, one row for each clock, as a workbook."""
    rows = (
        {c.value: getattr(i, c.value) for c in _COLUMNS if isinstance(c.value, str)}
        | {"section": i.section, "to_verify": i.to_verify}
        for i in every
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        write_workbook(path, _COLUMNS, rows, sheet="设备清单", author=settings.station_name, created=created)
        return path.read_bytes()
