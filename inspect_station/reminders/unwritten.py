"""Steps that never became a letter: waiting for the next one, overtaken, or suppressed, with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import routes
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.words import BY_PERSON, reason_word
from schedules.terms import Clock

STATES = {"queued": "等下一封信", "superseded": "被后来的取代", "suppressed": "没有发"}
TOTAL_CAP = 1000
_CHUNK = 1000


@dataclass(frozen=True)
class Filters:
    state: str | None = None
    enterprise: int | None = None


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    capped: bool
    following: int | None


def page_of(actor: Actor, filters: Filters, after: int | None, per_page: int) -> Page:
    """The newest first; `after` is the id the page goes on from."""
    actor.need_staff()
    found = _newest(actor, filters, after, per_page + 1)
    total = _narrowed(OwedStep.select(OwedStep.id), actor, filters).limit(TOTAL_CAP + 1).count()
    following = found[per_page - 1]["id"] if len(found) > per_page else None
    return Page(found[:per_page], min(total, TOTAL_CAP), total > TOTAL_CAP, following)


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    actor.need_staff()
    after: int | None = None
    while chunk := _newest(actor, filters, after, _CHUNK):
        yield from chunk
        after = chunk[-1]["id"]


_NAMES = (
    "id", "state", "reason", "step", "week", "clock", "due", "owed_on", "recipient", "enterprise_id", "enterprise",
    "equipment_id", "equipment", "own_number",
)  # fmt: skip


def _newest(actor: Actor, filters: Filters, after: int | None, most: int) -> list[dict[str, Any]]:
    o = OwedStep
    query = o.select(
        o.id, o.state, o.reason, o.step, o.week, o.clock, o.due, o.owed_on, o.recipient, o.enterprise, Enterprise.name,
        o.equipment, Equipment.name, Equipment.own_number,
    )  # fmt: skip
    query = _narrowed(query.join(Enterprise).switch(o).join(Equipment), actor, filters)
    if after is not None:
        query = query.where(o.id < after)
    return [_shown(row) for row in tuples(query.order_by(o.id.desc()).limit(most))]


def _narrowed(query: Any, actor: Actor, filters: Filters) -> Any:
    o = OwedStep
    query = query.where(visible(actor, o.enterprise), o.message.is_null(), o.state.in_(list(STATES)))
    if filters.state:
        query = query.where(o.state == filters.state)
    return query.where(o.enterprise == filters.enterprise) if filters.enterprise else query


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(_NAMES, row, strict=True))
    found["clock_label"] = Clock(found["clock"]).label
    found["step_word"] = step_word(found["step"], found["week"])
    found["state_word"] = STATES[found["state"]]
    found["reason"] = reason_word(found["reason"])
    found["recipient"] = routes.shown(found["recipient"]) or BY_PERSON["phone"]
    return found


def step_word(step: str, week: int) -> str:
    """A step as people call it."""
    if step == "overdue":
        return f"超期第 {week} 天"
    if step == "forbidden":
        return "禁用"
    if step == "manual":
        return "人工"
    return "到期当天" if step == "d0" else f"到期前 {step[1:]} 天"
