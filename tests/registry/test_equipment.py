"""Devices: made, corrected, stopped, inspected, extended; nothing is lost on the way."""

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.registry import service
from inspect_station.registry.models import EquipmentTouched, FactChange, Inspection, StatusChange
from tests.conftest import NOW, TODAY

AT = {"now": NOW, "today": TODAY}
VESSEL = {
    "catalogue_code": "2150",
    "name": "液氨储罐",
    "own_number": "V-101",
    "traits": {"material": "metal"},
    "made_on": "2018-01-10",
    "put_into_use_on": "2018-03-15",
}


def make(cast, **given):
    return service.equipment.create(cast.inspector, {**VESSEL, "enterprise": cast.jia.id, **given}, **AT)


def refused(call, *args, **kwargs):
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)
    return caught.value.fields


def touched():
    return {row[0] for row in EquipmentTouched.select(EquipmentTouched.equipment).tuples()}


def test_a_new_device_is_searchable_audited_and_marked_for_its_due_dates(cast):
    new = make(cast)
    row = service.equipment.get(cast.inspector, new)
    assert (row["initials"], row["status"], row["revision"]) == ("yacg", "in_use", 1)
    assert touched() == {new}
    assert (
        AuditEntry.select().where(AuditEntry.act == "equipment.create", AuditEntry.object_id == str(new)).count() == 1
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"catalogue_code": "3110"}, "catalogue_code"),
        ({"catalogue_code": "21"}, "catalogue_code"),
        ({"form": "batch"}, "form"),
        ({"form": "line", "catalogue_code": "8310", "traits": {}}, "parent_id"),
        ({"name": "  "}, "name"),
        ({"enterprise": 999_999}, "enterprise_id"),
        ({"traits": {"material": "wood"}}, "traits.material"),
        ({"traits": {"pipe_grade": "GC1"}}, "traits.pipe_grade"),
        ({"made_on": "2018"}, "made_on"),
        ({"made_on": "2027-01-01"}, "made_on"),
        ({"put_into_use_on": "2017-12"}, "put_into_use_on"),
        ({"design_life_years": 0}, "design_life_years"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_at_its_field(cast, given, field):
    assert field in refused(make, cast, **given)


def test_a_correction_needs_a_reason_and_keeps_old_and_new(cast):
    new = make(cast)
    assert "reason" in refused(
        service.equipment.change, cast.inspector, new, {"own_number": "V-102"}, reason=" ", **AT
    )
    revision = service.equipment.change(
        cast.inspector, new, {"own_number": "V-102"}, reason="现场铭牌", revision=1, **AT
    )
    change = FactChange.get(FactChange.object_id == new, FactChange.field == "own_number")
    assert (revision, change.old, change.new, change.reason) == (2, "V-101", "V-102", "现场铭牌")


def test_a_correction_over_a_newer_one_is_refused(cast):
    new = make(cast)
    service.equipment.change(cast.inspector, new, {"own_number": "V-102"}, reason="一", revision=1, **AT)
    with pytest.raises(Stale):
        service.equipment.change(cast.inspector, new, {"own_number": "V-103"}, reason="二", revision=1, **AT)


def test_a_correction_that_changes_nothing_writes_nothing(cast):
    new = make(cast)
    EquipmentTouched.delete().execute()
    assert service.equipment.change(cast.inspector, new, dict(VESSEL), reason="", **AT) == 1
    assert touched() == set()


def test_an_enterprise_may_read_its_own_and_change_nothing(cast):
    new = make(cast)
    assert service.equipment.get(cast.jia_user, new)["id"] == new
    with pytest.raises(NotFound):
        service.equipment.get(cast.yi_user, new)
    with pytest.raises(NotFound):
        service.equipment.change(cast.jia_user, new, {"name": "x"}, reason="x", **AT)
    with pytest.raises(NotAllowed):
        service.equipment.change(cast.auditor, new, {"name": "x"}, reason="x", **AT)


def test_lines_belong_to_an_installation_of_the_same_firm_and_move_with_it(cast):
    installation = make(cast, form="installation", catalogue_code="8310", name="氨区管道", traits={})
    line = {
        "form": "line",
        "catalogue_code": "8310",
        "name": "氨管",
        "line_number": "L-1",
        "traits": {"pipe_grade": "GC1"},
    }
    assert "parent_id" in refused(make, cast, **line, parent=installation, enterprise=cast.yi.id)
    number = make(cast, **line, parent=installation)
    service.equipment.change(cast.inspector, installation, {"enterprise": cast.yi.id}, reason="企业分立", **AT)
    assert service.equipment.get(cast.yi_user, number)["parent"] == installation
    with pytest.raises(NotFound):
        service.equipment.get(cast.jia_user, number)


def act(cast, device, name, on="2024-05-01", **given):
    return service.statuses.perform(cast.inspector, device, name, on=on, reason="检修", **AT, **given)


def test_stop_and_restart_leave_dates_and_history(cast):
    device = make(cast)
    act(cast, device, "stop", document="停用告知单 3 号")
    seen = {
        "clock": "periodic",
        "completed_on": "2025-05-20",
        "conclusion": "符合要求",
        "grade": 2,
        "next_due": "2031-05-20",
    }
    service.inspections.record(
        cast.inspector, device, seen, **AT
    )  # its date had passed: inspected before it restarts
    act(cast, device, "restart", on="2025-06-01")
    row = service.equipment.get(cast.inspector, device)
    assert (row["status"], row["stopped_on"], row["restarted_on"]) == ("in_use", "2024-05-01", "2025-06-01")
    assert [s["status"] for s in service.statuses.history(cast.jia_user, device)] == ["in_use", "stopped", "in_use"]
    assert StatusChange.get(StatusChange.status == "stopped").document == "停用告知单 3 号"


def test_an_act_the_present_status_does_not_allow_is_refused(cast):
    device = make(cast)
    with pytest.raises(Conflict, match="在用"):
        act(cast, device, "restart")
    act(cast, device, "scrap")
    with pytest.raises(Conflict):
        act(cast, device, "stop")
    act(cast, device, "reinstate")
    assert service.equipment.get(cast.inspector, device)["status"] == "in_use"


@pytest.mark.parametrize("on", ["", "2026-12-01", "2017-01-01", "2024-05"])
def test_an_act_has_a_day_between_making_and_today(cast, on):
    assert "on" in refused(act, cast, make(cast), "stop", on=on)


INSPECTION = {
    "clock": "periodic",
    "completed_on": "2024-03-01",
    "conclusion": "符合要求",
    "grade": 2,
    "next_due": "2027-03",
}


def record(cast, device, reason="", **given):
    return service.inspections.record(cast.inspector, device, {**INSPECTION, **given}, reason=reason, **AT)


def test_an_inspection_keeps_the_date_it_answered(cast):
    device = make(cast)
    first = record(cast, device, completed_on="2021-03-10", next_due="2024-03")
    second = record(cast, device)
    assert Inspection.get_by_id(first).answered_due == "2021-03-15"
    assert Inspection.get_by_id(second).answered_due == "2024-03-31"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"clock": "internal"}, "clock"),
        ({"completed_on": "2026-11-23"}, "completed_on"),
        ({"completed_on": "2017-01-01"}, "completed_on"),
        ({"completed_on": "", "next_due": ""}, "completed_on"),
        ({"next_due": "2024-03-01"}, "next_due"),
        ({"grade": 6}, "grade"),
        ({"clock": "annual"}, "grade"),
        ({"conclusion": "很好"}, "conclusion"),
    ],
)
def test_an_inspection_that_cannot_be_is_refused_at_its_field(cast, given, field):
    assert field in refused(record, cast, make(cast), **given)


