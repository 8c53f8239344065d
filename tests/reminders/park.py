"""A small park for the reminder tests: devices with a printed date, contacts with an address."""

from datetime import date
from itertools import count
from typing import Any

from inspect_station.config import Settings
from inspect_station.registry.models import Contact, Enterprise, Equipment, EquipmentTouched, Inspection
from tests.conftest import NOW, SECRET, TODAY

_numbers = count(1)
FAR = "2033-01-01"


def settings(data_dir: Any, **more: Any) -> Settings:
    # Without the PDF, which takes longer than all the rest of a letter; the tests that look at it ask for it.
    given: dict[str, Any] = {"log_level": "ERROR", "mail_pdf": False}
    return Settings(secret_key=SECRET, data_dir=str(data_dir), **given | more)


def vessel(firm: Enterprise, due: str | date, **facts: Any) -> Equipment:
    """A vessel whose periodic inspection is due then, by its report; its yearly check is far away."""
    number = next(_numbers)
    given = {
        "name": f"反应釜{number}",
        "own_number": f"R-{number:03d}",
        "certificate_number": f"容15闽A{number:05d}(20)",
        "location": "一车间",
        "catalogue_code": "2150",
        "traits": {"material": "metal"},
        "put_into_use_on": "2020-01-15",
    }
    equipment = Equipment.create(enterprise=firm, created_at=NOW, updated_at=NOW, **given | facts)
    inspected(equipment, "periodic", str(due), "2023-05-01")
    inspected(equipment, "annual", FAR, "2026-05-01")
    return equipment


def inspected(
    equipment: Equipment, clock: str, next_due: str, completed_on: str, conclusion: str = "符合要求"
) -> None:
    Inspection.create(
        equipment=equipment,
        clock=clock,
        completed_on=completed_on,
        conclusion=conclusion,
        grade=2 if clock == "periodic" else None,
        next_due=next_due,
        recorded_at=NOW,
    )
    EquipmentTouched.insert(equipment=equipment).on_conflict_ignore().execute()


def contact(firm: Enterprise, email: str, name: str = "安全员", **more: Any) -> Contact:
    given = {"role": "safety_officer", "started_on": date(2020, 1, 1), "created_at": NOW}
    return Contact.create(enterprise=firm, name=name, email=email, **given | more)


def in_days(days: int) -> str:
    return date.fromordinal(TODAY.toordinal() + days).isoformat()


def robot_of(firm: Enterprise, kind: str, address: str, secret: str = "", **more: Any) -> Contact:
    """A contact with a group robot, its address sealed as the register seals it."""
    from inspect_station import sealing
    from inspect_station.registry import contacts

    ring = sealing.ring()
    return contact(
        firm,
        more.pop("email", ""),
        robot_kind=kind,
        robot_address=ring.seal(address, contacts.ROBOT_ADDRESS),
        robot_secret=ring.seal(secret, contacts.ROBOT_SECRET),
        robot_hint=address[-4:],
        robot_digest=ring.digest(address),
        **more,
    )


def outside(data_dir: Any, **more: Any) -> Settings:
    """Settings of a station whose robots live on this machine."""
    return settings(data_dir, robot_hosts="127.0.0.1,localhost", private_targets=True, **more)
