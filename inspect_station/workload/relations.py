"""The rows behind every figure, each relation written once: figures count them, pages list them, exports write them.

A relation is a SELECT of `enterprise_id, equipment_id, clock, kind, day, ref, counted, business`: `day` is the day it is
counted by, `ref` names what it is ("report:7"), `counted` is 1 for those in the numerator. Named parameters: `first`,
`last`, `asof` (days), `begin`, `end`, `till` (moments: the first day's beginning, the end of the last day, of `asof`).

These statements read the tables of the areas below by name, as the due list does: a figure over a million clocks cannot
be gathered through one service call for each row.
"""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from collections.abc import Callable, Mapping
from datetime import UTC, date, timedelta
from functools import lru_cache
from typing import Any

from inspect_station.clinic import service as clinic
from inspect_station.db import is_sqlite
from inspect_station.duelist.buckets import SORT_FIRST
from inspect_station.workload.narrowing import ages_of
from inspect_station.workload.periods import Period, midnight
from schedules.terms import Conclusion

COLUMNS = ("enterprise_id", "equipment_id", "clock", "kind", "day", "ref", "counted", "business")
_GOOD = ", ".join(f"'{word.value}'" for word in Conclusion if word.qualified)
# A date known to the month only counts on its 28th: within the month, whichever it is.
_DONE = "CASE WHEN length(i.completed_on) = 7 THEN i.completed_on || '-28' ELSE i.completed_on END"
# Few inspections are younger than the day asked for, nearly all answered a date before it: hidden from the planner.
_ANSWERED = "COALESCE(i.answered_due, '9')"
_OURS = "d.done_by = 'institution'"
_OF_CLOCK = "d.enterprise_id, d.equipment_id, d.clock, d.kind"
_NO_DEVICE = "CAST(NULL AS integer) AS equipment_id, CAST(NULL AS text) AS clock, CAST(NULL AS text) AS kind"


def _text(column: str) -> str:
    return f"CAST({column} AS text)"


def _day(moment: str) -> str:
    """The calendar day in Shanghai of a stored moment, which is naive UTC."""
    if is_sqlite():
        return f"date({moment}, '+8 hours')"
    return f"CAST(CAST({moment} + interval '8 hours' AS date) AS text)"


def _over(day: str) -> str:
    """The moment at which a promised day is over in Shanghai."""
    return f"datetime({day}, '+16 hours')" if is_sqlite() else f"({day} + interval '16 hours')"


def _due(counted: str = "CASE WHEN a.done <= :asof THEN 1 ELSE 0 END", undone: str = "0") -> str:
    answered = (
        f"SELECT i.equipment_id, i.clock, i.answered_due AS due, MIN({_DONE}) AS done, MIN(i.id) AS id FROM inspection i "
        "WHERE i.replaced_by_id IS NULL AND i.answered_due >= :first AND i.answered_due <= :last "
        "AND i.completed_on IS NOT NULL GROUP BY i.equipment_id, i.clock, i.answered_due"
    )
    done = (
        f"SELECT {_OF_CLOCK}, a.due AS day, 'inspection:' || a.id AS ref, {counted} AS counted, '' AS business "
        f"FROM ({answered}) a JOIN due_row d ON d.equipment_id = a.equipment_id AND d.clock = a.clock WHERE {_OURS}"
    )
    open_ = f"SELECT {_OF_CLOCK}, {{day}} AS day, 'due' AS ref, {undone} AS counted, '' AS business FROM due_row d"
    dated = open_.format(day=_text("d.sort_on")) + (
        f" WHERE {_OURS} AND d.sort_on >= :first AND d.sort_on <= :last AND d.standing = 1"
    )
    vague = open_.format(day=_text("d.late_on")) + (
        f" WHERE {_OURS} AND d.standing IN (2, 3) AND d.late_on >= :first AND d.late_on <= :last"
    )
    return f"{done} UNION ALL {dated} UNION ALL {vague}"


