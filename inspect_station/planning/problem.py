"""The problem as the planner takes it (inspection-plan-instance/1), built from the due list in a few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.duelist import service as duelist
from inspect_station.errors import InvalidInput
from inspect_station.planning import efforts, errands, sites
from inspect_station.planning.efforts import Weights
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.supposing import supposing
from inspect_station.planning.words import Figures, interval_days
from inspect_station.registry.models import Equipment
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar
from schedules.terms import DoneBy

Json = dict[str, Any]
_CHUNK = 500
SLACK_DAYS = 14  # within which an overdue item may wait for company at its enterprise
NEAR_DAYS, NEAR_COST, FAR_COST = 28, 10, 1
NOBODY = "（代码表里没有）"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One clock of one device that is to be planned: `on` is the enforced date, which may have passed."""

    key: str
    equipment_id: int
    clock: str
    kind: str
    enterprise_id: int
    on: date
    unit: str
    length_mm: int | None


@dataclass(frozen=True, slots=True)
class Horizon:
    """`workdays` are all working days after `as_of` up to `last`; visits lie between `first` and `last`."""

    as_of: date
    first: date
    last: date
    workdays: Sequence[date]

    def after(self, preparation: int) -> date | None:
        """The first working day before which so many working days of preparation have gone by."""
        return self.workdays[preparation] if preparation < len(self.workdays) else None


def horizon(as_of: date, last: date) -> Horizon:
    """From the day after `as_of` on. Raises `InvalidInput` for a horizon without a working day."""
    if last <= as_of:
        raise InvalidInput(f"计划期止于 {last}，已经过去；请选今天以后的日子。", {"last_on": ["已经过去"]})
    calendar = workcalendar.calendar(as_of)
    days = [as_of + timedelta(days=n) for n in range(1, (last - as_of).days + 1)]
    workdays = [day for day in days if calendar.is_workday(day)]
    if not workdays:
        raise InvalidInput("这段时间里没有工作日，请选长一点的计划期。", {"last_on": ["没有工作日"]})
    return Horizon(as_of, as_of + timedelta(days=1), last, workdays)


def wanted(today: date, until: date) -> list[Wanted]:
    """What the institution must do by `until`, overdue included, in order of date."""
    rows = [
        row
        for row in duelist.rows_for_ladder(today, until)
        if row.done_by == DoneBy.INSTITUTION and row.answer in ("due", "undetermined") and (row.on or row.earliest)
    ]
    facts = _devices(sorted({row.equipment_id for row in rows}))
    return [
        Wanted(
            f"{row.equipment_id}.{row.clock}", row.equipment_id, row.clock, row.kind, row.enterprise_id,
            row.on or row.earliest or until, *facts[row.equipment_id],
        )
        for row in rows
        if row.equipment_id in facts
    ]  # fmt: skip


