"""Rows of the register as the facts of the law."""

from datetime import date

from inspect_station.registry import facts
from inspect_station.registry.models import Equipment, Extension, Inspection
from schedules.dates import Day
from schedules.terms import Clock, Conclusion, Kind, Status
from tests.conftest import NOW
from tests.statements import counted


def vessel(enterprise, **facts_given):
    given = {"catalogue_code": "2150", "name": "反应釜", "traits": {"material": "metal"}, **facts_given}
    return Equipment.create(enterprise=enterprise, created_at=NOW, updated_at=NOW, **given)


def read(*devices):
    return list(facts.facts_of([d.id for d in devices]))


def test_a_device_comes_with_its_standing_inspections_and_extensions(cast):
    device = vessel(
        cast.jia, put_into_use_on="2019-03", made_on="2019-01-10", status="stopped", stopped_on="2024-05-01"
    )
    old = Inspection.create(equipment=device, clock="periodic", completed_on="2022-03-02", grade=2, recorded_at=NOW)
    new = Inspection.create(
        equipment=device,
        clock="periodic",
        completed_on="2022-03-01",
        conclusion="符合要求",
        grade=3,
        next_due="2025-03",
        recorded_at=NOW,
    )
    Inspection.update(replaced_by=new).where(Inspection.id == old.id).execute()
    Extension.create(
        equipment=device, clock="periodic", until="2025-09-30", granted_on=date(2025, 1, 2), recorded_at=NOW
    )
    Extension.create(equipment=device, clock="periodic", until="2026-09-30", withdrawn_at=NOW, recorded_at=NOW)

    (known,) = read(device)

    assert (known.enterprise_id, known.kind, known.revision, known.problem) == (cast.jia.id, Kind.FIXED_VESSEL, 1, "")
    assert known.facts.status is Status.STOPPED
    assert known.facts.put_into_use_on == Day.parse("2019-03")
    assert known.facts.traits == {"material": "metal"}
    (inspection,) = known.facts.inspections
    assert (inspection.clock, inspection.conclusion, inspection.grade) == (Clock.PERIODIC, Conclusion.MEETS, 3)
    (extension,) = known.facts.extensions
    assert (str(extension.until), extension.granted_on) == ("2025-09-30", date(2025, 1, 2))


def test_an_installation_has_no_facts_of_its_own_and_no_problem(cast):
    (known,) = read(vessel(cast.jia, form="installation", catalogue_code="8310", traits=None))
    assert known.facts is None
    assert known.problem == ""


def test_a_row_that_cannot_be_read_says_why_and_costs_the_others_nothing(cast):
    lift, odd, good = (
        vessel(cast.jia, catalogue_code="3110", traits=None),
        vessel(cast.jia, traits={"material": "wood"}),
        vessel(cast.jia),
    )
    known = read(lift, odd, good)
    assert [k.facts is None for k in known] == [True, True, False]
    assert "3110" in known[0].problem
    assert "wood" in known[1].problem
    assert list(facts.load([lift.id, odd.id, good.id])) == [good.id]


def test_a_stop_known_to_the_month_is_read_as_long_as_it_can_have_been(cast):
    device = vessel(cast.jia, stopped_on="2024-05", restarted_on="2025-05", moved_on="2025-02")
    (known,) = read(device)
    assert known.facts.stopped_on == date(2024, 5, 1)
    assert known.facts.restarted_on == date(2025, 5, 31)
    assert known.facts.moved_on == date(2025, 2, 28)


def test_any_number_of_devices_costs_three_statements(cast):
    devices = [vessel(cast.jia) for _ in range(20)]
    for device in devices:
        Inspection.create(equipment=device, clock="annual", completed_on="2025-01-01", recorded_at=NOW)
    with counted() as ran:
        read(*devices)
    assert len(ran) == 3
