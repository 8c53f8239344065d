"""The judge: a plan against the page that defines plans, by itself.

It shares no code with the planner, so that a mistake made there is found here. It knows no solver.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

Json = Mapping[str, Any]
ALONE = ("WINDOW_EMPTY", "NO_DAY_IN_STATE", "NO_QUALIFIED_CREW", "TOO_LONG", "PINNED")


class UnreadablePlanError(ValueError):
    """The plan has not the shape of a plan at all."""


class Facts:
    """What the instance says, asked day by day."""

    def __init__(self, instance: Json) -> None:
        self.instance = instance
        self.overhead: int = instance["settings"]["visit_overhead_min"]
        self.as_of = date.fromisoformat(instance["as_of"])
        first, last = instance["horizon"]["from"], instance["horizon"]["to"]
        calendar = sorted(date.fromisoformat(d) for d in instance["workdays"])
        self.calendar = [d for d in calendar if d > self.as_of]
        self.days = [d for d in self.calendar if first <= d.isoformat() <= last]
        self.open = set(self.days)
        self.people: dict[str, Json] = {p["id"]: p for p in instance["inspectors"]}
        self.items: dict[str, Json] = {i["id"]: i for i in instance["items"]}
        self.firms: dict[str, Json] = {e["id"]: e for e in instance["enterprises"]}
        self.previous: dict[str, Json] = {p["item"]: p for p in instance.get("previous") or []}
        self.rank = {d: n for n, d in enumerate(self.calendar)}
        self._promised: Counter[tuple[str, date]] = Counter()
        for name, person in self.people.items():
            for busy in person.get("busy") or []:
                self._promised[name, date.fromisoformat(busy["date"])] += busy["minutes"]
        self._possible: dict[str, list[date]] = {}
        self._free: dict[date, list[str]] = {}
        self._crew: dict[tuple[date, tuple[str, ...], int], bool] = {}
        self._state: dict[tuple[str, str, str], set[date]] = {}

    def present(self, day: date) -> list[str]:
        if day not in self._free:
            self._free[day] = [n for n, p in self.people.items() if not _within(day, p.get("absent"))]
        return self._free[day]

    def minutes(self, person: str, day: date) -> int:
        """The length of the person's day, less what is promised to something else."""
        return max(0, int(self.people[person]["daily_min"]) - self._promised[person, day])

    def valid(self, person: str, code: str, day: date) -> bool:
        codes = self.people[person]["codes"]
        return code in codes and (codes[code] is None or day.isoformat() <= codes[code])

    def prepared(self, item: Json, day: date) -> bool:
        """At least n working days lie strictly between `as_of` and the visit, or notice was given."""
        kept = self.previous.get(item["id"])
        if kept is not None and kept["date"] == day.isoformat():
            return True
        between = self.rank[day] if day in self.rank else sum(d < day for d in self.calendar)
        return between >= int(item["prep_workdays"])

    def in_window(self, item: Json, day: date) -> bool:
        iso = day.isoformat()
        early = item.get("earliest") is not None and iso < item["earliest"]
        return not early and iso <= item["latest"] and self.prepared(item, day)

    def accessible(self, item: Json, day: date) -> bool:
        key = (item["enterprise"], item["unit"], item["state"])
        if key not in self._state:
            self._state[key] = {d for d in self.days if self.closed_or_wrong(item, d) is None}
        return day in self._state[key]

    def closed_or_wrong(self, item: Json, day: date) -> str | None:
        firm = self.firms[item["enterprise"]]
        if _within(day, firm.get("closed")):
            return "closed"
        stopped = any(
            s["from"] <= day.isoformat() <= s["to"] and (s.get("units") is None or item["unit"] in s["units"])
            for s in firm.get("shutdowns") or []
        )
        wrong = (item["state"] == "shutdown" and not stopped) or (item["state"] == "running" and stopped)
        return "state" if wrong else None

    def crew_exists(self, item: Json, day: date, daily: int) -> bool:
        key = (day, tuple(sorted(item["roles"])), daily)
        if key not in self._crew:
            free = [p for p in self.present(day) if self.minutes(p, day) >= daily]
            self._crew[key] = self.covers(item["roles"], free, day)
        return self._crew[key]

    def covers(self, roles: Sequence[str], crew: Iterable[str], day: date) -> bool:
        """Whether distinct people of the crew can fill the roles (augmenting paths)."""
        people = list(crew)
        seat: dict[str, int] = {}

        def place(role: int, tried: set[str]) -> bool:
            for p in people:
                if p in tried or not self.valid(p, roles[role], day):
                    continue
                tried.add(p)
                if p not in seat or place(seat[p], tried):
                    seat[p] = role
                    return True
            return False

        return all(place(role, set()) for role in range(len(roles)))

    def reason(self, item: Json) -> str | None:
        """Why the item could not be done were it alone in the world; None when it could."""
        left = [d for d in self.days if self.in_window(item, d)]
        need = item["minutes"] + self.overhead
        kept = self.previous.get(item["id"], {})
        tests = (
            ("WINDOW_EMPTY", lambda d: True),
            ("NO_DAY_IN_STATE", lambda d: self.accessible(item, d)),
            ("NO_QUALIFIED_CREW", lambda d: self.crew_exists(item, d, 0)),
            ("TOO_LONG", lambda d: self.crew_exists(item, d, need)),
            ("PINNED", lambda d: not kept.get("pinned", False) or kept["date"] == d.isoformat()),
        )
        for name, test in tests:
            left = [d for d in left if test(d)]
            if not left:
                return name
        self._possible[item["id"]] = left
        return None

    def possible(self, item: Json) -> list[date]:
        if item["id"] not in self._possible and self.reason(item) is not None:
            self._possible[item["id"]] = []
        return self._possible[item["id"]]