def _devices(ids: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    found: dict[int, tuple[str, int | None]] = {}
    for start in range(0, len(ids), _CHUNK):
        query: Any = Equipment.select(Equipment.id, Equipment.location, Equipment.length_mm).where(
            Equipment.id.in_(ids[start : start + _CHUNK])
        )
        found |= {number: (location, length) for number, location, length in query.tuples()}
    return found


def build(
    actor: Actor, name: str, over: Horizon, *, changes: Mapping[str, Any] | None = None
) -> tuple[Json, list[Wanted]]:
    """The instance and what its items are. `changes`: what a what-if supposes (see `supposing`), and whether the firms
    on the clinic's list of rounds are to be seen too (`rounds`)."""
    weights, figures = efforts.weights(), efforts.figures()
    items = wanted(over.as_of, over.last)
    roles = _roles(staffing.accepted_codes())
    people = [p for p in staffing.inspectors(actor, over.as_of) if p.planned and p.codes]
    windows = sites.windows(actor, over.as_of)
    clinic = errands.errands(
        actor, over.as_of, over.workdays, {p.account_id: p.name for p in people}, weights.clinic_min,
        rounds=bool((changes or {}).get("rounds")),
    )  # fmt: skip
    firms = sorted({item.enterprise_id for item in items} | {int(each["enterprise"]) for each in clinic.items})
    continuous = sites.all_continuous()
    longest = max((p.daily_min for p in people), default=staffing.DAILY_MIN) - weights.overhead_min
    wishes = casework.wishes()
    turns = _turns(items, over.as_of)
    frame = _Frame(over, weights, figures, roles, _units(windows), continuous, longest, turns, wishes)
    instance: Json = {
        "format": "inspection-plan-instance/1",
        "name": name,
        "as_of": over.as_of.isoformat(),
        "horizon": {"from": over.first.isoformat(), "to": over.last.isoformat()},
        "workdays": [day.isoformat() for day in over.workdays],
        "settings": {
            "visit_overhead_min": weights.overhead_min,
            "visit_cost": weights.visit_cost_min * 1000,
            "level_tolerance_pct": weights.tolerance_pct,
        },
        "enterprises": [_firm(number, windows) for number in firms],
        "inspectors": [_inspector(p, over, roles, items, clinic) for p in people],
        "items": [*(frame.item(item) for item in items), *clinic.items],
        "previous": [],
    }
    kept = _previous(over, {item["id"] for item in instance["items"]})
    instance["previous"] = _fixed([*_agreed(over, items, wishes), *clinic.fixed], kept)
    return supposing(instance, changes or {}), items


def _roles(accepted: Mapping[tuple[str, str], Sequence[str]]) -> dict[tuple[str, str], str]:
    """The planner knows one code for each role: where several will do, they are one under a joint name."""
    return {pair: "/".join(codes) for pair, codes in accepted.items()}


def _role(item: Wanted, roles: Mapping[tuple[str, str], str]) -> str:
    return roles.get((item.kind, item.clock), NOBODY)


def _firm(number: int, windows: Iterable[Mapping[str, Any]]) -> Json:
    own = [w for w in windows if w["enterprise_id"] == number]
    return {
        "id": str(number),
        "shutdowns": [
            _span(w) | ({"units": w["units"]} if w["units"] else {}) for w in own if w["sort"] == "shutdown"
        ],
        "closed": [_span(w) for w in own if w["sort"] == "closed"],
    }


def _span(window: Mapping[str, Any]) -> Json:
    return {"from": window["first_on"].isoformat(), "to": window["last_on"].isoformat()}


def _inspector(
    person: staffing.Inspector,
    over: Horizon,
    roles: Mapping[tuple[str, str], str],
    items: Sequence[Wanted],
    clinic: errands.Errands,
) -> Json:
    needed = sorted({_role(item, roles) for item in items} - {NOBODY})
    codes: dict[str, str | None] = {}
    for role in needed:
        held = [person.codes[code] for code in role.split("/") if code in person.codes]
        if held:
            last = None if None in held else max(day for day in held if day)
            codes[role] = last.isoformat() if last else None
    return {
        "id": str(person.account_id),
        "codes": codes | dict.fromkeys(clinic.codes.get(str(person.account_id), [])),
        "daily_min": person.daily_min,
        "absent": list(_away(person, over.workdays)),
        "busy": clinic.hours.get(person.account_id, []),
    }


def _away(person: staffing.Inspector, workdays: Sequence[date]) -> Iterable[Json]:
    """The working days on which the person is not there, neighbours as one span."""
    first: date | None = None
    last: date | None = None
    for day in workdays:
        if person.away(day):
            first, last = first or day, day
        elif first and last:
            yield {"from": first.isoformat(), "to": last.isoformat()}
            first = last = None
    if first and last:
        yield {"from": first.isoformat(), "to": last.isoformat()}


def _units(windows: Iterable[Mapping[str, Any]]) -> dict[int, list[str]]:
    named: dict[int, list[str]] = {}
    for window in windows:
        named.setdefault(window["enterprise_id"], []).extend(window["units"] or [])
    return named


def _turns(items: Sequence[Wanted], as_of: date) -> dict[str, float]:
    """What is overdue already waits its turn, the longest overdue first: 0 at once, towards 1 at the end of the time
    set for catching up. All at once is not possible, and aiming at it would send a crew for every single item."""
    overdue = sorted((item for item in items if item.on <= as_of), key=lambda item: (item.on, item.key))
    return {item.key: place / len(overdue) for place, item in enumerate(overdue)}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What making an item out of a wanted clock needs besides the clock."""

    over: Horizon
    weights: Weights
    figures: Mapping[tuple[str, str], Figures]
    roles: Mapping[tuple[str, str], str]
    units: Mapping[int, Sequence[str]]
    continuous: set[int]
    longest: int
    turns: Mapping[str, float]
    wishes: Mapping[tuple[int, str], casework.Wish]

    def item(self, item: Wanted) -> Json:
        figures = self.figures[item.kind, item.clock]
        minutes = figures.for_length(item.length_mm, self.longest)
        due, latest, preparation = self.aim(item, figures.prep_workdays)
        earliest, latest = self.wished(item, latest, preparation)
        due = min(due, latest)
        needs_stop = figures.state == "shutdown" and item.enterprise_id in self.continuous
        wasted = 0 if item.key in self.turns else minutes * figures.people * 1000 // interval_days(item.clock)
        return {
            "id": item.key,
            "enterprise": str(item.enterprise_id),
            "unit": next(
                (u for u in self.units.get(item.enterprise_id, ()) if u and u in item.unit), item.unit or "—"
            ),
            "kind": f"{item.kind}.{item.clock}",
            "minutes": minutes,
            "roles": [_role(item, self.roles)] * figures.people,
            "due": due.isoformat(),
            "latest": latest.isoformat(),
            "earliest": earliest.isoformat() if earliest else None,
            "prep_workdays": preparation,
            "state": "any" if figures.state == "shutdown" and not needs_stop else figures.state,
            "early_cost": wasted,
        }

    def wished(self, item: Wanted, latest: date, preparation: int) -> tuple[date | None, date]:
        """The days wished in an application, as long as one of them can be; else they cannot be kept to."""
        wish = self.wishes.get((item.equipment_id, item.clock))
        ready = self.over.after(preparation)
        if wish is None or wish.agreed_on or ready is None:
            return None, latest
        first, last = wish.first or ready, min(latest, wish.last or latest)
        possible = any(max(first, ready) <= day <= last for day in self.over.workdays)
        return (wish.first, last) if possible else (None, latest)

    def aim(self, item: Wanted, preparation: int) -> tuple[date, date, int]:
        """The day to aim at, the last day allowed, and the working days of preparation there is time for.

        The enforced date is both, as long as it lies ahead; the preparation is cut short rather than the date passed.
        """
        over = self.over
        if item.key not in self.turns:
            ahead = sum(day <= item.on for day in over.workdays)
            return item.on, item.on, max(0, min(preparation, ahead - 1))
        first = over.after(preparation) or over.last
        aimed = first + timedelta(days=int(self.weights.catch_up_days * self.turns[item.key]) + SLACK_DAYS)
        return min(over.last, aimed), min(over.last, aimed), preparation


def _previous(over: Horizon, keys: set[str]) -> list[Json]:
    """The plan in force, as far as it lies ahead: what moving costs, and what stays where it is."""
    plan = Plan.get_or_none(Plan.state == "approved")
    if plan is None:
        return []
    crews: dict[int, list[str]] = {}
    rows: Any = (
        VisitPerson.select(VisitPerson.visit, VisitPerson.account)
        .join(PlanVisit)
        .where(PlanVisit.plan == plan.id, PlanVisit.on_day > over.as_of)
        .tuples()
    )
    for visit, account in rows:
        crews.setdefault(visit, []).append(str(account))
    placed: Any = (
        PlanItem.select(
            PlanItem.key, PlanVisit.id, PlanVisit.on_day, PlanVisit.start, PlanVisit.pinned, PlanVisit.answer
        )
        .join(PlanVisit)
        .where(PlanItem.plan == plan.id, PlanVisit.on_day > over.as_of)
        .order_by(PlanItem.id)
        .tuples()
    )
    return [
        {
            "item": key,
            "date": on.isoformat(),
            "move_cost": NEAR_COST if (on - over.as_of).days <= NEAR_DAYS else FAR_COST,
            "pinned": bool(pinned) or answer == "agreed",
            "inspectors": crews.get(visit, []),
            "start": start,
        }
        for key, visit, on, start, pinned, answer in placed
        if key in keys
    ]


def _agreed(
    over: Horizon, items: Sequence[Wanted], wishes: Mapping[tuple[int, str], casework.Wish]
) -> Iterable[Json]:
    """Days agreed for an application are fixed, whatever the plan in force says."""
    days = set(over.workdays)
    return [
        {"item": item.key, "date": wish.agreed_on.isoformat(), "move_cost": NEAR_COST, "pinned": True}
        for item in items
        if (wish := wishes.get((item.equipment_id, item.clock))) and wish.agreed_on and wish.agreed_on in days
    ]


def _fixed(fixed: list[Json], kept: list[Json]) -> list[Json]:
    """What is fixed, with the crew it has where the plan in force is on the same day; then the rest of that plan."""
    held = {(each["item"], each["date"]): each for each in kept}
    names = {each["item"] for each in fixed}
    return [
        *({**held.get((each["item"], each["date"]), {}), **each} for each in fixed),
        *(each for each in kept if each["item"] not in names),
    ]
