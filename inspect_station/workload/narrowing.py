"""What a person narrows the rows behind a figure to, each condition written once: the charts count by the same words."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_ROW = "x.equipment_id = r.equipment_id AND x.clock = r.clock"

# --- how far what was due has come: of the relation `due` ----------------------------------------------------------------

_OF_DATE = f"{_ROW} AND CAST(x.due_on AS text) = r.day"
_ORDERED = f"EXISTS (SELECT 1 FROM application_item x WHERE {_OF_DATE} AND x.outcome IN ('', 'inspected'))"
_AGREED = (
    "EXISTS (SELECT 1 FROM application_item x JOIN task t ON t.id = x.task_id "
    f"WHERE {_OF_DATE} AND x.outcome IN ('', 'inspected') AND t.agreed_on IS NOT NULL)"
)
_IN_PLAN = (
    f"EXISTS (SELECT 1 FROM plan_item x JOIN plan p ON p.id = x.plan_id WHERE {_OF_DATE} AND p.state = 'approved' "
    "AND x.visit_id IS NOT NULL)"
)
_REPORTED = (
    "EXISTS (SELECT 1 FROM inspection j WHERE j.id = CASE WHEN substr(r.ref, 1, 11) = 'inspection:' "
    "THEN CAST(substr(r.ref, 12) AS integer) END AND (j.report_number <> '' "
    "AND NOT EXISTS (SELECT 1 FROM report_item x JOIN report p ON p.id = x.report_id "
    f"WHERE {_ROW} AND x.inspection_id = j.id AND p.stage <> 'issued')))"
)
_PLANNED = f"(r.counted = 1 OR {_AGREED} OR {_IN_PLAN})"
# Each step holds whoever came as far or further, so that none can exceed the one before it: what is planned from the
# due list without an application, or inspected without either, has passed the earlier steps.
STEPS: Mapping[str, tuple[str, str]] = {
    "due": ("应检", "1 = 1"),
    "applied": ("已报检或更进一步", f"({_PLANNED} OR {_ORDERED})"),
    "planned": ("已排期或更进一步", _PLANNED),
    "done": ("已检", "r.counted = 1"),
    "reported": ("已出报告", f"(r.counted = 1 AND {_REPORTED})"),
}

# What stands on the calendar: not inspected, its date known.
_DATED = (
    f"(r.ref = 'due' AND EXISTS (SELECT 1 FROM due_row x WHERE {_ROW} AND x.standing = 1 "
    "AND CAST(x.sort_on AS text) = r.day))"
)

# --- why and since when it is overdue: of the relation `overdue` ------------------------------------------------------------

_OPEN_THEN = (
    f"FROM application_item x JOIN application p ON p.id = x.application_id LEFT JOIN task t ON t.id = x.task_id "
    f"WHERE {_ROW} AND p.submitted_at < :till AND (x.open OR x.outcome = 'inspected' OR p.closed_at >= :till)"
)
# The same order as on the due list: a finding, an application, a reason; none of them: nobody has done anything.
WHY = (
    f"CASE WHEN EXISTS (SELECT 1 FROM finding_notice x WHERE {_ROW} AND x.issued_at < :till "
    "AND (x.closed_at IS NULL OR x.closed_at >= :till) AND x.state <> 'cancelled') THEN 'finding' "
    f"WHEN EXISTS (SELECT 1 {_OPEN_THEN} AND t.agreed_at < :till) THEN 'agreed' "
    f"WHEN EXISTS (SELECT 1 {_OPEN_THEN}) THEN 'applied' "
    f"ELSE COALESCE((SELECT 'reason.' || x.code FROM reason x WHERE {_ROW} AND x.recorded_at < :till "
    "AND (x.ended_at IS NULL OR x.ended_at >= :till) ORDER BY x.id DESC LIMIT 1), 'none') END"
)
AGES = ((30, "30 天以内"), (90, "31 至 90 天"), (180, "91 至 180 天"), (365, "181 天至 1 年"), (10**5, "超过 1 年"))
AGE = (
    "CASE "
    + " ".join(f"WHEN r.day >= :age_{n} THEN {n}" for n in range(len(AGES) - 1))
    + f" ELSE {len(AGES) - 1} END"
)


def ages_of(asof: date) -> dict[str, str]:
    """The days at which the ages part, as the parameters of `AGE`."""
    return {f"age_{n}": (asof - timedelta(days=days)).isoformat() for n, (days, _) in enumerate(AGES[:-1])}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`step` is one of `STEPS`, `why` a word of `WHY`, `age` a place in `AGES`; `dated`: only what the calendar counts.

    `responsible` holds an inspector to the firms he looks after.
    """

    kind: str = ""
    clock: str = ""
    business: str = ""
    enterprise: int | None = None
    responsible: int | None = None
    step: str = ""
    why: str = ""
    age: int | None = None
    dated: bool = False
    day: date | None = None

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        given = {name: value for name in ("kind", "clock", "business") if (value := getattr(self, name))}
        parts = [f"r.{name} = :n_{name}" for name in given]
        values = {f"n_{name}": value for name, value in given.items()}
        if self.enterprise is not None:
            parts.append("r.enterprise_id = :n_enterprise")
            values["n_enterprise"] = self.enterprise
        if self.responsible is not None:
            parts.append("r.enterprise_id IN (SELECT o.id FROM enterprise o WHERE o.responsible_id = :n_responsible)")
            values["n_responsible"] = self.responsible
        if self.step:
            parts.append(STEPS[self.step][1])
        if self.why:
            parts.append(f"{WHY} = :n_why")
            values["n_why"] = self.why
        if self.age is not None:
            parts.append(f"{AGE} = {int(self.age)}")
        if self.dated:
            parts.append(_DATED)
        if self.day is not None:
            parts.append("r.day = :n_day")
            values["n_day"] = self.day.isoformat()
        return parts, values
