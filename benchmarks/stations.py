"""Invented stations for the planner: seeded years like those real stations have, worse in places.

Few enterprises own most of the equipment, due dates come in clumps, works stop in spring and autumn, people
are away, five codes, a part of the items with a month's grace.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

CODES = ("GD", "RD", "GL", "RS", "AF")
INTERVALS = (365, 365, 730, 1095, 1095, 2190)
OVERHEAD = 60
VISIT_COST = 120_000


def weekdays(first: date, last: date, holidays: Iterable[date] = ()) -> list[date]:
    """Mondays to Fridays without the given holidays: the tests' calendar."""
    off = set(holidays)
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [d for d in days if d.weekday() < 5 and d not in off]


def announced(first: date, last: date) -> list[date]:
    """The announced Chinese calendar with its make-up days; years not announced raise."""
    from chinese_calendar import is_workday

    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [d for d in days if is_workday(d)]


def station(
    *,
    enterprises: int = 55,
    items: int = 2000,
    inspectors: int = 8,
    days: int = 364,
    seed: int = 1,
    start: date = date(2026, 1, 1),
    calendar: Callable[[date, date], list[date]] = announced,
    festival: float = 0.0,
    roomy: float = 1.0,
) -> dict[str, Any]:
    """One instance; `festival`: the share of works that then stop in spring; `roomy` scales minutes."""
    rng = Random(seed)
    last = start + timedelta(days - 1)
    as_of = start - timedelta(3)
    works = [_works(rng, f"E{n + 1:03d}", start, last, festival) for n in range(enterprises)]
    sizes = _sizes(rng, enterprises, items)
    made = [
        item for each, size in zip(works, sizes, strict=True) for item in _items(rng, each, size, start, last, roomy)
    ]
    for number, item in enumerate(made):
        item["id"] = f"I{number + 1:05d}"
    return {
        "format": "inspection-plan-instance/1",
        "name": f"{enterprises}x{items}x{inspectors}x{days}#{seed}",
        "as_of": as_of.isoformat(),
        "horizon": {"from": start.isoformat(), "to": last.isoformat()},
        "workdays": [d.isoformat() for d in calendar(as_of + timedelta(1), last)],
        "settings": {"visit_overhead_min": OVERHEAD, "visit_cost": VISIT_COST, "level_tolerance_pct": 10},
        "enterprises": works,
        "inspectors": [_inspector(rng, n, inspectors > 5, start, last) for n in range(inspectors)],
        "items": made,
        "previous": [],
    }


def _iso(first: date, length: int) -> dict[str, Any]:
    return {"from": first.isoformat(), "to": (first + timedelta(length - 1)).isoformat()}


