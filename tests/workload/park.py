"""A small park whose November was counted by hand. Today: 2026-11-22; 甲 has eight clocks of ours, 乙 one.

November 2026, as of the 22nd:

    A  due 11-05, inspected 11-03, qualified          due, done, inspected, first pass
    B  due 11-10, inspected 11-12 after a reminder    due, done (late), inspected, failed
    B  inspected again 11-20, qualified               inspected, again
    C  due 11-08, not inspected                       due, overdue (16 … 14 days)
    D  due 11-30, applied before any reminder         due
    E  due 2025-01-31, inspected 2025-02-10           last year: January due, not done by its end
    F  due 2027-03-31                                 nothing this month
    L  pipe line 1.5 km, due 11-15, inspected 10-20   due, done (early), 1 line, 1.5 km
    Y  乙, due 2026-10-01                              overdue
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.casework.models import (
    Application,
    ApplicationItem,
    FindingNotice,
    Reason,
    Report,
    ReportItem,
)
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.reminders.answers.models import Answer
from inspect_station.reminders.models import Message, OwedStep
from tests.conftest import NOW, Cast
from tests.duelist.park import device, inspected, vessel


@dataclass
class Park:
    a: Equipment
    b: Equipment
    c: Equipment
    d: Equipment
    e: Equipment
    f: Equipment
    line: Equipment
    y: Equipment


def done(equipment: Equipment, on: str, answered: str | None, next_due: str | None, **said: Any) -> Inspection:
    return inspected(equipment, "periodic", on, answered_due=answered, next_due=next_due, grade=2, **said)


def make(cast: Cast) -> Park:
    jia = cast.jia
    a, b, c, d, e, f = (vessel(jia, f"容器{name}", f"V-{name}") for name in "ABCDEF")
    done(a, "2020-11-05", None, "2026-11-05")
    done(a, "2026-11-03", "2026-11-05", "2032-11-03")
    done(b, "2020-11-10", None, "2026-11-10")
    done(b, "2026-11-12", "2026-11-10", None, conclusion="不符合要求")
    done(b, "2026-11-20", None, "2032-11-20")
    done(c, "2020-11-08", None, "2026-11-08")
    done(d, "2020-11-30", None, "2026-11-30")
    done(e, "2019-01-31", None, "2025-01-31")
    done(e, "2025-02-10", "2025-01-31", "2031-02-10")
    done(f, "2021-03-31", None, "2027-03-31")
    line = device(
        jia, "8310", "循环水管", "", form="line", line_number="PL-1", length_mm=1_500_000, put_into_use_on="2015-02-20",
        traits={"pipe_grade": "GC2"},
    )  # fmt: skip
    done(line, "2020-11-15", None, "2026-11-15")
    done(line, "2026-10-20", "2026-11-15", "2032-10-20")
    y = vessel(cast.yi, "乙罐", "Y-1")
    done(y, "2020-10-01", None, "2026-10-01")
    return Park(a, b, c, d, e, f, line, y)


def told(cast: Cast, park: Park) -> None:
    """A reminder about B on 1 November, answered; one to 乙, not answered."""
    for firm, equipment, due in ((cast.jia, park.b, "2026-11-10"), (cast.yi, park.y, "2026-10-01")):
        at = NOW - timedelta(days=21)
        message = Message.create(
            key=f"k{firm.id}", message_id=f"<{firm.id}@x>", enterprise=firm, channel="mail", recipient="a@b", day=at.date(),
            state="sent", created_at=at, queued_at=at, done_at=at,
            subject="催检", text="请尽快报检。",
        )  # fmt: skip
        OwedStep.create(
            equipment=equipment, clock="periodic", due=due, step="30", channel="mail", recipient="a@b", enterprise=firm,
            rank=1, state="sent", message=message, owed_on=at.date(), created_at=at, done_at=at,
        )  # fmt: skip
        if firm == cast.jia:
            Answer.create(
                message=message, enterprise=firm, kind="noted", state="seen", given_at=at + timedelta(hours=1)
            )


def applied(cast: Cast, park: Park) -> None:
    """D before any reminder (decided in time), B after the one of 1 November (decided late)."""
    for equipment, due, at, decided in (
        (park.d, date(2026, 11, 30), moment(10, 28), moment(10, 29)),
        (park.b, date(2026, 11, 10), moment(11, 4), moment(11, 6)),
    ):
        case = Application.create(
            enterprise=cast.jia, source="portal", state="accepted", submitted_at=at, submitted_by="甲", decided_at=decided,
            accept_by=at.date() + timedelta(days=1), schedule_by=decided.date() + timedelta(days=3),
            scheduled_at=decided + timedelta(days=1), quiet_until=date(2026, 12, 1),
        )  # fmt: skip
        # B was inspected, D waits for us.
        inspection = None if equipment == park.d else Inspection.get(Inspection.completed_on == "2026-11-12")
        ApplicationItem.create(
            application=case, equipment=equipment, clock="periodic", due_on=due, open=inspection is None,
            outcome="inspected" if inspection else "", inspection=inspection,
        )  # fmt: skip


def reported(cast: Cast, park: Park) -> None:
    """A's report issued on its promised day at 23:30, B's a day late, L's not yet and not due yet."""
    for equipment, on, by, issued in (
        (park.a, "2026-11-03", date(2026, 11, 17), moment(11, 17, 23, 30)),
        (park.b, "2026-11-12", date(2026, 11, 19), moment(11, 20, 0, 10)),
        (park.line, "2026-10-20", date(2026, 11, 27), None),
    ):
        inspection = Inspection.get(Inspection.equipment == equipment, Inspection.completed_on == on)
        written = moment(11, 13)
        steps = {"written": {"by": cast.inspector.name, "id": cast.inspector.account_id, "at": written.isoformat()}}
        if issued:
            steps["issued"] = {"by": cast.head.name, "id": cast.head.account_id, "at": issued.isoformat()}
        report = Report.create(
            enterprise=cast.jia, number=f"R{equipment.id}", stage="issued" if issued else "written", completed_on=on,
            inspectors=[{"id": cast.inspector.account_id, "name": cast.inspector.name}], steps=steps, report_by=by,
            issued_at=issued, created_at=written,
        )  # fmt: skip
        ReportItem.create(report=report, equipment=equipment, clock="periodic", inspection=inspection)