def _initiative() -> str:
    """Applied for this very date before a reminder about it went out."""
    applied = (
        "CASE WHEN EXISTS (SELECT 1 FROM application_item x JOIN application p ON p.id = x.application_id "
        "WHERE x.equipment_id = r.equipment_id AND x.clock = r.clock AND x.outcome IN ('', 'inspected') "
        f"AND {_text('x.due_on')} = r.day AND p.submitted_at < :till AND NOT EXISTS (SELECT 1 FROM owed_step s "
        "WHERE s.equipment_id = x.equipment_id AND s.clock = x.clock AND s.due IN (r.day, substr(r.day, 1, 7)) "
        "AND s.state = 'sent' AND s.done_at < p.submitted_at)) THEN 1 ELSE 0 END"
    )
    return (
        "SELECT r.enterprise_id, r.equipment_id, r.clock, r.kind, r.day, r.ref, "
        f"{applied} AS counted, r.business FROM ({_due()}) r"
    )


def _previous() -> str:
    """What the inspection before this one of the same clock concluded; NULL where there was none.

    Asked by the columns of the due list's row, so that it is looked up for what the institution inspects only.
    """
    return (
        "(SELECT COALESCE(p.conclusion, '-') FROM inspection p WHERE p.equipment_id = d.equipment_id AND p.clock = d.clock "
        "AND p.replaced_by_id IS NULL AND (p.completed_on, p.id) < (i.completed_on, i.id) "
        "ORDER BY p.completed_on DESC, p.id DESC LIMIT 1)"
    )


def _inspected() -> str:
    again = " ".join(f"WHEN '{word.value}' THEN 'again'" for word in Conclusion if not word.qualified)
    return (
        f"SELECT {_OF_CLOCK}, {_DONE} AS day, 'inspection:' || i.id AS ref, "
        f"CASE WHEN i.conclusion IN ({_GOOD}) THEN 1 ELSE 0 END AS counted, "
        f"CASE COALESCE({_previous()}, '') WHEN '' THEN 'first' {again} ELSE 'regular' END AS business "
        "FROM inspection i JOIN due_row d ON d.equipment_id = i.equipment_id AND d.clock = i.clock "
        f"WHERE {_OURS} AND i.replaced_by_id IS NULL AND i.completed_on >= substr(:first, 1, 7) "
        f"AND i.completed_on <= :asof AND {_DONE} >= :first AND {_DONE} <= :asof"
    )


def _first() -> str:
    return f"SELECT * FROM ({_inspected()}) r WHERE r.business <> 'again'"


_LATE_NOW = f"{_OURS} AND d.sort_on > :sort_first AND d.sort_on < :asof AND d.late_on < :asof"


def _late_row(day: str) -> str:
    return f"SELECT {_OF_CLOCK}, {day} AS day, 'due' AS ref, 1 AS counted, '' AS business"


def _overdue() -> str:
    now = f"{_late_row(_text('d.late_on'))} FROM due_row d WHERE {_LATE_NOW}"
    since = (
        f"SELECT i.equipment_id, i.clock, MIN(i.answered_due) AS due FROM inspection i WHERE i.replaced_by_id IS NULL "
        f"AND i.completed_on > :asof AND {_ANSWERED} < :asof AND {_DONE} > :asof GROUP BY i.equipment_id, i.clock"
    )
    later = (
        f"{_late_row('a.due')} FROM ({since}) a JOIN due_row d ON d.equipment_id = a.equipment_id "
        f"AND d.clock = a.clock WHERE {_OURS} AND NOT ({_LATE_NOW})"
    )
    return f"{now} UNION ALL {later}"


def _in_use() -> str:
    """Counted: overdue. Of a past day those whose device was in use by then."""
    late = (
        "CASE WHEN d.sort_on > :sort_first AND d.sort_on < :asof AND d.late_on < :asof THEN 1 "
        "WHEN :asof < :today AND (d.equipment_id, d.clock) IN (SELECT i.equipment_id, i.clock FROM inspection i "
        f"WHERE i.replaced_by_id IS NULL AND i.completed_on > :asof AND {_ANSWERED} < :asof "
        f"AND {_DONE} > :asof) THEN 1 ELSE 0 END"
    )
    return (
        f"SELECT {_OF_CLOCK}, {_text('d.late_on')} AS day, 'due' AS ref, {late} AS counted, '' AS business "
        f"FROM due_row d WHERE {_OURS} AND d.standing <= 3"
    )


