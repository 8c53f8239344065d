"""Moving a visit, or some of its items, by hand: the hard rules are checked at once, a refusal is a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.planning import errands, storing
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.words import ERRANDS, WEEKDAYS, clock_label
from inspect_station.registry.models import Enterprise, Equipment
from schedules.planning import measure
from schedules.planning.check import Facts

MOVABLE = ("proposed", "approved")
_CREWS_TRIED = 400


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: `people` empty lets the program choose a crew, `start` None the first free time of the day."""

    on: date
    people: tuple[int, ...] = ()
    start: int | None = None


def move(
    actor: Actor, visit_id: int, target: Target, *, now: datetime, item_ids: Sequence[int] = (),
    revision: int | None = None,
) -> int:  # fmt: skip
    """Move a visit, or the named items of it; the id of the visit they are in now.

    Raises `InvalidInput` with a sentence for each hard rule it would break, `Stale` where somebody was faster.
    Nothing is half moved.
    """
    row = _visit(actor, visit_id, revision)
    own: list[Any] = list(PlanItem.select().where(PlanItem.visit == visit_id))
    moved = [item for item in own if item.id in set(item_ids)] if item_ids else own
    if len(moved) < len(set(item_ids)):
        raise NotFound()
    if row.pinned and row.on_day != target.on:
        raise Conflict("这次到访的日期已固定，请先取消固定再移动。")
    if row.answer == "agreed" and row.on_day != target.on:
        raise Conflict(f"{row.on_day} 已与企业约定，不能直接改期；请先与企业商定，由企业在网上重新提出日期。")
    with db.atomic():
        return _place(actor, row.plan, row.enterprise_id, moved, target, row, now)


def place(actor: Actor, plan_id: int, item_ids: Sequence[int], target: Target, *, now: datetime) -> int:
    """Put items that stand unplanned into a visit of their enterprise; its id."""
    actor.need("edit")
    plan = Plan.get_or_none(Plan.id == plan_id, Plan.state.in_(MOVABLE))
    chosen: list[Any] = list(PlanItem.select().where(PlanItem.plan == plan_id, PlanItem.id.in_(list(item_ids)[:500])))
    if plan is None or not chosen or len(chosen) < len(set(item_ids)):
        raise NotFound()
    if len({item.enterprise_id for item in chosen}) > 1:
        raise InvalidInput("一次到访只能安排同一家企业的项目，请分开安排。", {"item_ids": ["不是同一家企业"]})
    with db.atomic():
        return _place(actor, plan, chosen[0].enterprise_id, chosen, target, None, now)


def take_out(actor: Actor, visit_id: int, item_ids: Sequence[int], *, now: datetime) -> None:
    """Let items stand unplanned; a visit left without items goes."""
    row = _visit(actor, visit_id, None)
    if row.answer == "agreed":
        raise Conflict("这次到访已与企业约定，请先与企业商定再改动。")
    with db.atomic():
        chosen = PlanItem.visit == visit_id
        if item_ids:
            chosen &= PlanItem.id.in_(list(item_ids))
        PlanItem.update(visit=None, reason="REMOVED", why=f"{actor.name} 手工移出").where(chosen).execute()
        _tidy(row)
        _figures(row.plan)
        audit.record(
            actor, "plan.take_out", "visit", visit_id, now=now, enterprise_id=row.enterprise_id,
            detail={"items": len(item_ids)},
        )  # fmt: skip


def pin(actor: Actor, visit_id: int, pinned: bool, *, now: datetime) -> None:
    """Fix a visit's day: replanning leaves it where it is."""
    row = _visit(actor, visit_id, None)
    with db.atomic():
        PlanVisit.update(pinned=pinned, revision=PlanVisit.revision + 1).where(PlanVisit.id == visit_id).execute()
        detail = {"pinned": pinned}
        audit.record(actor, "plan.pin", "visit", visit_id, now=now, enterprise_id=row.enterprise_id, detail=detail)


def _visit(actor: Actor, visit_id: int, revision: int | None) -> Any:
    actor.need("edit")
    row = PlanVisit.select(PlanVisit, Plan).join(Plan).where(PlanVisit.id == visit_id).first()
    if row is None:
        raise NotFound()
    if row.plan.state not in MOVABLE:
        raise Conflict("这份计划已不能改动，请到执行中的计划里改。")
    if revision is not None and revision != row.revision:
        raise Stale("这次到访刚被别人改过。请刷新后核对，再移动一次。")
    return row


