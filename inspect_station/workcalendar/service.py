"""What can be asked of the calendar and what an administrator can change in it; every change can be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.workcalendar.models import CalendarChange, CalendarDay, CalendarYear
from inspect_station.workcalendar.reading import Entry, read
from inspect_station.workcalendar.seed import seed as seed
from schedules import workdays

WEEKDAYS = "一二三四五六日"
PLAIN = "plain"
_YEARS_BACK = 10
_BY_HAND = "手工"

# What the state of a touched day or year is in a change: its fields, or None where it has no row.
Held = Mapping[str, Any]


def calendar(today: date) -> workdays.Calendar:
    """Working days from ten years before `today` on. A year nobody announced is provisional."""
    since = date(today.year - _YEARS_BACK, 1, 1)
    rows: Any = CalendarDay.select(CalendarDay.day, CalendarDay.kind).where(CalendarDay.day >= since).tuples()
    marks: dict[int, dict[str, set[date]]] = {}
    for day, kind in rows:
        marks.setdefault(day.year, {"off": set(), "work": set()})[kind].add(day)
    years: Any = CalendarYear.select(CalendarYear.year).where(CalendarYear.announced).tuples()
    known = {year for (year,) in years}
    return workdays.Calendar({year: _year(marks.get(year), year in known) for year in known | marks.keys()})


def _year(marks: dict[str, set[date]] | None, known: bool) -> workdays.Year:
    marks = marks or {"off": set(), "work": set()}
    return workdays.Year(frozenset(marks["off"]), frozenset(marks["work"]), provisional=not known)


def describe(day: date) -> str:
    """The day as the top line says it: "2026-10-10 星期六（调休上班）"."""
    mark = CalendarDay.get_or_none(CalendarDay.day == day)
    line = f"{day.isoformat()} 星期{WEEKDAYS[day.weekday()]}"
    if mark is None:
        return line
    words = "调休上班" if mark.kind == "work" else f"{mark.name}放假"
    return f"{line}（{words}{'' if announced(day.year) else '，暂定'}）"


def marks(first: date, last: date) -> dict[date, tuple[str, bool]]:
    """What the calendar says of the days of a stretch: day → (word for it, whether it is worked)."""
    query = CalendarDay.select().where(CalendarDay.day >= first, CalendarDay.day <= last)
    return {row.day: ("调休上班" if row.kind == "work" else row.name or "放假", row.kind == "work") for row in query}


def announced(year: int) -> bool:
    return CalendarYear.select().where(CalendarYear.year == year, CalendarYear.announced).exists()


# --- looking at a year ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class YearView:
    """One year: whether it is announced, by what, and the days that are marked, in order."""

    year: int
    announced: bool
    document: str
    marks: Mapping[date, CalendarDay]


def year_view(actor: Actor, year: int) -> YearView:
    actor.need_staff()
    row = CalendarYear.get_or_none(CalendarYear.year == year)
    days = CalendarDay.select().where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
    marks = {mark.day: mark for mark in days.order_by(CalendarDay.day)}
    return YearView(year, bool(row and row.announced), row.document if row else "", marks)


def changes(actor: Actor, most: int = 20) -> Sequence[CalendarChange]:
    """What people changed, the latest first."""
    actor.need_staff()
    return list(CalendarChange.select().order_by(CalendarChange.id.desc()).limit(most))


# --- changing it ------------------------------------------------------------------------------------------------------


def mark(actor: Actor, day: date, kind: str, name: str, now: datetime) -> bool:
    """Make a day off (`off`), a working day (`work`), or what its weekday says (`plain`); whether anything changed."""
    actor.need("settings")
    _check_mark(day, kind, name)
    after = None if kind == PLAIN else {"kind": kind, "name": name, "source": _BY_HAND}
    word = {"off": "休", "work": "班", PLAIN: "按星期"}[kind]
    summary = f"{day.isoformat()} 改为{word}" + (f"（{name}）" if name else "")
    return _change(actor, "calendar.mark", summary, {day.isoformat(): after}, {}, now)


def _check_mark(day: date, kind: str, name: str) -> None:
    if kind != PLAIN and not name.strip():
        raise InvalidInput("请填写原因，例如“国庆节”或“台风停工”。", {"name": ["请填写原因"]})
    if kind == "work" and day.weekday() < 5:
        raise InvalidInput(
            f"{day.isoformat()} 是星期{WEEKDAYS[day.weekday()]}，本来就上班；要取消休假请选“按星期”。",
            {"kind": ["工作日不必标为“班”"]},
        )


def announce(actor: Actor, year: int, announced: bool, document: str, now: datetime) -> bool:
    """Say that a year's official notice is in (naming it), or take that back."""
    actor.need("settings")
    if announced and not document.strip():
        raise InvalidInput("请写明通知文件，别人才能核对。", {"document": ["请填写通知的名称或文号"]})
    summary = f"{year} 年改为{'已公布：' + document if announced else '暂定'}"
    after = {"announced": announced, "document": document if announced else ""}
    return _change(actor, "calendar.announce", summary, {}, {str(year): after}, now)


