"""Stop and restart, 过户, duplicates: what the law asks before use, and history that goes along."""

from pathlib import Path
from typing import Any

import pytest

from inspect_station.casework import moving, service
from inspect_station.casework.models import ReportItem
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.models import Equipment, Inspection
from tests.casework.test_deciding import applied
from tests.casework.test_results import inspector, record  # noqa: F401  a fixture
from tests.conftest import NOW, TODAY, Cast
from tests.duelist import park as parks
from tests.duelist.park import Park

AT = {"now": NOW, "today": TODAY}


def restart(cast: Cast, device: Any, on: str = "2026-11-22") -> None:
    registry.statuses.perform(cast.inspector, device.id, "restart", on=on, reason="恢复生产", **AT)


def stopped(cast: Cast, number: str, next_due: str) -> Any:
    device = parks.vessel(cast.jia, "备用罐", number, status="stopped", stopped_on="2026-01-01")
    parks.inspected(device, "periodic", "2020-05-01", grade=2, next_due=next_due)
    return device


def test_a_device_whose_date_passed_while_stopped_is_inspected_before_it_runs_again(
    cast: Cast,
    inspector: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    device = stopped(cast, "B-1", "2026-05-01")
    with pytest.raises(Conflict, match=r"定期检验已于 2026-05-01 到期，启用前须先检验"):
        restart(cast, device)
    assert Equipment.get_by_id(device.id).status == "stopped"
    record(inspector, tmp_path, device)
    restart(cast, device)
    assert Equipment.get_by_id(device.id).status == "in_use"


def test_a_device_whose_date_has_not_passed_restarts_at_once(cast: Cast) -> None:
    device = stopped(cast, "B-2", "2027-05-01")
    restart(cast, device)
    assert Equipment.get_by_id(device.id).status == "in_use"


def test_a_failed_device_does_not_restart(cast: Cast) -> None:
    device = stopped(cast, "B-3", "2027-05-01")
    parks.inspected(device, "periodic", "2026-03-01", conclusion="不合格")
    with pytest.raises(Conflict, match="定期检验不合格"):
        restart(cast, device)


def test_a_device_goes_to_another_firm_with_its_history(cast: Cast, due_park: Park) -> None:
    device = due_park.overdue
    moving.transfer(cast.inspector, device.id, cast.yi.id, on="2026-11-20", reason="资产转让", **AT)
    assert [i["report_number"] for i in registry.inspections.history(cast.yi_user, device.id)] == ["RD-2020-17"]
    with pytest.raises(NotFound):
        registry.equipment.get(cast.jia_user, device.id)
    (change,) = [s for s in registry.statuses.history(cast.yi_user, device.id) if "过户" in s["reason"]]
    assert change["reason"] == "过户：福州甲化工有限公司 → 连江乙新材料有限公司；资产转让"


def test_lines_go_with_their_installation_and_not_alone(cast: Cast) -> None:
    plant = parks.device(cast.jia, "8310", "管廊", "GD-1", form="installation")
    line = parks.device(cast.jia, "8310", "蒸汽管", "", form="line", line_number="PL-9", parent=plant)
    with pytest.raises(Conflict, match="随所属装置"):
        moving.transfer(cast.inspector, line.id, cast.yi.id, on="2026-11-20", reason="转让", **AT)
    moving.transfer(cast.inspector, plant.id, cast.yi.id, on="2026-11-20", reason="转让", **AT)
    assert Equipment.get_by_id(line.id).enterprise_id == cast.yi.id


def test_nothing_open_is_left_behind(cast: Cast, due_park: Park) -> None:
    applied(cast, due_park.overdue)
    with pytest.raises(Conflict, match="正在办理的报检"):
        moving.transfer(cast.inspector, due_park.overdue.id, cast.yi.id, on="2026-11-20", reason="转让", **AT)
    with pytest.raises(InvalidInput, match="已经属于这家企业"):
        moving.transfer(cast.inspector, due_park.ok.id, cast.jia.id, on="2026-11-20", reason="转让", **AT)


def test_a_duplicate_is_merged_with_its_history_and_says_where_it_went(
    cast: Cast,
    due_park: Park,
    inspector: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    double = parks.vessel(cast.jia, "缓冲罐（旧）", "V-102A", maker_number="M-77")
    report = record(inspector, tmp_path, double)
    service.reasons.record(cast.inspector, [(due_park.overdue.id, "periodic")], "duplicate", now=NOW)
    moving.merge(cast.inspector, due_park.overdue.id, double.id, reason="铭牌相同", now=NOW)
    kept = registry.equipment.get(cast.jia_user, due_park.overdue.id)
    assert (kept["own_number"], kept["maker_number"]) == ("V-102", "M-77")
    assert Inspection.select().where(Inspection.equipment == kept["id"]).count() == 2
    assert ReportItem.get(ReportItem.report == report).equipment_id == kept["id"]
    assert Equipment.get_by_id(double.id).status == "cancelled"
    assert registry.transfers.merged_into(double.id) == kept["id"]


@pytest.mark.parametrize(
    ("other", "sentence"), [("line", "不是同一种类"), ("yi_vessel", "不同的企业"), ("overdue", "另一份档案")]
)
def test_what_is_no_duplicate_is_not_merged(cast: Cast, due_park: Park, other: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        moving.merge(cast.inspector, due_park.overdue.id, getattr(due_park, other).id, reason="重复", now=NOW)


def test_two_records_applied_for_at_once_are_not_merged(cast: Cast, due_park: Park) -> None:
    applied(cast, due_park.overdue)
    applied(cast, due_park.apply_now)
    with pytest.raises(Conflict, match="都已报检"):
        moving.merge(cast.inspector, due_park.overdue.id, due_park.apply_now.id, reason="重复", now=NOW)