def _place(
    actor: Actor, plan: Plan, enterprise_id: int, moved: Sequence[Any], target: Target, source: PlanVisit | None,
    now: datetime,
) -> int:  # fmt: skip
    day = Day(plan, target.on, {item.id for item in moved})
    keys = [item.key for item in moved]
    crew, start = _crew_and_start(day, enterprise_id, keys, target, source)
    whole = source is not None and PlanItem.select().where(PlanItem.visit == source.id).count() == len(moved)
    values = {"on_day": target.on, "start": start, "minutes": sum(item.minutes for item in moved)}
    if whole and source is not None:
        answer = {} if source.on_day == target.on else {"answer": "", "counter_on": None, "answer_note": ""}
        PlanVisit.update(**values, **answer, revision=source.revision + 1).where(PlanVisit.id == source.id).execute()
        number = int(source.id)
    else:
        number = int(PlanVisit.create(plan=plan.id, enterprise=enterprise_id, **values).id)
    VisitPerson.delete().where(VisitPerson.visit == number).execute()
    VisitPerson.insert_many([{"visit": number, "account": person} for person in crew]).execute()
    why = f"{actor.name} 手工安排到 {target.on}"
    PlanItem.update(visit=number, reason="", certificate=None, why=why).where(
        PlanItem.id.in_([item.id for item in moved])
    ).execute()
    if source is not None and not whole:
        _tidy(source)
    _figures(plan)
    if plan.state == "approved":
        for item in moved:
            if item.clinic_visit:
                errands.follow(actor, item.clinic_visit, target.on, now)
    detail = {"to": target.on.isoformat(), "items": len(moved), "from": source.on_day.isoformat() if source else None}
    audit.record(actor, "plan.move", "visit", number, now=now, enterprise_id=enterprise_id, detail=detail)
    return number


def _tidy(row: PlanVisit) -> None:
    """A visit's minutes are those of the items it still has; without any it goes."""
    left: Any = PlanItem.select(PlanItem.minutes).where(PlanItem.visit == row.id).tuples()
    minutes = sum(number for (number,) in left)
    if minutes:
        PlanVisit.update(minutes=minutes, revision=PlanVisit.revision + 1).where(PlanVisit.id == row.id).execute()
    else:
        PlanVisit.delete().where(PlanVisit.id == row.id).execute()


def _figures(plan: Plan) -> None:
    """The judge looks at the whole plan after every change by hand. Raises `InvalidInput` with what it says."""
    instance = unpinned(plan.instance)
    facts, written = Facts(instance), storing.as_json(plan)
    for each in written["unplanned"]:
        if each["reason"] != "CAPACITY":
            each["reason"] = facts.reason(facts.items[each["item"]]) or "NOT_FOUND"
    judged = measure(instance, written)
    if not judged["ok"]:
        raise InvalidInput("这样排不行：" + "；".join(str(e["message"]) for e in judged["errors"][:3]) + "。")
    result = {**(plan.result or {}), "objective": judged["objective"], "metrics": judged["metrics"], "by_hand": True}
    Plan.update(result=result).where(Plan.id == plan.id).execute()


def unpinned(instance: Mapping[str, Any]) -> dict[str, Any]:
    """The instance for changes by hand: what is fixed stands on the visits then, where a person may release it."""
    return {**instance, "previous": [{**kept, "pinned": False} for kept in instance.get("previous") or []]}


# --- the rules as sentences -----------------------------------------------------------------------------------------------


