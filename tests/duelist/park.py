"""A small park in which every bucket occurs; the expected answers were worked out by hand. Today: 2026-11-22."""

from dataclasses import dataclass
from typing import Any

from inspect_station.registry.models import Equipment, EquipmentTouched, Extension, Inspection
from tests.conftest import NOW, Cast

METAL = {"material": "metal"}


def device(enterprise: Any, code: str, name: str, own_number: str, **facts: Any) -> Equipment:
    row = Equipment.create(
        enterprise=enterprise,
        catalogue_code=code,
        name=name,
        own_number=own_number,
        created_at=NOW,
        updated_at=NOW,
        **facts,
    )
    touch(row)
    return row


def inspected(equipment: Equipment, clock: str, on: str | None, **said: Any) -> Inspection:
    said = {"conclusion": "符合要求"} | said
    row = Inspection.create(equipment=equipment, clock=clock, completed_on=on, recorded_at=NOW, **said)
    touch(equipment)
    return row


def extended(equipment: Equipment, clock: str, until: str, granted_on: Any) -> Extension:
    row = Extension.create(
        equipment=equipment, clock=clock, until=until, granted_on=granted_on, document="延期批准书", recorded_at=NOW
    )
    touch(equipment)
    return row


def touch(equipment: Equipment) -> None:
    EquipmentTouched.insert(equipment=equipment).on_conflict_ignore().execute()


@dataclass
class Park:
    forbidden: Equipment
    overdue: Equipment
    apply_now: Equipment
    approaching: Equipment
    ok: Equipment
    undetermined: Equipment
    date_missing: Equipment
    stopped: Equipment
    none: Equipment
    line: Equipment
    yi_vessel: Equipment


# What the deep clock of each device says today: bucket, `on`, why or missing. The light clocks add to the counts.
EXPECTED = {
    "forbidden": ("forbidden", None),
    "overdue": ("overdue", "2026-11-21"),
    "apply_now": ("apply_now", "2026-12-22"),
    "approaching": ("approaching", "2026-12-31"),
    "ok": ("ok", "2028-03-31"),
    "undetermined": ("undetermined", None),
    "date_missing": ("date_missing", None),
    "stopped": ("stopped", "2027-05-01"),
    "none": ("none", None),
    "line": ("approaching", "2027-02-20"),
}


def vessel(enterprise: Any, name: str, number: str, **facts: Any) -> Equipment:
    given = {"made_on": "2019-01-10", "put_into_use_on": "2019-03-15", "traits": METAL} | facts
    return device(enterprise, "2150", name, number, **given)


def make(cast: Cast) -> Park:
    jia, yi = cast.jia, cast.yi
    forbidden = vessel(jia, "液氨储罐", "V-101", certificate_number="容1闽A00001")
    inspected(forbidden, "periodic", "2026-03-01", conclusion="不符合要求", grade=5)
    overdue = vessel(jia, "缓冲罐", "V-102", certificate_number="容1闽A00002")
    inspected(overdue, "periodic", "2020-11-21", grade=2, next_due="2026-11-21", report_number="RD-2020-17")
    apply_now = vessel(jia, "换热器", "E-201")
    inspected(apply_now, "periodic", "2023-12-22", grade=3, next_due="2026-12-22")
    approaching = vessel(jia, "反应釜", "R-301")
    inspected(approaching, "periodic", "2020-12-10", grade=1, next_due="2026-12")
    ok = vessel(jia, "分汽缸", "D-401", initials="fqg")
    inspected(ok, "periodic", "2022-03-01", grade=2, next_due="2028-03")
    undetermined = vessel(jia, "精馏塔", "T-501")
    inspected(undetermined, "periodic", "2025-06-01", grade=3)
    date_missing = vessel(jia, "旧储罐", "V-601", put_into_use_on=None)
    stopped = vessel(jia, "备用釜", "R-302", status="stopped", stopped_on="2026-01-01")
    inspected(stopped, "periodic", "2021-05-01", grade=2, next_due="2027-05-01")
    none = vessel(jia, "拆除的罐", "V-000", status="dismantled")
    line = device(
        jia,
        "8310",
        "循环水管",
        "",
        form="line",
        line_number="PL-1001",
        length_mm=125_500,
        put_into_use_on="2018-02-20",
        traits={"pipe_grade": "GC2"},
    )
    inspected(line, "periodic", "2021-02-20", grade=2, next_due="2027-02-20")
    yi_vessel = vessel(yi, "乙企业的釜", "YI-CANARY-1")
    inspected(yi_vessel, "periodic", "2024-01-01", grade=2, next_due="2030-01-01")
    return Park(
        forbidden, overdue, apply_now, approaching, ok, undetermined, date_missing, stopped, none, line, yi_vessel
    )
