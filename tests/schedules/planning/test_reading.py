"""Unusable instances are refused with a sentence that names the field."""

from collections.abc import Callable
from typing import Any

import pytest

from schedules.planning import InstanceError, plan
from tests.schedules.planning.cases import instance, item


def before(item: str) -> dict[str, Any]:
    return {"item": item, "date": "2026-03-02"}


BACKWARDS = {"from": "2026-03-10", "to": "2026-03-09"}
Damage = Callable[[dict[str, Any]], object]
UNUSABLE: list[tuple[str, str, Damage]] = [
    ("format", "inspection-plan-instance/1", lambda w: w.update(format="x")),
    ("name", "缺少", lambda w: w.pop("name")),
    ("as_of", "不是日期", lambda w: w.update(as_of="2026-2-27")),
    ("horizon.to", "已经过去", lambda w: w.update(as_of="2026-03-13")),
    ("horizon", "早于其开始", lambda w: w["horizon"].update(to="2026-03-01")),
    ("workdays[1]", "重复", lambda w: w["workdays"].insert(0, w["workdays"][0])),
    ("settings.visit_cost", "整数", lambda w: w["settings"].update(visit_cost=1.5)),
    ("settings.visit_overhead_min", "不得小于", lambda w: w["settings"].update(visit_overhead_min=-1)),
    ("enterprises[1].id", "重复", lambda w: w["enterprises"][1].update(id="E1")),
    ("enterprises[0].shutdowns[0]", "早于其开始", lambda w: w["enterprises"][0]["shutdowns"].append(BACKWARDS)),
    ("enterprises[0].closed[0]", "早于其开始", lambda w: w["enterprises"][0]["closed"].append(BACKWARDS)),
    ("inspectors[0].absent[0]", "早于其开始", lambda w: w["inspectors"][0]["absent"].append(BACKWARDS)),
    ("inspectors[0].daily_min", "不得小于 1", lambda w: w["inspectors"][0].update(daily_min=0)),
    ("inspectors[0].daily_min", "缺少", lambda w: w["inspectors"][0].pop("daily_min")),
    ("inspectors[0].busy[0].date", "不是日期", lambda w: w["inspectors"][0].update(busy=[{"date": "x", "minutes": 1}])),
    ("inspectors[0].busy[0].minutes", "缺少", lambda w: w["inspectors"][0].update(busy=[{"date": "2026-03-02"}])),
    ("inspectors[1].id", "重复", lambda w: w["inspectors"][1].update(id="P1")),
    ("inspectors[0].codes.GD", "不是日期", lambda w: w["inspectors"][0]["codes"].update(GD="soon")),
    ("items[0].enterprise", "没有“E9”这家企业", lambda w: w["items"][0].update(enterprise="E9")),
    ("items[0].minutes", "不得小于 1", lambda w: w["items"][0].update(minutes=0)),
    ("items[0].minutes", "整数", lambda w: w["items"][0].update(minutes=True)),
    ("items[0].latest", "早于到期日", lambda w: w["items"][0].update(latest="2026-03-12")),
    ("items[0].state", "应为 any", lambda w: w["items"][0].update(state="stopped")),
    ("items[0].roles", "非空列表", lambda w: w["items"][0].update(roles=[])),
    ("items[0].roles[0]", "没有“GD”这个资格代码", lambda w: (w.update(codes=["RD"]), w.update(inspectors=[]))),
    ("items[1].id", "“I1”重复", lambda w: w["items"][1].update(id="I1")),
    ("items[1]", "对象", lambda w: w["items"].__setitem__(1, 7)),
    ("previous[0].item", "没有“I9”这个项目", lambda w: w["previous"].append(before("I9"))),
    ("previous[1].item", "重复", lambda w: w["previous"].extend([before("I1")] * 2)),
    ("previous[0].pinned", "true 或 false", lambda w: w["previous"].append(
        {"item": "I1", "date": "2026-03-02", "pinned": 1})),
]  # fmt: skip


@pytest.mark.parametrize(("where", "what", "damage"), UNUSABLE, ids=[f"{u[0]} {u[1]}" for u in UNUSABLE])
def test_an_unusable_instance_is_refused_by_name(where: str, what: str, damage: Damage) -> None:
    whole = instance([item("I1"), item("I2")])
    damage(whole)
    with pytest.raises(InstanceError) as refused:
        plan(whole, time_limit_s=1)
    assert str(refused.value).startswith(f"{where}：")
    assert what in str(refused.value)


@pytest.mark.parametrize("whole", [None, [], "x", 3])
def test_what_is_no_object_is_refused(whole: Any) -> None:
    with pytest.raises(InstanceError):
        plan(whole)
