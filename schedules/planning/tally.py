"""The judge's figures: objective, months and what a head asks for, counted from the plan alone."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from schedules.planning.check import Facts, Json, check


def objective(instance: Json, plan: Json) -> dict[str, int]:
    """The five parts, in their order, of a plan without errors."""
    facts, dated = Facts(instance), _dated(plan)
    return _objective(facts, dated, months(facts, dated))


def _dated(plan: Json) -> dict[str, date]:
    return {i: date.fromisoformat(v["date"]) for v in plan["visits"] for i in v["items"]}


def _objective(facts: Facts, dated: Mapping[str, date], loads: list[dict[str, Any]]) -> dict[str, int]:
    early = late = 0
    for name, day in dated.items():
        days = (date.fromisoformat(facts.items[name]["due"]) - day).days
        early += max(0, days) * facts.items[name]["early_cost"]
        late += max(0, -days)
    moved = sum(
        p.get("move_cost", 0)
        for n, p in facts.previous.items()
        if n not in dated or dated[n].isoformat() != p["date"]
    )
    visits = {(facts.items[n]["enterprise"], day.isocalendar()[:2]) for n, day in dated.items()}
    return {
        "unplanned": len(facts.items) - len(dated),
        "late_days": late,
        "move_cost": moved,
        "overload_min": sum(max(0, m["load_min"] - m["fair_min"]) for m in loads),
        "economy": facts.instance["settings"]["visit_cost"] * len(visits) + early,
    }


def months(facts: Facts, dated: Mapping[str, date]) -> list[dict[str, Any]]:
    """Each month's load and the load it may carry; a month is that of its weeks' Thursdays."""
    capacity: dict[str, int] = {}
    for day in facts.days:
        minutes = sum(max(0, facts.minutes(p, day) - facts.overhead) for p in facts.present(day))
        capacity[_month(day)] = capacity.get(_month(day), 0) + minutes
    load = dict.fromkeys(capacity, 0)
    for name, day in dated.items():
        load[_month(day)] += _work(facts.items[name])
    work = sum(_work(item) for item in facts.items.values() if facts.possible(item))
    total = sum(capacity.values())
    share = (100 + facts.instance["settings"]["level_tolerance_pct"]) * work
    return [
        {
            "month": m,
            "load_min": load[m],
            "fair_min": -(-share * capacity[m] // (100 * total)) if total else 0,
            "capacity_min": capacity[m],
        }
        for m in sorted(capacity)
    ]


def _work(item: Json) -> int:
    return int(item["minutes"]) * len(item["roles"])


def _month(day: date) -> str:
    return (day + timedelta(days=3 - day.weekday())).isoformat()[:7]


def measure(instance: Json, plan: Any) -> dict[str, Any]:
    """Errors, and for a legal plan the objective and what a head asks for: visits, load by month."""
    errors = check(instance, plan)
    result: dict[str, Any] = {"ok": not errors, "errors": errors}
    if errors:
        return result
    facts, dated = Facts(instance), _dated(plan)
    loads = months(facts, dated)
    firm_days = {(v["enterprise"], v["date"]) for v in plan["visits"]}
    early = [(date.fromisoformat(facts.items[n]["due"]) - d).days for n, d in dated.items()]
    return result | {
        "objective": _objective(facts, dated, loads),
        "metrics": {
            "planned": len(dated),
            "visits": len(plan["visits"]),
            "enterprise_days": len(firm_days),
            "enterprise_weeks": len({(e, date.fromisoformat(d).isocalendar()[:2]) for e, d in firm_days}),
            "early_days": sum(max(0, days) for days in early),
            "months": loads,
            "reasons": dict(sorted(Counter(u["reason"] for u in plan["unplanned"]).items())),
        },
    }