def _works(rng: Random, name: str, start: date, last: date, festival: float) -> dict[str, Any]:
    units = [f"U{n}" for n in range(1, rng.choice((2, 3, 4, 6)))]
    stops: list[dict[str, Any]] = []
    seasons = (60, 120), (245, 310)
    for low, high in seasons:
        if rng.random() < 0.7 and low < (last - start).days:
            stop = _iso(start + timedelta(rng.randrange(low, high)), rng.choice((7, 10, 14, 21)))
            if rng.random() < 0.4:
                stop["units"] = rng.sample(units, max(1, len(units) // 2))
            stops.append(stop)
    if rng.random() < festival:
        stops.append(_iso(start + timedelta(rng.randrange(32, 40)), 16))
    closed = [_iso(start + timedelta(rng.randrange(300)), rng.choice((1, 2, 5)))] if rng.random() < 0.3 else []
    return {"id": name, "units": units, "shutdowns": stops, "closed": closed}


def _sizes(rng: Random, enterprises: int, items: int) -> list[int]:
    weights = [rng.paretovariate(1.1) for _ in range(enterprises)]
    cap = 12 * sum(weights) / enterprises
    weights = [min(w, cap) for w in weights]
    sizes = [max(1, int(items * w / sum(weights))) for w in weights]
    while sum(sizes) != items:
        at = rng.randrange(enterprises)
        step = 1 if sum(sizes) < items else -1
        if sizes[at] + step > 0:
            sizes[at] += step
    return sizes


def _inspector(rng: Random, number: int, many: bool, start: date, last: date) -> dict[str, Any]:
    codes = {CODES[number % len(CODES)], *rng.sample(CODES, rng.choice((1, 2, 3) if many else (3, 4)))}
    span = (last - start).days
    absent = [_iso(start + timedelta(rng.randrange(span)), rng.choice((3, 5, 10))) for _ in range(1 + span // 120)]
    until: dict[str, str | None] = dict.fromkeys(sorted(codes))
    if rng.random() < 0.15:
        until[sorted(codes)[0]] = (start + timedelta(rng.randrange(span // 2, span))).isoformat()
    return {
        "id": f"P{number + 1:02d}",
        "codes": until,
        "daily_min": rng.choice((420, 420, 450)),
        "absent": absent,
    }


def _items(
    rng: Random, works: dict[str, Any], size: int, start: date, last: date, roomy: float
) -> Iterable[dict[str, Any]]:
    span = (last - start).days
    clumps = [start + timedelta(rng.randrange(20, span)) for _ in range(1 + size // 25)]
    for _ in range(size):
        unit = rng.choice(works["units"])
        due = rng.choice(clumps) + timedelta(int(rng.gauss(0, 12)))
        due = min(max(due, start + timedelta(12)), last)
        state = rng.choices(("any", "shutdown", "running"), (55, 25, 20))[0]
        interval = rng.choice(INTERVALS)
        earliest = due - timedelta(rng.choice((90, 120, 180)))
        if state == "shutdown":
            state, due = _with_a_stop(rng, works, unit, start, last, due)
            earliest = min(earliest, due - timedelta(120))
        yield _item(rng, works["id"], unit, state, due, earliest, interval, roomy)


def _with_a_stop(
    rng: Random, works: dict[str, Any], unit: str, start: date, last: date, due: date
) -> tuple[str, date]:
    """Work that needs a standstill falls due after one."""
    stops = [s for s in works["shutdowns"] if unit in s.get("units", works["units"])]
    stops = [s for s in stops if date.fromisoformat(s["to"]) <= last]
    if not stops:
        return "any", due
    stop = rng.choice(stops)
    return "shutdown", min(date.fromisoformat(stop["to"]) + timedelta(rng.randrange(0, 60)), last)


def _item(
    rng: Random,
    enterprise: str,
    unit: str,
    state: str,
    due: date,
    earliest: date,
    interval: int,
    roomy: float,
) -> dict[str, Any]:
    first = rng.choices(CODES, (30, 30, 15, 15, 10))[0]
    roles = [first, rng.choice((first, first, *CODES))] if rng.random() < 0.45 else [first]
    minutes = max(15, int(rng.choice((30, 45, 60, 90, 120, 180, 270)) * roomy))
    grace = 30 if rng.random() < 0.15 else 0
    return {
        "id": "", "enterprise": enterprise, "unit": unit, "kind": "定期检验", "minutes": minutes,
        "roles": roles, "due": due.isoformat(), "latest": (due + timedelta(grace)).isoformat(),
        "earliest": earliest.isoformat(),
        "prep_workdays": rng.choice((0, 0, 3, 5, 10)), "state": state,
        "early_cost": minutes * len(roles) * 1000 // interval,
    }  # fmt: skip


def replanned(
    instance: dict[str, Any], plan: dict[str, Any], *, seed: int = 1, after: int = 90, disturbed: bool = True
) -> dict[str, Any]:
    """The same station `after` days later, its plan in force; disturbed: people fall ill, stops move."""
    rng = Random(seed)
    start = date.fromisoformat(instance["horizon"]["from"]) + timedelta(after)
    last = date.fromisoformat(instance["horizon"]["to"])
    visits = [v for v in plan["visits"] if v["date"] >= start.isoformat()]
    done = {i for v in plan["visits"] for i in v["items"]} - {i for v in visits for i in v["items"]}
    later = {**instance, "name": f"{instance['name']}+{after}", "as_of": (start - timedelta(1)).isoformat()}
    later["horizon"] = {"from": start.isoformat(), "to": last.isoformat()}
    later["workdays"] = [d for d in instance["workdays"] if d >= start.isoformat()]
    later["items"] = [i for i in instance["items"] if i["id"] not in done]
    soon = (start + timedelta(28)).isoformat()
    later["previous"] = [_in_force(rng, v, item, soon) for v in visits for item in v["items"]]
    return _disturb(rng, later, start, last) if disturbed else later


def _in_force(rng: Random, visit: dict[str, Any], item: str, soon: str) -> dict[str, Any]:
    return {
        "item": item, "date": visit["date"], "move_cost": 10 if visit["date"] < soon else 1,
        "pinned": False, "inspectors": visit["inspectors"], "start": visit["start"],
    }  # fmt: skip


def _disturb(rng: Random, later: dict[str, Any], start: date, last: date) -> dict[str, Any]:
    people = [{**p, "absent": [*p["absent"]]} for p in later["inspectors"]]
    ill, leaving = rng.sample(range(len(people)), 2)
    people[ill]["absent"].append(_iso(start + timedelta(7), 10))
    people[leaving]["absent"].append({"from": (last - timedelta(120)).isoformat(), "to": last.isoformat()})
    works = [
        {**w, "shutdowns": [{**s} for s in w["shutdowns"]], "closed": [*w["closed"]]} for w in later["enterprises"]
    ]
    coming = [s for w in works for s in w["shutdowns"] if s["from"] > start.isoformat()]
    for stop in rng.sample(coming, min(2, len(coming))):
        for end in ("from", "to"):
            stop[end] = (date.fromisoformat(stop[end]) + timedelta(14)).isoformat()
    rng.choice(works)["closed"].append(_iso(start + timedelta(40), 10))
    fresh = [dict(i) for i in rng.sample(later["items"], min(40, len(later["items"]) // 5))]
    for number, item in enumerate(fresh):
        item["id"] = f"N{number + 1:03d}"
    return {**later, "inspectors": people, "enterprises": works, "items": later["items"] + fresh}