def _promised(table: str, by: str, done: str, ref: str, where: str = "1 = 1") -> str:
    return (
        f"SELECT t.enterprise_id, {_NO_DEVICE}, {_text('t.' + by)} AS day, '{ref}:' || t.id AS ref, "
        f"CASE WHEN t.{done} < {_over('t.' + by)} THEN 1 ELSE 0 END AS counted, '' AS business FROM {table} t "
        f"WHERE {where} AND t.{by} >= :first AND t.{by} <= :last "
        f"AND (t.{by} <= :asof AND t.{by} < :today OR t.{done} < :till)"
    )


def _moment(table: str, at: str, ref: str, where: str = "1 = 1", device: bool = False, counted: str = "1") -> str:
    columns = f"t.equipment_id, t.clock, {_text('NULL')} AS kind" if device else _NO_DEVICE
    return (
        f"SELECT t.enterprise_id, {columns}, {_day('t.' + at)} AS day, '{ref}:' || t.id AS ref, {counted} AS counted, "
        f"'' AS business FROM {table} t WHERE {where} AND t.{at} >= :begin AND t.{at} < :till"
    )


def _open_findings() -> str:
    return (
        f"SELECT t.enterprise_id, t.equipment_id, t.clock, {_text('NULL')} AS kind, {_text('t.deadline')} AS day, "
        "'finding:' || t.id AS ref, 1 AS counted, '' AS business FROM finding_notice t "
        "WHERE t.issued_at < :till AND (t.closed_at IS NULL OR t.closed_at >= :till) AND t.state <> 'cancelled'"
    )


def _sent() -> str:
    answered = (
        "CASE WHEN EXISTS (SELECT 1 FROM answer w WHERE w.message_id = t.id AND w.given_at < :till) THEN 1 ELSE 0 END"
    )
    return (
        f"SELECT t.enterprise_id, {_NO_DEVICE}, {_text('t.day')} AS day, 'message:' || t.id AS ref, "
        f"{answered} AS counted, '' AS business FROM message t "
        "WHERE t.state = 'sent' AND t.day >= :first AND t.day <= :asof"
    )


def _firm(counted: str, where: str = "1 = 1") -> str:
    return (
        f"SELECT f.id AS enterprise_id, {_NO_DEVICE}, {_text(':asof')} AS day, 'firm:' || f.id AS ref, "
        f"{counted} AS counted, '' AS business FROM enterprise f WHERE f.status = 'active' AND {where}"
    )


def _silent() -> str:
    told = "SELECT m.enterprise_id FROM message m WHERE m.state = 'sent' AND m.day >= :first AND m.day <= :asof"
    spoke = (
        "SELECT w.enterprise_id FROM answer w WHERE w.given_at >= :begin AND w.given_at < :till UNION "
        "SELECT p.enterprise_id FROM application p WHERE p.submitted_at >= :begin AND p.submitted_at < :till"
    )
    return _firm("1", f"f.id IN ({told}) AND f.id NOT IN ({spoke})")


def _clinic_visits() -> str:
    return (
        f"SELECT t.enterprise_id, {_NO_DEVICE}, {_text('t.visited_on')} AS day, 'visit:' || t.id AS ref, 1 AS counted, "
        "'' AS business FROM clinic_visit t WHERE t.state <> 'cancelled' AND t.visited_on >= :first "
        "AND t.visited_on <= :asof"
    )


def _clinic_findings() -> str:
    """Counted: seen at the same firm before."""
    return (
        f"SELECT t.enterprise_id, t.equipment_id, {_text('NULL')} AS clock, {_text('NULL')} AS kind, "
        f"{_text('v.visited_on')} AS day, 'clinic:' || t.id AS ref, "
        "CASE WHEN t.repeats_id IS NULL THEN 0 ELSE 1 END AS counted, t.grade AS business "
        "FROM clinic_finding t JOIN clinic_visit v ON v.id = t.visit_id WHERE t.state <> 'dropped' "
        "AND v.state <> 'cancelled' AND v.visited_on >= :first AND v.visited_on <= :asof"
    )


