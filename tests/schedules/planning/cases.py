"""Small stations for the tests, and the best plan for tiny ones by trying everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import permutations, product
from random import Random
from typing import Any

from benchmarks.stations import station, weekdays

MONDAY = date(2026, 3, 2)


def item(name: str, **changes: Any) -> dict[str, Any]:
    """An hour's work for one GD inspector at E1, possible on any day, due on the second Friday."""
    return {
        "id": name, "enterprise": "E1", "unit": "U1", "kind": "定期检验", "minutes": 60, "roles": ["GD"],
        "due": "2026-03-13", "latest": "2026-03-13", "earliest": None, "prep_workdays": 0, "state": "any",
        "early_cost": 10, **changes,
    }  # fmt: skip


def person(name: str, codes: Iterable[str] = ("GD",), **changes: Any) -> dict[str, Any]:
    return {"id": name, "codes": dict.fromkeys(codes), "daily_min": 480, "absent": [], **changes}


def instance(items: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Two weeks from Monday 2 March 2026, made on the Friday before; two GD inspectors, two enterprises."""
    whole = {
        "format": "inspection-plan-instance/1",
        "name": "small",
        "as_of": "2026-02-27",
        "horizon": {"from": "2026-03-02", "to": "2026-03-13"},
        "workdays": [d.isoformat() for d in weekdays(MONDAY, MONDAY + timedelta(11))],
        "settings": {"visit_overhead_min": 30, "visit_cost": 1000, "level_tolerance_pct": 10},
        "enterprises": [
            {"id": "E1", "shutdowns": [], "closed": []},
            {"id": "E2", "shutdowns": [], "closed": []},
        ],
        "inspectors": [person("P1"), person("P2")],
        "items": items,
        "previous": [],
    }
    copied: dict[str, Any] = json.loads(json.dumps({**whole, **changes}))
    return copied


def visit(day: str, items: list[str], people: list[str], start: int = 30, enterprise: str = "E1") -> dict[str, Any]:
    return {"enterprise": enterprise, "date": day, "start": start, "inspectors": people, "items": items}


def plan_of(visits: list[dict[str, Any]], unplanned: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "format": "inspection-plan/1",
        "instance": "small",
        "visits": visits,
        "unplanned": unplanned or [],
    }


def small_station(seed: int, items: int = 60, inspectors: int = 3, days: int = 84) -> dict[str, Any]:
    return station(
        enterprises=8, items=items, inspectors=inspectors, days=days, seed=seed, calendar=weekdays,
        start=date(2026, 1, 5),
    )  # fmt: skip


def tiny(seed: int, *, busy: bool = False) -> dict[str, Any]:
    """At most five items over four days and two weeks: every trap of the format turns up in some seed.

    `busy`: everybody has promised a part of some days to something else.
    """
    rng = Random(seed)
    days = [MONDAY + timedelta(n) for n in (2, 3, 7, 8)]
    iso = [d.isoformat() for d in days]
    enterprises = [
        {
            "id": e,
            "shutdowns": [{"from": rng.choice(iso[:2]), "to": iso[2]}] if rng.random() < 0.5 else [],
            "closed": [{"from": iso[3], "to": iso[3]}] if rng.random() < 0.2 else [],
        }
        for e in ("E1", "E2")
    ]
    people = [
        person(f"P{n}", rng.sample(("GD", "RD"), rng.choice((1, 2))), daily_min=rng.choice((200, 260)))
        for n in range(rng.choice((1, 2, 2)))
    ]
    if rng.random() < 0.4:
        people[0]["absent"] = [{"from": iso[1], "to": iso[1]}]
    for each in people if busy else ():
        each["busy"] = [{"date": day, "minutes": rng.choice((40, 90, 200))} for day in iso if rng.random() < 0.6]
    items = [_tiny_item(rng, f"I{n}", iso) for n in range(rng.choice((3, 4, 5)))]
    previous = [
        {
            "item": each["id"],
            "date": rng.choice(iso),
            "move_cost": rng.choice((0, 1, 10)),
            "pinned": rng.random() < 0.2,
        }
        for each in items
        if rng.random() < 0.3
    ]
    return instance(items, workdays=iso, enterprises=enterprises, inspectors=people, previous=previous)


def _tiny_item(rng: Random, name: str, iso: list[str]) -> dict[str, Any]:
    due = rng.choice(iso)
    latest = (date.fromisoformat(due) + timedelta(rng.choice((0, 0, 5)))).isoformat()
    roles = rng.choice((["GD"], ["RD"], ["GD", "RD"], ["GD", "GD"]))
    return item(
        name, enterprise=rng.choice(("E1", "E2")), minutes=rng.choice((50, 70, 90, 120, 180)), roles=roles, due=due,
        latest=latest, prep_workdays=rng.choice((0, 0, 0, 1)), state=rng.choice(("any", "any", "shutdown", "running")),
        early_cost=rng.choice((1, 40, 300)),
    )  # fmt: skip


def _promised(each: dict[str, Any], day: date) -> int:
    return sum(b["minutes"] for b in each.get("busy", []) if b["date"] == day.isoformat())


class Everything:
    """The best objective of a tiny instance by trying every day for every item and every order and crew."""

    def __init__(self, whole: dict[str, Any], possible: dict[str, list[date]]) -> None:
        self.whole, self.possible = whole, possible
        self.items = {i["id"]: i for i in whole["items"]}
        self.fits: dict[tuple[date, frozenset[str]], list[dict[str, Any]] | None] = {}

    def plans(self) -> Iterator[dict[str, Any]]:
        names = list(self.items)
        for days in product(*([None, *self.possible[n]] for n in names)):
            visits: list[dict[str, Any]] | None = []
            for day in {d for d in days if d}:
                made = self.day(day, frozenset(n for n, d in zip(names, days, strict=True) if d == day))
                visits = None if visits is None or made is None else visits + made
            if visits is not None:
                out = [{"item": n, "reason": "?"} for n, d in zip(names, days, strict=True) if d is None]
                yield plan_of(visits, out)

    def day(self, day: date, names: frozenset[str]) -> list[dict[str, Any]] | None:
        if (day, names) not in self.fits:
            orders = (self.follow(day, order) for order in permutations(sorted(names)))
            self.fits[day, names] = next((visits for visits in orders if visits is not None), None)
        return self.fits[day, names]

    def follow(self, day: date, order: tuple[str, ...]) -> list[dict[str, Any]] | None:
        crews = [list(self.crews(self.items[n], day)) for n in order]
        for chosen in product(*crews):
            visits = self.schedule(day, order, chosen)
            if visits is not None:
                return visits
        return None

    def crews(self, each: dict[str, Any], day: date) -> Iterator[tuple[str, ...]]:
        there = [
            p for p in self.whole["inspectors"]
            if not any(a["from"] <= day.isoformat() <= a["to"] for a in p["absent"])
        ]  # fmt: skip
        for crew in permutations(there, len(each["roles"])):
            if all(role in p["codes"] for role, p in zip(each["roles"], crew, strict=True)):
                yield tuple(p["id"] for p in crew)

    def schedule(
        self, day: date, order: tuple[str, ...], crews: tuple[tuple[str, ...], ...]
    ) -> list[dict[str, Any]] | None:
        overhead = self.whole["settings"]["visit_overhead_min"]
        daily = {p["id"]: p["daily_min"] - _promised(p, day) for p in self.whole["inspectors"]}
        free: dict[str, tuple[int, str]] = {}
        visits = []
        for name, crew in zip(order, crews, strict=True):
            each = self.items[name]
            here = each["enterprise"]
            start = max(free[p][0] + (0 if free[p][1] == here else overhead) if p in free else overhead for p in crew)
            end = start + each["minutes"]
            if any(end > daily[p] for p in crew):
                return None
            free.update(dict.fromkeys(crew, (end, here)))
            visits.append(visit(day.isoformat(), [name], list(crew), start, here))
        return visits
