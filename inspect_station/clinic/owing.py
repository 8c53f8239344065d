"""What a firm is still to do by our prescriptions: what reminders reads to put it into the firm's letter."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from peewee import JOIN

from inspect_station.clinic import words
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.registry.models import Equipment
from inspect_station.registry.rows import dicts

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


def owed(today: date, enterprise_ids: Collection[int] | None = None) -> Mapping[int, list[OwedPrescription]]:
    """By enterprise, the most urgent first. One that the firm has answered waits for us and owes nothing."""
    conditions = [
        ClinicFinding.state.in_(("open", "partly")), ClinicVisit.state == "finished",
        ClinicFinding.deadline <= today + AHEAD,
    ]  # fmt: skip
    if enterprise_ids is not None:
        conditions.append(ClinicFinding.enterprise.in_(list(enterprise_ids)))
    query = (
        ClinicFinding.select(
            ClinicFinding, Equipment.name.alias("device"), Equipment.own_number, Equipment.line_number,
            ClinicVisit.created_at.alias("visit_at"),
        )
        .join(ClinicVisit)
        .switch(ClinicFinding)
        .join(Equipment, JOIN.LEFT_OUTER)
        .where(*conditions)
        .order_by(ClinicFinding.deadline, ClinicFinding.id)
    )  # fmt: skip
    found: dict[int, list[OwedPrescription]] = {}
    for row in dicts(query):
        found.setdefault(row["enterprise"], []).append(
            OwedPrescription(
                row["id"], row["enterprise"], words.visit_number(row["visit"], row["visit_at"]),
                " ".join(filter(None, (row["device"], row["line_number"] or row["own_number"]))),
                row["symptom"], row["measure"], words.GRADES[row["grade"]][0], row["deadline"],
                (row["deadline"] - today).days,
            )
        )  # fmt: skip
    return found
