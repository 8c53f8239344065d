"""甲 was written to: one vessel soon due, one overdue; and what the tests ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from inspect_station.config import Settings
from inspect_station.registry.models import Equipment
from inspect_station.reminders import service as reminders
from inspect_station.reminders.answers import schemas, service
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.validation import load
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, settings, vessel

PDF = b"%PDF-1.4 proof"


@dataclass
class Told:
    """A firm that was told, and its message."""

    settings: Settings
    message: Message
    soon: Equipment
    late: Equipment

    def sheet(self, today: date = TODAY) -> service.Sheet:
        return service.sheet_of(self.message, today)

    def answer(self, kind: str, given: Mapping[str, Any] | None = None, now: datetime = NOW, **more: Any) -> int:
        """What the firm answers through its link."""
        read = load(schemas.SCHEMAS[kind](), dict(given or {}))
        sheet = self.sheet(now.date())
        return service.give(service.holder_of(sheet), sheet, kind, read, self.settings, now, **more)

    def key(self, device: Equipment) -> str:
        return f"{device.id}:periodic"

    def tick(self, today: date) -> None:
        at = NOW + timedelta(days=(today - TODAY).days)
        reminders.tick(self.settings, today, at)
        reminders.deliver(self.settings, at)

    def steps(self, device: Equipment, *states: str) -> list[str]:
        """The steps of a device's periodic clock in these states, in order."""
        found = OwedStep.select().where(OwedStep.equipment == device, OwedStep.clock == "periodic")
        found = found.where(OwedStep.state.in_(states)) if states else found
        return [f"{s.step}{s.week or ''}" for s in found.order_by(OwedStep.rank)]


def tell(cast: Cast, data_dir: Path, name: str = "反应釜") -> Told:
    soon = vessel(cast.jia, in_days(20), name=f"{name}一号")
    late = vessel(cast.jia, in_days(-3), name=f"{name}二号")
    contact(cast.jia, "ehs@jia.example", "张安全")
    made = settings(data_dir, base_url="https://station.example", station_phone="0591-1234567")
    reminders.tick(made, TODAY, NOW)
    reminders.deliver(made, NOW)
    return Told(made, Message.get(Message.enterprise == cast.jia), soon, late)