def _within(day: date, spans: Sequence[Json] | None) -> bool:
    iso = day.isoformat()
    return any(s["from"] <= iso <= s["to"] for s in spans or [])


def check(instance: Json, plan: Any) -> list[dict[str, Any]]:
    """Every broken hard rule: `rule`, a sentence, the visit or item concerned; empty for a legal plan."""
    _shape(plan)
    facts = Facts(instance)
    errors: list[dict[str, Any]] = []
    if plan["instance"] != instance["name"]:
        errors.append(_error("instance", f"计划写的是实例“{plan['instance']}”，不是“{instance['name']}”"))
    for at, visit in enumerate(plan["visits"]):
        errors += [_error(rule, f"第 {at + 1} 次到访：{text}", visit=at) for rule, text in _visit(facts, visit)]
    errors += _days(facts, plan["visits"])
    errors += _complete(facts, plan)
    for each in plan["unplanned"]:
        if each["item"] in facts.items:
            errors += _reason(facts, each)
    return errors


def _error(rule: str, message: str, **where: Any) -> dict[str, Any]:
    return {"rule": rule, "message": message, **where}


def _shape(plan: Any) -> None:
    """Raises UnreadablePlanError naming the field."""
    if not isinstance(plan, Mapping) or plan.get("format") != "inspection-plan/1":
        raise UnreadablePlanError("format：应为 inspection-plan/1")
    if not isinstance(plan.get("instance"), str):
        raise UnreadablePlanError("instance：应为实例的名称")
    for name in ("visits", "unplanned"):
        if not isinstance(plan.get(name), list):
            raise UnreadablePlanError(f"{name}：应为列表")
    for at, visit in enumerate(plan["visits"]):
        _shape_of_visit(visit, f"visits[{at}]")
    for at, each in enumerate(plan["unplanned"]):
        _texts(each, ("item", "reason"), f"unplanned[{at}]")


