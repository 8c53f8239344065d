"""为什么是这一天: the reasoning of one clock, its history, and what would change it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import rulebooks, service
from inspect_station.duelist.projection import in_force_now
from inspect_station.errors import NotFound
from inspect_station.registry.facts import facts_of
from schedules.answers import Answer, Due, Forbidden, NotRunning, Undetermined
from schedules.due import due_dates
from schedules.facts import Equipment
from schedules.terms import GRADES, Clock, Missing, Status, traits_of
from schedules.traits import Trait

_CHANGES_MOST = 12


@dataclass(frozen=True)
class Change:
    """A fact that would move the date, and where to."""

    condition: str
    effect: str


@dataclass(frozen=True)
class Explanation:
    row: dict[str, Any]
    changes: list[Change]
    history: list[dict[str, Any]]


def explain(actor: Actor, equipment_id: int, clock: str, today: date) -> Explanation:
    """Raises `NotFound` for a foreign device or a clock it does not have."""
    row = next((r for r in service.clocks_of(actor, equipment_id, today) if r["clock"] == clock), None)
    if row is None:
        raise NotFound()
    facts = next((d.facts for d in facts_of([equipment_id])), None)
    changes = what_would_change(facts, Clock(clock), today) if facts else []
    return Explanation(row, changes, service.history(actor, equipment_id, clock))


def what_would_change(facts: Equipment, clock: Clock, today: date) -> list[Change]:
    """Each single fact that, known or otherwise, would give another answer: the same engine, asked once more."""
    book = in_force_now()
    present = _answer(facts, clock, today, book)
    said = {_words(present)}
    found: list[Change] = []
    for condition, other in _variations(facts, clock):
        effect = _words(_answer(other, clock, today, book))
        if effect not in said:
            found.append(Change(condition, effect))
    return found[:_CHANGES_MOST]


def _answer(facts: Equipment, clock: Clock, today: date, book: rulebooks.InForce) -> Answer:
    return next(a for a in due_dates(facts, today, book.book) if a.clock is clock)


def _variations(facts: Equipment, clock: Clock) -> Iterator[tuple[str, Equipment]]:
    yield from _other_grades(facts, clock)
    for trait in traits_of(facts.kind).values():
        if trait.codes is None or facts.catalogue_code in trait.codes:
            yield from _other_values(facts, trait)
    if facts.status is Status.IN_USE:
        yield "设备报废或注销", replace(facts, status=Status.SCRAPPED)


def _other_grades(facts: Equipment, clock: Clock) -> Iterator[tuple[str, Equipment]]:
    done = [i for i in facts.inspections if i.clock is clock and i.completed_on]
    last = max(done, key=lambda i: i.completed_on.first, default=None)  # type: ignore[union-attr]
    if last is None:
        return
    rest = tuple(i for i in facts.inspections if i is not last)
    for grade in GRADES:
        if grade != last.grade:
            yield (
                f"最近一次检验的安全状况等级为 {grade} 级",
                replace(facts, inspections=(*rest, replace(last, grade=grade))),
            )


def _other_values(facts: Equipment, trait: Trait) -> Iterator[tuple[str, Equipment]]:
    present = facts.traits.get(trait.name, trait.default)
    if trait.type not in {"flag", "choice"}:
        return
    for value in trait.lawful:
        if value != present:
            yield f"{trait.label}为“{trait.word(value)}”", replace(facts, traits={**facts.traits, trait.name: value})


def _words(answer: Answer) -> str:
    """An answer in one phrase."""
    if isinstance(answer, Due):
        bound = f"，规则允许的最晚日期 {answer.latest}" if answer.latest and answer.latest != answer.on else ""
        return f"{_written(answer)} 到期{bound}"
    if isinstance(answer, Undetermined):
        missing = "、".join(Missing(fact).label for fact in answer.missing)
        return f"待确定（{answer.earliest or '…'} 至 {answer.latest or '…'}；缺：{missing}）"
    if isinstance(answer, Forbidden):
        return f"不得继续使用：{answer.why.label}"
    assert isinstance(answer, NotRunning)
    return f"不计算：{answer.why.label}"


def _written(answer: Due) -> str:
    return answer.on.strftime("%Y-%m") if answer.precision == "month" else answer.on.isoformat()
