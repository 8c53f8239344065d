"""What the plan has to know of the clinic: visits to sites that take an inspector's time, and firms to be seen."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import JOIN

from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic import rounds
from inspect_station.clinic.models import ClinicSlot, ClinicVisit
from inspect_station.registry.rows import dicts

SOON, LATER = timedelta(days=30), timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Errand:
    """A visit to a firm's site. `on`: the day it is planned for; without one, `by` is the day to aim at.

    `visit` None: the firm is only on the list of rounds so far. `minutes` None: nobody has said how long.
    """

    visit: int | None
    enterprise_id: int
    person: int | None
    on: date | None
    by: date
    minutes: int | None
    kind: str


def planned(actor: Actor, today: date, until: date) -> list[Errand]:
    """Visits planned up to a day and not begun yet, those without a day too; hours at the centre are none."""
    query = (
        ClinicVisit.select(
            ClinicVisit.id, ClinicVisit.enterprise, ClinicVisit.inspector, ClinicVisit.planned_on, ClinicVisit.kind,
            ClinicSlot.start_min, ClinicSlot.end_min,
        )
        .join(ClinicSlot, JOIN.LEFT_OUTER)
        .where(
            ClinicVisit.state == "planned",
            visible(actor, ClinicVisit.enterprise),
            ClinicVisit.planned_on.is_null() | (ClinicVisit.planned_on <= until),
            ClinicSlot.place.is_null() | (ClinicSlot.place == "site"),
        )
        .order_by(ClinicVisit.id)
    )  # fmt: skip
    return [
        Errand(
            row["id"], row["enterprise"], row["inspector"], row["planned_on"],
            max(today, row["planned_on"] or today) + SOON,
            row["end_min"] - row["start_min"] if row["end_min"] else None, row["kind"],
        )
        for row in dicts(query)
    ]  # fmt: skip


def at_the_centre(today: date, until: date) -> list[tuple[int, date, int]]:
    """Person, day and minutes of the hours booked at the service centre after today, whoever booked them."""
    query: Any = (
        ClinicSlot.select(ClinicSlot.inspector, ClinicSlot.day, ClinicSlot.start_min, ClinicSlot.end_min)
        .where(ClinicSlot.place == "centre", ClinicSlot.state == "booked", ClinicSlot.day > today, ClinicSlot.day <= until)
        .order_by(ClinicSlot.day, ClinicSlot.start_min, ClinicSlot.id)
    )  # fmt: skip
    return [(person, on, end - start) for person, on, start, end in query.tuples()]


def to_be_seen(actor: Actor, today: date) -> list[Errand]:
    """Firms that have a reason to be visited and no visit planned, the pressing ones sooner."""
    return [
        Errand(
            None, firm.enterprise, None, None, today + (SOON if firm.severe or firm.late else LATER), None,
            "rectify" if firm.open else "hazard",
        )
        for firm in rounds.ranked(actor, today)
        if not firm.is_planned
    ]  # fmt: skip


def has_hour(visit_id: int) -> bool:
    """Whether a firm booked this visit for an hour: its day is the hour's."""
    return ClinicVisit.select().where(ClinicVisit.id == visit_id, ClinicVisit.slot.is_null(False)).exists()