class Day:
    """One day of a plan without the moved items: who is there, what they do already, what an enterprise allows."""

    def __init__(self, plan: Plan, on: date, moved: set[int]) -> None:
        self.plan, self.on = plan, on
        self.instance = unpinned(plan.instance)
        self.facts = Facts(self.instance)
        self.overhead = self.facts.overhead
        self.names = {str(a.id): a.name for a in Account.select(Account.id, Account.name)}
        self.busy: dict[str, list[tuple[int, int, int]]] = {}
        rows: Any = (
            PlanItem.select(PlanVisit.id, PlanVisit.enterprise, PlanVisit.start, PlanItem.id, PlanItem.minutes)
            .join(PlanVisit)
            .where(PlanVisit.plan == plan.id, PlanVisit.on_day == on)
            .tuples()
        )
        stays: dict[int, tuple[int, int, int]] = {}
        for visit, enterprise, start, item, minutes in rows:
            if item not in moved:
                _, first, last = stays.get(visit, (enterprise, start, start))
                stays[visit] = (enterprise, first, last + minutes)
        crew: Any = VisitPerson.select(VisitPerson.visit, VisitPerson.account).where(
            VisitPerson.visit.in_(list(stays))
        )
        for visit, account in crew.tuples():
            self.busy.setdefault(str(account), []).append(stays[visit])

    def words(self) -> str:
        return f"{self.on.month} 月 {self.on.day} 日（周{WEEKDAYS[self.on.weekday()]}）"

    def free_from(self, person: str, enterprise: int, minutes: int) -> int | None:
        """The first minute at which this person could begin a visit of this length."""
        stays = sorted(self.busy.get(person, []), key=lambda stay: stay[1])
        begin, before = self.overhead, None
        for firm, first, last in stays:
            start = begin if before is None or before != enterprise else begin - self.overhead
            gap = 0 if firm == enterprise else self.overhead
            if start + minutes + gap <= first:
                return start
            begin, before = last + self.overhead, firm
        start = begin - self.overhead if before == enterprise else begin
        return start if start + minutes <= self.facts.minutes(person, self.on) else None

    def fits(self, person: str, enterprise: int, start: int, minutes: int) -> bool:
        if start < self.overhead or start + minutes > self.facts.minutes(person, self.on):
            return False
        for firm, first, last in self.busy.get(person, []):
            gap = 0 if firm == enterprise else self.overhead
            if start < last + gap and first < start + minutes + gap:
                return False
        return True


def _crew_and_start(
    day: Day, enterprise_id: int, keys: Sequence[str], target: Target, source: PlanVisit | None
) -> tuple[list[int], int]:
    """Who goes and when. Raises `InvalidInput` naming the rule."""
    items = [day.facts.items[key] for key in keys]
    problems = _day_problems(day, items)
    if problems:
        raise InvalidInput("；".join(problems) + "。", {"on": problems})
    size = max(len(item["roles"]) for item in items)
    minutes = sum(item["minutes"] for item in items)
    if target.people:
        named = [str(person) for person in target.people]
        _check_named(day, named, items)
        crews = [named]
    else:
        crews = _crews(day, items, size, source)
        if not crews:
            raise InvalidInput(_nobody(day, items, size), {"people": ["没有合适的人员"]})
    for crew in crews:
        start = target.start if target.start is not None else _first_start(day, crew, enterprise_id, minutes)
        if start is not None and all(day.fits(person, enterprise_id, start, minutes) for person in crew):
            return [int(person) for person in crew], start
    raise InvalidInput(_no_time(day, crews[0], minutes, target), {"start": ["时间排不下"]})


def _first_start(day: Day, crew: Sequence[str], enterprise_id: int, minutes: int) -> int | None:
    """The first common minute: each person's own first, then the end of each stay there is."""
    tries = {day.free_from(person, enterprise_id, minutes) for person in crew}
    for person in crew:
        for firm, _, last in day.busy.get(person, []):
            tries.add(last if firm == enterprise_id else last + day.overhead)
    for start in sorted(t for t in tries if t is not None):
        if all(day.fits(person, enterprise_id, start, minutes) for person in crew):
            return start
    return None