@dataclass(frozen=True)
class Imported:
    """How many days changed, and the first year the file speaks of."""

    days: int
    year: int


def import_file(actor: Actor, data: bytes, file_name: str, document: str, now: datetime) -> Imported:
    """Take over the days of a file, all or none; with `document` its years count as announced.

    Days the file does not name stay as they are.
    """
    actor.need("settings")
    entries = read(data, file_name)
    told = {e.day.isoformat(): {"kind": e.kind, "name": _name(e), "source": file_name[:100]} for e in entries}
    days = {day: after for day, after in told.items() if not _same(_day_state(day), after)}
    years = sorted({str(e.day.year) for e in entries})
    notices = {year: {"announced": True, "document": document} for year in years} if document.strip() else {}
    summary = f"导入 {file_name[:60]}：{'、'.join(years[:5])} 年，{len(days)} 天有变化"
    _change(actor, "calendar.import", summary, days, notices, now)
    return Imported(len(days), int(years[0]))


def _name(entry: Entry) -> str:
    return entry.name or ("放假" if entry.kind == "off" else "调休")


def _same(before: Held | None, after: Held) -> bool:
    return before is not None and (before["kind"], before["name"]) == (after["kind"], after["name"])


def undo(actor: Actor, change_id: int, now: datetime) -> str:
    """Put back what a change replaced; its summary. Raises `Conflict` where something changed again since."""
    actor.need("settings")
    with db.atomic():
        change = CalendarChange.get_or_none(CalendarChange.id == change_id)
        if change is None:
            raise NotFound()
        claimed = CalendarChange.update(undone_at=now).where(
            CalendarChange.id == change_id, CalendarChange.undone_at.is_null()
        )
        if not claimed.execute():
            raise Conflict("这一项已经撤销过了。")
        if _states(change.after) != change.after:
            raise Conflict("这些日子后来又改过，请先撤销较晚的改动。")
        _write(change.before, now)
        audit.record(actor, "calendar.undo", "calendar", change_id, now=now, detail={"summary": change.summary})
    return str(change.summary)


def _change(
    actor: Actor, act: str, summary: str, days: Mapping[str, Held | None], years: Mapping[str, Held], now: datetime
) -> bool:
    after: dict[str, dict[str, Any]] = {"days": dict(days), "years": dict(years)}
    with db.atomic():
        before = _states(after)
        if before == after:
            return False
        _write(after, now)
        made = CalendarChange.create(
            at=now,
            account=actor.account_id,
            account_name=actor.name,
            summary=summary[:200],
            before=before,
            after=after,
        )
        audit.record(actor, act, "calendar", made.id, now=now, detail={"summary": summary})
    return True


def _states(named: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """How the days and years a change names stand now."""
    return {
        "days": {day: _day_state(day) for day in named["days"]},
        "years": {year: _year_state(int(year)) for year in named["years"]},
    }


def _day_state(day: str) -> Held | None:
    row = CalendarDay.get_or_none(CalendarDay.day == date.fromisoformat(day))
    return {"kind": row.kind, "name": row.name, "source": row.source} if row else None


def _year_state(year: int) -> Held | None:
    row = CalendarYear.get_or_none(CalendarYear.year == year)
    return {"announced": row.announced, "document": row.document} if row else None


def _write(states: Mapping[str, Mapping[str, Held | None]], now: datetime) -> None:
    for text, state in states["days"].items():
        day = date.fromisoformat(text)
        CalendarDay.delete().where(CalendarDay.day == day).execute()
        if state is not None:
            CalendarDay.insert(day=day, **state).execute()
    for year, state in states["years"].items():
        CalendarYear.delete().where(CalendarYear.year == int(year)).execute()
        if state is not None:
            CalendarYear.insert(year=int(year), changed_at=now, **state).execute()
