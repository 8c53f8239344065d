"""The clocks behind what is told of today and of the coming months: layers of the forecast, its backlog, the park's counts.

The forecast and the park count them in one statement each; here the same words name the rows, so that every such number
opens exactly what it counts.
"""

# ruff: noqa: S608  names of our own only; every value is a bound parameter

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.duelist.buckets import APPROACHING_DAYS, SORT_FIRST, SORT_LAST
from inspect_station.errors import InvalidInput
from inspect_station.planning import service as planning
from inspect_station.planning.words import PAIRS, Figures, months_between
from inspect_station.staffing import service as staffing
from inspect_station.workload.counting import PER_PAGE, view_of
from inspect_station.workload.periods import Period
from schedules.terms import Clock

LAYERS: Mapping[str, str] = {"sure": "日期已定", "open": "待机构确定", "next": "按常用周期推算"}
NOBODY = "（没有代码）"
# What a month may be asked for; `load`: all three layers.
OF_MONTH: Mapping[str, str] = {**LAYERS, "load": "这个月要做的"}
OF_TODAY: Mapping[str, str] = {
    "backlog": "已过日子、还没做的",
    "forbidden": "禁用",
    "overdue": "超期",
    "near": f"{APPROACHING_DAYS} 天内到期",
    "running": "在用的检验项目",
}
WHATS: Mapping[str, str] = {**OF_MONTH, **OF_TODAY}
_MM_PER_KM = 1_000_000
_NO_DAY = {SORT_FIRST.isoformat(), SORT_LAST.isoformat()}  # forbidden, and without a date

# --- conditions, each written once ------------------------------------------------------------------------------------