def _served() -> str:
    findings = "SELECT t.enterprise_id FROM finding_notice t WHERE t.issued_at >= :begin AND t.issued_at < :till"
    return _firm(f"CASE WHEN f.id IN ({clinic.seen.firms_sql(':first', ':asof')} UNION {findings}) THEN 1 ELSE 0 END")


def _unseen() -> str:
    return _firm("1", f"f.id NOT IN ({clinic.seen.firms_sql(':unseen_since', ':asof')})")


_RELATIONS: Mapping[str, Callable[[], str]] = {
    "due": _due,
    "inspected": _inspected,
    "first": _first,
    "overdue": _overdue,
    "in_use": _in_use,
    "initiative": _initiative,
    "report": lambda: _promised("report", "report_by", "issued_at", "report"),
    "accept": lambda: _promised("application", "accept_by", "decided_at", "application", "t.state <> 'withdrawn'"),
    "schedule": lambda: _promised(
        "application", "schedule_by", "scheduled_at", "application", "t.state NOT IN ('withdrawn', 'refused')"
    ),
    "reinspect": lambda: _promised(
        "finding_notice", "reinspect_by", "reinspected_at", "finding", "t.state <> 'cancelled'"
    ),
    "issued": lambda: _moment("report", "issued_at", "report"),
    "findings": lambda: _moment("finding_notice", "issued_at", "finding", "t.state <> 'cancelled'", device=True),
    "closed": lambda: _moment("finding_notice", "closed_at", "finding", "t.state = 'closed'", device=True),
    "open_findings": _open_findings,
    "clinic_visits": _clinic_visits,
    "clinic_findings": _clinic_findings,
    "clinic_done": lambda: _promised("clinic_finding", "deadline", "ended_at", "clinic", "t.state <> 'dropped'"),
    "sent": _sent,
    "silent": _silent,
    "served": _served,
    "unseen": _unseen,
}
# What of a relation says whether the station has begun to keep such facts at all.
SOURCES: Mapping[str, str] = {
    "initiative": "application", "accept": "application", "schedule": "application", "report": "report",
    "issued": "report", "findings": "finding_notice", "closed": "finding_notice", "open_findings": "finding_notice",
    "reinspect": "finding_notice", "sent": "message", "silent": "message",
    "clinic_visits": "clinic_visit", "clinic_findings": "clinic_visit", "clinic_done": "clinic_visit",
}  # fmt: skip
_AT = {
    "application": "submitted_at",
    "report": "created_at",
    "finding_notice": "created_at",
    "message": "created_at",
    "clinic_visit": "created_at",
}


def sql(relation: str) -> str:
    """The SELECT of a relation in the words of the present engine."""
    return _written(relation, is_sqlite())


@lru_cache(maxsize=64)
def _written(relation: str, _sqlite: bool) -> str:
    return _RELATIONS[relation]()


def begun_sql() -> str:
    """When each sort of fact was first kept, one column each in the order of `begun_names`; NULL: not yet.

    The facts of inspections begin with the first device entered, or the first inspection that kept which date it
    answered (the earlier of both dates), whichever is earlier.
    """
    parts = [f"(SELECT MIN({at}) FROM {table})" for table, at in _AT.items()]
    parts += [
        "(SELECT MIN(created_at) FROM equipment)",
        "(SELECT MIN(t.day) FROM (SELECT MIN(answered_due) AS day FROM inspection UNION ALL "
        "SELECT MIN(completed_on) FROM inspection WHERE answered_due IS NOT NULL) t)",
    ]
    return "SELECT " + ", ".join(parts)


begun_names = (*_AT, "equipment", "inspection")


def parameters(period: Period, today: date) -> dict[str, Any]:
    asof = period.as_of(today)
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "asof": asof.isoformat(),
        "today": today.isoformat(),
        "begin": _stored(period.first),
        "till": _stored(asof + timedelta(days=1)),
        "unseen_since": clinic.seen.since(asof).isoformat(),
        "sort_first": SORT_FIRST.isoformat(),
        **ages_of(asof),
    }


def _stored(day: date) -> str:
    """The beginning of a day in Shanghai as moments are kept: naive UTC."""
    return midnight(day).astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