def _day_problems(day: Day, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the day itself forbids, whoever goes."""
    problems: list[str] = []
    horizon = day.instance["horizon"]
    if not horizon["from"] <= day.on.isoformat() <= horizon["to"]:
        return [f"{day.words()}不在计划期（{horizon['from']} 至 {horizon['to']}）内"]
    if day.on.isoformat() not in set(day.instance["workdays"]):
        return [f"{day.words()}不是工作日"]
    enterprise = day.facts.firms[items[0]["enterprise"]]
    name = Enterprise.get_by_id(int(enterprise["id"])).name
    if any(span["from"] <= day.on.isoformat() <= span["to"] for span in enterprise.get("closed") or []):
        problems.append(f"{name} {day.words()}谢绝入厂")
    for item in items:
        problems.extend(_item_problems(day, item, enterprise))
    return list(dict.fromkeys(problems))[:5]


def _item_problems(day: Day, item: Mapping[str, Any], enterprise: Mapping[str, Any]) -> list[str]:
    found = []
    on = day.on.isoformat()
    if on > item["latest"]:
        found.append(f"{_label(item)}最迟 {item['latest']}，{day.words()}已经超期")
    kept = next((p for p in day.instance.get("previous") or [] if p["item"] == item["id"]), None)
    announced = kept is not None and kept["date"] == on
    before = sum(day.instance["as_of"] < w < on for w in day.instance["workdays"])
    if before < item["prep_workdays"] and not announced:
        found.append(f"{_label(item)}要留 {item['prep_workdays']} 个工作日准备，到{day.words()}只有 {before} 个")
    still = any(
        span["from"] <= on <= span["to"] and (not span.get("units") or item["unit"] in span["units"])
        for span in enterprise.get("shutdowns") or []
    )
    if item["state"] == "shutdown" and not still:
        found.append(f"{_label(item)}须在停车期间检验，{day.words()}没有登记停车")
    if item["state"] == "running" and still:
        found.append(f"{_label(item)}须在运行中检验，{day.words()}正在停车")
    return found


def _label(item: Mapping[str, Any]) -> str:
    if errand := errands.of_key(item["id"]):
        return ERRANDS[errand[0]]
    device, clock = storing.key_parts(item["id"])
    row = Equipment.select(Equipment.name, Equipment.own_number, Equipment.line_number).where(Equipment.id == device)
    name, own, line = row.tuples().first() or ("", "", "")
    return " ".join(filter(None, (name, line or own))) + clock_label(clock)


def _holds(day: Day, person: str, code: str) -> bool:
    return bool(day.facts.valid(person, code, day.on))


def _check_named(day: Day, named: Sequence[str], items: Sequence[Mapping[str, Any]]) -> None:
    """Raises `InvalidInput` where a named person is away or lacks the code."""
    problems = []
    here = set(day.facts.present(day.on))
    for person in named:
        name = day.names.get(person, person)
        if person not in day.facts.people:
            problems.append(f"{name} 没有参加这份计划的排期")
        elif person not in here:
            problems.append(f"{name} {day.words()}不在岗")
    for item in items:
        if not problems and len(item["roles"]) != len(named):
            problems.append(f"{_label(item)}需要 {len(item['roles'])} 人，选了 {len(named)} 人")
        for code in dict.fromkeys(item["roles"]) if not problems else ():
            lacking = [day.names.get(p, p) for p in named if not _holds(day, p, code)]
            if lacking:
                problems.append(
                    f"{_label(item)}已定由 {errands.code_words(code)}"
                    if errands.of_key(item["id"])
                    else f"{'、'.join(lacking)} {day.words()}没有有效的 {code} 证"
                )
    if problems:
        raise InvalidInput("；".join(dict.fromkeys(problems)) + "。", {"people": problems})


def _crews(day: Day, items: Sequence[Mapping[str, Any]], size: int, source: PlanVisit | None) -> list[list[str]]:
    """Crews that could go, the present one first, then the least busy."""
    codes = {code for item in items for code in item["roles"]}
    if any(len(item["roles"]) != size for item in items):
        return []
    able = [p for p in day.facts.present(day.on) if all(_holds(day, p, code) for code in codes)]
    load = {p: sum(last - first for _, first, last in day.busy.get(p, [])) for p in able}
    able.sort(key=lambda p: (load[p], p))
    crews = [list(crew) for crew, _ in zip(combinations(able, size), range(_CREWS_TRIED), strict=False)]
    if source is not None:
        rows: Any = VisitPerson.select(VisitPerson.account).where(VisitPerson.visit == source.id).tuples()
        present = sorted(str(account) for (account,) in rows)
        crews.sort(key=lambda crew: sorted(crew) != present)
    return crews


def _nobody(day: Day, items: Sequence[Mapping[str, Any]], size: int) -> str:
    if any(len(item["roles"]) != size for item in items):
        return "这些项目需要的人数不同，不能合成一次到访；请分开移动。"
    for code in dict.fromkeys(code for item in items for code in item["roles"]):
        holders = [p for p in day.facts.present(day.on) if _holds(day, p, code)]
        if not holders and code.startswith(errands.ANYONE):
            return f"{day.words()}出诊的人不在岗。"
        if not holders:
            return f"{day.words()}没有持 {code} 证的人员在岗。"
        if len(holders) < size:
            return f"{day.words()}持 {code} 证在岗的只有 {len(holders)} 人，需要 {size} 人。"
    return f"{day.words()}没有人同时持有所需的全部资格，请分开移动。"


def _no_time(day: Day, crew: Sequence[str], minutes: int, target: Target) -> str:
    names = "、".join(day.names.get(person, person) for person in crew)
    if target.start is not None:
        return f"{names} {day.words()}从第 {target.start} 分钟起的 {minutes} 分钟与已有安排冲突，或超过当天工时。"
    if target.people:
        return f"{names} {day.words()}排不下 {minutes} 分钟（连同路上 {day.overhead} 分钟）。"
    return f"{day.words()}有资格的人员都排不下 {minutes} 分钟（连同路上 {day.overhead} 分钟）。"