def found(cast: Cast, park: Park) -> None:
    """A notice about B issued on the 12th and closed on the 20th; one about C issued in October and still open."""
    for equipment, issued, closed in (
        (park.b, moment(11, 12), moment(11, 20)),
        (park.c, moment(10, 5), None),
    ):
        FindingNotice.create(
            number=f"N{equipment.id}", enterprise=cast.jia, equipment=equipment, clock="periodic", problem="腐蚀",
            deadline=date(2026, 11, 30), state="closed" if closed else "issued", issued_at=issued, closed_at=closed,
            created_at=issued,
        )  # fmt: skip
    Reason.create(
        equipment=park.y, enterprise=cast.yi, clock="periodic", code="unreachable", person="检一", on_day=date(2026, 11, 2),
        recorded_at=moment(11, 2),
    )  # fmt: skip


def visited(cast: Cast) -> None:
    """The clinic at 甲: in October with one finding, on 9 November with two, one of them seen before; one visit called off."""
    earlier = _visit(cast, date(2026, 10, 20), "finished")
    first = _finding(earlier, cast, date(2026, 11, 19), ended=moment(11, 18))
    visit = _visit(cast, date(2026, 11, 9), "finished")
    _finding(visit, cast, date(2026, 11, 20), repeats=first)
    _finding(visit, cast, date(2026, 12, 20), grade="severe")
    _visit(cast, date(2026, 11, 10), "cancelled")


def _visit(cast: Cast, on: date, state: str) -> ClinicVisit:
    return ClinicVisit.create(
        enterprise=cast.jia, origin="round", kind="hazard", state=state, planned_on=on, visited_on=on,
        inspector=cast.other_inspector.account_id, created_at=moment(on.month, on.day),
    )  # fmt: skip


def _finding(
    visit: ClinicVisit, cast: Cast, deadline: date, ended: datetime | None = None, **given: Any
) -> ClinicFinding:
    return ClinicFinding.create(
        visit=visit, enterprise=cast.jia, symptom="安全阀未校验", measure="校验", deadline=deadline, ended_at=ended,
        state="done" if ended else "open", created_at=moment(11, 9), **{"grade": "minor"} | given,
    )  # fmt: skip


def moment(month: int, day: int, hour: int = 9, minute: int = 30) -> datetime:
    return NOW.replace(month=month, day=day, hour=hour, minute=minute)


def whole(cast: Cast) -> Park:
    park = make(cast)
    applied(cast, park)
    told(cast, park)
    reported(cast, park)
    found(cast, park)
    visited(cast)
    return park