_SORT = "CAST(d.sort_on AS text)"
_INDEX = f"(CAST(substr({_SORT}, 1, 4) AS integer) * 12 + CAST(substr({_SORT}, 6, 2) AS integer))"
# What is overdue is done now; from there it comes again after the usual interval.
_BASE = f"CASE WHEN d.sort_on < :today THEN :present ELSE {_INDEX} END"
_STEP = "CASE d.clock " + " ".join(f"WHEN '{c.value}' THEN {months_between(c)}" for c in Clock) + " ELSE 36 END"
_AHEAD = "d.standing IN (1, 2, 3) AND d.sort_on > :sort_first"
_WITHIN = "d.sort_on >= :today AND d.sort_on >= :first AND d.sort_on <= :last"
# Whole multiples of the step, by division only: a per cent sign is a mark to one of the drivers.
_NEXT = (
    f"{_AHEAD} AND d.sort_on <= :last AND :present < :month AND {_BASE} < :month "
    f"AND (:month - ({_BASE})) = ({_STEP}) * ((:month - ({_BASE})) / ({_STEP}))"
)
_CONDITIONS: Mapping[str, str] = {
    "sure": f"d.standing = 1 AND d.sort_on > :sort_first AND {_WITHIN}",
    "open": f"d.standing IN (2, 3) AND d.sort_on > :sort_first AND {_WITHIN}",
    "next": _NEXT,
    "load": f"(({_AHEAD} AND {_WITHIN}) OR ({_NEXT}))",
    "backlog": f"{_AHEAD} AND d.sort_on < :today",
    "forbidden": "d.standing = 0",
    "overdue": "d.standing <= 3 AND d.sort_on > :sort_first AND d.late_on < :today",
    "near": "d.standing = 1 AND d.sort_on >= :today AND d.sort_on <= :near",
    "running": "d.standing <= 3",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """`what` is one of `WHATS`, those of `OF_MONTH` with their month; `code` as the forecast's table of codes names it."""

    what: str
    month: Period | None = None
    kind: str = ""
    code: str = ""
    enterprise: int | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many clocks, and the person-minutes they take."""

    count: int
    minutes: int


def total(actor: Actor, asked: Asked, today: date) -> Total:
    duelist.refresh(today)
    where, values = _asked(actor, asked, today)
    figures = planning.efforts.figures()
    found = run(
        f"SELECT d.kind, d.clock, count(*), {kilometre_minutes(figures)} FROM due_row d "
        f"JOIN equipment e ON e.id = d.equipment_id WHERE {where} GROUP BY d.kind, d.clock",
        values,
    )
    known = [(figures.get((kind, clock)), int(n), int(extra)) for kind, clock, n, extra in found]
    return Total(
        sum(n for _, n, _ in known), sum(person_minutes(figure, n, extra) for figure, n, extra in known if figure)
    )


def rows(
    actor: Actor, asked: Asked, today: date, *, offset: int = 0, limit: int | None = PER_PAGE
) -> list[dict[str, Any]]:
    """The clocks themselves, the earliest first; `minutes` is what each takes of people's time, None where none is known."""
    duelist.refresh(today)
    where, values = _asked(actor, asked, today)
    figures = planning.efforts.figures()
    stretch = "" if limit is None else f"LIMIT {int(limit)} OFFSET {int(offset)}"
    found = run(
        f"SELECT {', '.join(column for column, _ in _ROW)} FROM due_row d JOIN equipment e ON e.id = d.equipment_id "
        f"JOIN enterprise f ON f.id = d.enterprise_id WHERE {where} ORDER BY d.sort_on, d.enterprise_id, d.id {stretch}",
        values,
    )
    listed = [dict(zip((name for _, name in _ROW), row, strict=True)) for row in found]
    for row in listed:
        figure = figures.get((row["kind"], row["clock"]))
        extra = figure.minutes_per_km * (row["length_mm"] or 0) // _MM_PER_KM if figure else 0
        row["minutes"] = person_minutes(figure, 1, extra) if figure else None
        if row["day"] in _NO_DAY:
            row["day"] = ""
    return listed


_ROW = (
    ("d.enterprise_id", "enterprise_id"), ("d.equipment_id", "equipment_id"), ("d.clock", "clock"), ("d.kind", "kind"),
    (_SORT, "day"), ("d.standing", "standing"), ("f.name", "enterprise"), ("e.name", "name"),
    ("e.own_number", "own_number"), ("e.line_number", "line_number"), ("e.certificate_number", "certificate_number"),
    ("e.length_mm", "length_mm"),
)  # fmt: skip


def stream(actor: Actor, asked: Asked, today: date) -> Iterator[dict[str, Any]]:
    """All of them, in stretches: for exports."""
    offset = 0
    while True:
        found = rows(actor, asked, today, offset=offset, limit=1000)
        yield from found
        if len(found) < 1000:
            return
        offset += 1000


# --- what an inspection takes -----------------------------------------------------------------------------------------


def kilometre_minutes(figures: Mapping[tuple[str, str], Figures]) -> str:
    """The minutes that pipes take by their length, of one person: each line's rounded down, so that sums agree with rows."""
    kinds: dict[str, str] = {}
    for (kind, clock), figure in figures.items():
        if figure.minutes_per_km:
            kinds[kind] = kinds.get(kind, "") + f" WHEN '{clock}' THEN {int(figure.minutes_per_km)}"
    if not kinds:
        return "0"
    per_km = " ".join(f"WHEN '{kind}' THEN CASE d.clock{whens} ELSE 0 END" for kind, whens in kinds.items())
    length = "CAST(COALESCE(e.length_mm, 0) AS bigint)"
    return f"COALESCE(sum((CASE d.kind {per_km} ELSE 0 END) * {length} / {_MM_PER_KM}), 0)"


def person_minutes(figure: Figures, count: int, kilometres: int) -> int:
    """Of so many inspections; `kilometres`: the minutes that their length takes."""
    return figure.people * (figure.minutes * count + kilometres)


# --- the statement ----------------------------------------------------------------------------------------------------


def _asked(actor: Actor, asked: Asked, today: date) -> tuple[str, dict[str, Any]]:
    """Raises `InvalidInput` where a month is missing, or asked of what has none."""
    view = view_of(actor)
    if (asked.what in OF_MONTH) != (asked.month is not None and asked.month.kind == "month"):
        sentence = "请从预测表里点开某个月" if asked.what in OF_MONTH else "这一项不分月份"
        raise InvalidInput(f"{sentence}。", {"month": [sentence]})
    parts = ["d.done_by = 'institution'", _CONDITIONS[asked.what]]
    values: dict[str, Any] = {
        "today": today.isoformat(),
        "near": date.fromordinal(today.toordinal() + APPROACHING_DAYS).isoformat(),
        "sort_first": SORT_FIRST.isoformat(),
        "present": _index(today),
        "kind": asked.kind,
        "enterprise": asked.enterprise,
        "who": view.responsible,
    }
    if asked.month is not None:
        values |= {
            "first": asked.month.first.isoformat(),
            "last": asked.month.last.isoformat(),
            "month": _index(asked.month.first),
        }
    if asked.kind:
        parts.append("d.kind = :kind")
    if asked.code:
        pairs = [pair for pair, code in codes().items() if code == asked.code]
        named = " OR ".join(f"(d.kind = :k{n} AND d.clock = :c{n})" for n in range(len(pairs)))
        for n, (kind, clock) in enumerate(pairs):
            values |= {f"k{n}": kind, f"c{n}": clock}
        parts.append(f"({named})" if pairs else "1 = 0")
    if asked.enterprise is not None:
        parts.append("d.enterprise_id = :enterprise")
    if view.responsible is not None:
        parts.append("d.enterprise_id IN (SELECT o.id FROM enterprise o WHERE o.responsible_id = :who)")
    return " AND ".join(parts), values


def codes() -> dict[tuple[str, str], str]:
    """The joint code ("RQ/GD") by which the forecast counts a kind and clock."""
    joint = {pair: "/".join(names) for pair, names in staffing.accepted_codes().items()}
    return {(kind.value, clock.value): joint.get((kind.value, clock.value), NOBODY) for kind, clock in PAIRS}


def _index(day: date) -> int:
    return day.year * 12 + day.month
