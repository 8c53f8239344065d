"""A generated park: enterprises, people with addresses, vessels whose next date is printed."""

from collections.abc import Sequence
from datetime import date, timedelta

from drills.ground import NOW, TODAY
from inspect_station.db import bulk_insert, db
from inspect_station.registry.models import Contact, Enterprise, Equipment, Inspection
from inspect_station.reminders import source

FAR = "2036-01-01"
FIRMS = 55
# Days before the date on which the ladder's steps are owed, written apart from the product's own data.
_STEPS = (180, 90, 60, 30, 15, 7, 0)

Owed = tuple[str, str, str, int]  # own number, recipient, step, week


def fill(firms: int, people: int, days: Sequence[int], today: date = TODAY) -> set[Owed]:
    """Vessels due in so many days, dealt to the firms in turn; returns every step owed to every address today."""
    with db.atomic():
        numbers = [_firm(n, people) for n in range(firms)]
        owners = _vessels(numbers, days, today)
    source.refresh(today)
    return {
        (own_number, address(firm, person), *step)
        for (own_number, firm), left in zip(owners, days, strict=True)
        for person in range(people)
        if (step := told_in(left, today))
    }


def address(firm: int, person: int) -> str:
    return f"p{person}@firm{firm}.example"


def addresses(firms: int, people: int) -> set[str]:
    return {address(firm, person) for firm in range(firms) for person in range(people)}


def told_in(days: int, today: date) -> tuple[str, int] | None:
    """What a letter of today says of a periodic inspection due in so many days: the latest step before the next letter,
    and of one overdue the day its week began."""
    if days < 0:
        return "overdue", (-days - 1) // 7 * 7 + 1
    reached = [step for step in _STEPS if days - _ahead(today) <= step]
    return (f"d{min(reached)}", 0) if reached else None


def _ahead(today: date) -> int:
    """The last day before the next letter: a week on, from Monday to Friday."""
    return next(n for n in range(7, 10) if (today + timedelta(days=n)).weekday() < 5) - 1


def _firm(number: int, people: int) -> int:
    firm = Enterprise.create(name=f"第{number:03}化工有限公司", initials=f"d{number}", created_at=NOW, updated_at=NOW)
    common = {"enterprise": firm.id, "role": "safety_officer", "started_on": date(2020, 1, 1), "created_at": NOW}
    bulk_insert(Contact, [common | {"name": f"安全员{n}", "email": address(number, n)} for n in range(people)])
    return int(firm.id)


def _vessels(firms: Sequence[int], days: Sequence[int], today: date) -> list[tuple[str, int]]:
    """Each vessel's own number and the place of its firm."""
    owners = [(f"R-{n:06}", n % len(firms)) for n in range(len(days))]
    common = {
        "name": "反应釜",
        "catalogue_code": "2150",
        "traits": {"material": "metal"},
        "put_into_use_on": "2020-01-15",
        "created_at": NOW,
        "updated_at": NOW,
    }
    bulk_insert(Equipment, [common | {"enterprise": firms[firm], "own_number": name} for name, firm in owners])
    ids = dict(Equipment.select(Equipment.own_number, Equipment.id).tuples())
    bulk_insert(
        Inspection,
        [
            _inspected(ids[name], clock, due)
            for (name, _), left in zip(owners, days, strict=True)
            for clock, due in (("periodic", (today + timedelta(days=left)).isoformat()), ("annual", FAR))
        ],
    )
    return owners


def _inspected(equipment: int, clock: str, due: str) -> dict[str, object]:
    return {
        "equipment": equipment,
        "clock": clock,
        "completed_on": "2023-05-01",
        "conclusion": "符合要求",
        "grade": 2,
        "next_due": due,
        "recorded_at": NOW,
    }