def _shape_of_visit(visit: Any, where: str) -> None:
    _texts(visit, ("enterprise", "date"), where)
    if not isinstance(visit.get("start"), int) or isinstance(visit["start"], bool):
        raise UnreadablePlanError(f"{where}.start：应为整数")
    try:
        date.fromisoformat(visit["date"])
    except ValueError:
        raise UnreadablePlanError(f"{where}.date：不是日期") from None
    for name in ("inspectors", "items"):
        if not isinstance(visit.get(name), list) or not all(isinstance(v, str) for v in visit[name]):
            raise UnreadablePlanError(f"{where}.{name}：应为文字的列表")


def _texts(value: Any, names: Sequence[str], where: str) -> None:
    if not isinstance(value, Mapping):
        raise UnreadablePlanError(f"{where}：应为对象")
    for name in names:
        if not isinstance(value.get(name), str):
            raise UnreadablePlanError(f"{where}.{name}：应为文字")


def _visit(facts: Facts, visit: Json) -> Iterable[tuple[str, str]]:
    day = date.fromisoformat(visit["date"])
    if day not in facts.open:
        yield "workday", f"{day} 不是计划期内的工作日"
    if visit["enterprise"] not in facts.firms:
        yield "enterprise", f"没有“{visit['enterprise']}”这家企业"
    if not visit["items"]:
        yield "empty", "没有项目"
    crew = visit["inspectors"]
    if not crew or len(set(crew)) != len(crew):
        yield "crew", "人员为空或重复"
    for person in crew:
        if person not in facts.people:
            yield "present", f"没有“{person}”这名检验员"
        elif person not in facts.present(day):
            yield "present", f"{person} 在 {day} 不在岗"
    for name in visit["items"]:
        if name in facts.items:
            yield from _item(facts, visit, facts.items[name], day)


def _item(facts: Facts, visit: Json, item: Json, day: date) -> Iterable[tuple[str, str]]:
    name = item["id"]
    if item["enterprise"] != visit["enterprise"]:
        yield "enterprise", f"{name} 属于 {item['enterprise']}"
    known = [p for p in visit["inspectors"] if p in facts.people]
    if not facts.covers(item["roles"], known, day):
        yield "roles", f"{name} 要 {'、'.join(item['roles'])}，到场人员的有效资格不够"
    if item.get("earliest") is not None and day.isoformat() < item["earliest"]:
        yield "earliest", f"{name} 最早 {item['earliest']}"
    if day.isoformat() > item["latest"]:
        yield "latest", f"{name} 最迟 {item['latest']}"
    if not facts.prepared(item, day):
        yield "preparation", f"{name} 须先有 {item['prep_workdays']} 个工作日的准备"
    wrong = facts.closed_or_wrong(item, day)
    if wrong is not None:
        yield (
            wrong,
            f"{name} 在 {day} " + ("遇企业关闭" if wrong == "closed" else f"不是 {item['state']} 状态"),
        )
    kept = facts.previous.get(name, {})
    if kept.get("pinned") and kept["date"] != day.isoformat():
        yield "pinned", f"{name} 已固定在 {kept['date']}"


def _days(facts: Facts, visits: Sequence[Json]) -> list[dict[str, Any]]:
    """Overlap, arrival and day length, person by person."""
    diary: dict[tuple[str, str], list[tuple[int, int, str, int]]] = {}
    for at, visit in enumerate(visits):
        length = sum(facts.items[i]["minutes"] for i in visit["items"] if i in facts.items)
        entry = (visit["start"], visit["start"] + length, visit["enterprise"], at)
        for person in set(visit["inspectors"]) & set(facts.people):
            diary.setdefault((person, visit["date"]), []).append(entry)
    errors: list[dict[str, Any]] = []
    for (person, day), entries in sorted(diary.items()):
        errors += _diary(facts, person, day, sorted(entries))
    return errors