def test_a_next_date_beyond_the_lawful_bound_needs_a_reason_and_then_stands(cast):
    device = make(cast)
    assert "reason" in refused(record, cast, device, next_due="2034-03-01")
    assert Inspection.select().count() == 0
    assert record(cast, device, next_due="2034-03-01", reason="报告原文如此")


def test_a_correction_replaces_the_row_and_keeps_it(cast):
    device = make(cast)
    old = record(cast, device)
    new = service.inspections.correct(cast.inspector, old, {"grade": 3}, reason="录入有误", **AT)
    rows = {row["id"]: row for row in service.inspections.history(cast.inspector, device)}
    assert (rows[old]["replaced_by"], rows[old]["replaced_reason"]) == (new, "录入有误")
    assert (rows[new]["grade"], rows[new]["completed_on"]) == (3, "2024-03-01")
    with pytest.raises(Conflict):
        service.inspections.correct(cast.inspector, old, {"grade": 1}, reason="再改", **AT)


def test_an_extension_names_its_document_and_can_be_withdrawn_once(cast):
    device = make(cast)
    given = {"clock": "periodic", "until": "2027-09-30", "document": "", "reason": "装置连续运行"}
    assert "document" in refused(service.extensions.record, cast.inspector, device, given, **AT)
    number = service.extensions.record(cast.inspector, device, {**given, "document": "榕特设〔2026〕7 号"}, **AT)
    service.extensions.withdraw(cast.inspector, number, reason="已提前检验", now=NOW)
    with pytest.raises(Conflict):
        service.extensions.withdraw(cast.inspector, number, reason="再撤", now=NOW)
    assert touched() == {device}
