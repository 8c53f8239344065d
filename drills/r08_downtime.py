"""R8: three and then thirty days without a tick, 55 enterprises with 1 000 devices each: caught up without a flood."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from peewee import fn

from drills import park
from drills.ground import NOW, Ground
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.config import Settings
from inspect_station.registry.models import Inspection
from inspect_station.reminders import service
from inspect_station.reminders.models import Message, OwedStep

DEVICES, WEEK = 55_000, 7
PEOPLE = 1
DOWNTIMES = (3, 30)
# Over these days the dates are spread: some overdue, most ahead.
_FROM, _TO = -60, 340


def run(ground: Ground) -> Iterator[Tally]:
    place = ground.station("sqlite")
    days = [_FROM + n % (_TO - _FROM) for n in range(DEVICES)]
    with Postmaster() as office, place.opened():
        settings = place.mailing(office.port)
        park.fill(park.FIRMS, PEOPLE, days)
        _catch_up(settings, NOW)
        now = NOW
        for downtime in DOWNTIMES:
            now += timedelta(days=downtime)
            yield _after(settings, office, now, downtime)


def _catch_up(settings: Settings, now: datetime) -> None:
    service.tick(settings, now.date(), now)
    while service.deliver(settings, now, senders=2).total():
        pass


def _after(settings: Settings, office: Postmaster, now: datetime, downtime: int) -> Tally:
    tally = Tally(f"{downtime} days down, {park.FIRMS} × {DEVICES // park.FIRMS} devices", given=1)
    arrived, last = len(office.arrived), OwedStep.select(fn.MAX(OwedStep.id)).scalar()
    _catch_up(settings, now)
    letters = Counter(recipient for recipient, _ in office.arrived[arrived:])
    tally.expect(
        max(letters.values(), default=0) <= 1, f"one recipient got {max(letters.values(), default=0)} letters"
    )
    everybody = park.addresses(park.FIRMS, PEOPLE)
    # Within a week of the last letter only those are written to who have something new; the count below names the rest.
    tally.expect(
        set(letters) == everybody if downtime >= WEEK else set(letters) <= everybody, "not all were written to"
    )
    new = OwedStep.select().where(OwedStep.id > last)
    told = {(s.equipment_id, s.due): s for s in new.where(OwedStep.state == "sent")}
    tally.lost = _overdue_not_told(now.date())
    tally.doubled = new.where(OwedStep.state == "sent").count() - len(told)
    tally.superseded = new.where(OwedStep.state == "superseded").count()
    overtaken = sum(not _is_latest(step, now.date()) for step in told.values())
    tally.expect_equal(overtaken, 0, "steps told that a later one had overtaken")
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "overdue devices missing, steps told twice")
    tally.remark(f"{len(told)} steps in {sum(letters.values())} letters")
    return tally


def _overdue_not_told(today: date) -> int:
    """Devices past their date that no letter of the last week named as overdue."""
    o = OwedStep
    recent = Message.day > today - timedelta(days=WEEK)
    query = o.select(o.equipment, o.due).join(Message).where(o.state == "sent", o.step == "overdue", recent)
    told = set(query.tuples())
    dates = Inspection.select(Inspection.equipment, Inspection.next_due).where(Inspection.clock == "periodic")
    return sum(due < today.isoformat() and (device, due) not in told for device, due in dates.tuples())


def _is_latest(step: OwedStep, today: date) -> bool:
    return (step.step, step.week) == park.told_in((date.fromisoformat(step.due) - today).days, today)