def _diary(facts: Facts, person: str, day: str, entries: list[tuple[int, int, str, int]]) -> Iterable[dict[str, Any]]:
    who = f"{person} 在 {day}"
    if entries[0][0] < facts.overhead:
        yield _error("arrival", f"{who} 第一次到访早于第 {facts.overhead} 分钟", visit=entries[0][3])
    for before, after in pairwise(entries):
        travel = 0 if before[2] == after[2] else facts.overhead
        if after[0] < before[1] + travel:
            rule = "overlap" if after[0] < before[1] else "arrival"
            yield _error(rule, f"{who} 前一次到访结束于第 {before[1]} 分钟，来不及", visit=after[3])
    end = max(entry[1] for entry in entries)
    if end > facts.minutes(person, date.fromisoformat(day)):
        yield _error("day_length", f"{who} 到第 {end} 分钟才结束", visit=entries[-1][3])


def _complete(facts: Facts, plan: Json) -> Iterable[dict[str, Any]]:
    named = Counter([i for v in plan["visits"] for i in v["items"]] + [u["item"] for u in plan["unplanned"]])
    for name, times in named.items():
        if name not in facts.items:
            yield _error("unknown_item", f"没有“{name}”这个项目", item=name)
        elif times > 1:
            yield _error("twice", f"{name} 出现 {times} 次", item=name)
    for name in facts.items:
        if name not in named:
            yield _error("missing", f"{name} 既无到访也不在未排之列", item=name)


def _reason(facts: Facts, each: Json) -> Iterable[dict[str, Any]]:
    name, given = each["item"], each["reason"]
    true = facts.reason(facts.items[name])
    if true is not None:
        if given != true:
            yield _error("reason", f"{name} 的原因应为 {true}，写的是 {given}", item=name)
    elif given == "CAPACITY":
        wrong = certificate_error(facts, name, each.get("certificate"))
        if wrong:
            yield _error("certificate", f"{name} 的证明不成立：{wrong}", item=name)
    elif given != "NOT_FOUND":
        yield _error("reason", f"{name} 单独是可以做的，{given} 不成立", item=name)


def certificate_error(facts: Facts, name: str, certificate: Any) -> str | None:
    """What is wrong with a certificate; None when it proves that not all its items can be planned."""
    try:
        kind = certificate["kind"]
        first, last = date.fromisoformat(certificate["from"]), date.fromisoformat(certificate["to"])
        codes, listed = set(certificate["codes"]), list(certificate["items"])
    except (KeyError, TypeError, ValueError):
        return "缺少 kind、from、to、codes 或 items"
    if name not in listed or len(set(listed)) != len(listed) or not set(listed) <= set(facts.items):
        return "所列项目缺本项目、重复或不存在"
    items = [facts.items[i] for i in listed]
    needed = [sum(role in codes for role in item["roles"]) for item in items]
    days = [facts.possible(item) for item in items]
    if min(needed) < 1 or not all(days) or not all(first <= d <= last for each in days for d in each):
        return "有项目不需要这些资格，或可行日不全在时段内"
    usable = sorted({d for each in days for d in each})
    return _short(facts, str(kind), codes, items, needed, usable)


def _short(
    facts: Facts, kind: str, codes: set[str], items: list[Json], needed: list[int], usable: list[date]
) -> str | None:
    least = min(needed)
    holders = {d: [p for p in facts.present(d) if any(facts.valid(p, c, d) for c in codes)] for d in usable}
    time = {p: facts.people[p]["daily_min"] - facts.overhead for p in facts.people}
    if kind == "minutes":
        have = sum(
            sum(max(0, facts.minutes(p, d) - facts.overhead) for p in each)
            for d, each in holders.items() if len(each) >= least
        )  # fmt: skip
        need = sum(item["minutes"] * n for item, n in zip(items, needed, strict=True))
        return None if need > have else f"需要 {need} 人分钟，可用 {have} 人分钟"
    if kind == "long":
        longest = max((time[p] for each in holders.values() for p in each), default=0)
        if any(2 * item["minutes"] <= longest for item in items):
            return "有项目不超过半天"
        slots = sum(len(each) // least for each in holders.values())
        return None if len(items) > slots else f"{len(items)} 个项目，可排 {slots} 个"
    return f"不认识的种类 {kind}"
