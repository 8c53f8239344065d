"""What a firm is still to do by our prescriptions: what reminders reads to put it into the firm's letter."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from inspect_station.clinic import words
from inspect_station.db import among, day, moment, run

AHEAD = timedelta(days=15)


@dataclass(frozen=True)
class OwedPrescription:
    """One prescription without an end whose deadline is near or past."""

    finding_id: int
    enterprise_id: int
    number: str
    device: str
    symptom: str
    measure: str
    grade: str
    deadline: date
    days: int

    @property
    def days_words(self) -> str:
        return f"超期 {-self.days} 天" if self.days < 0 else "今天到期" if self.days == 0 else f"还有 {self.days} 天"


# Written out, for it is asked with every letter: building the query costs ten times as much as running it.
_OWED = """
SELECT f.id, f.enterprise_id, f.visit_id, v.created_at, e.name, e.line_number, e.own_number, f.symptom, f.measure,
  f.grade, f.deadline
FROM clinic_finding f JOIN clinic_visit v ON v.id = f.visit_id LEFT JOIN equipment e ON e.id = f.equipment_id
WHERE f.state IN ('open', 'partly') AND v.state = 'finished' AND f.deadline <= :until AND {whose}
ORDER BY f.deadline, f.id
"""


def owed(today: date, enterprise_ids: Collection[int] | None = None) -> Mapping[int, list[OwedPrescription]]:
    """By enterprise, the most urgent first. One that the firm has answered waits for us and owes nothing."""
    whose, values = ("1 = 1", {}) if enterprise_ids is None else among("firm", enterprise_ids)
    if enterprise_ids is not None:
        whose = f"f.enterprise_id {whose}"
    found: dict[int, list[OwedPrescription]] = {}
    for row in run(_OWED.format(whose=whose), {**values, "until": (today + AHEAD).isoformat()}):
        one = _prescription(row, today)
        found.setdefault(one.enterprise_id, []).append(one)
    return found


def _prescription(row: tuple[Any, ...], today: date) -> OwedPrescription:
    number, firm, visit, visit_at, name, line, own, symptom, measure, grade, until = row
    at, deadline = moment(visit_at), day(until)
    assert at is not None
    assert deadline is not None
    device = " ".join(filter(None, (name, line or own)))
    return OwedPrescription(
        number, firm, words.visit_number(visit, at), device, symptom, measure, words.GRADES[grade][0], deadline,
        (deadline - today).days,
    )  # fmt: skip
