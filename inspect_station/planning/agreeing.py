"""What the enterprise says to a published date: one tap agrees, or it names another day before the date is fixed."""

from datetime import date, datetime

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.planning import moving, reading
from inspect_station.planning.models import PlanVisit
from inspect_station.workcalendar import service as workcalendar

_STATION = Actor.system("计划")


def agree(actor: Actor, visit_id: int, now: datetime) -> None:
    """The enterprise agrees to the day (or staff notes that it did): it is fixed from then on. Twice does no harm."""
    visit = _open(actor, visit_id, now.date())
    if visit.answer != "agreed":
        _answer(actor, visit, "agreed", None, "", now)


def counter(actor: Actor, visit_id: int, on: date, note: str, now: datetime) -> None:
    """The enterprise wishes another day; the station decides. Raises `InvalidInput` for a day that cannot be."""
    visit = _open(actor, visit_id, now.date())
    if on <= now.date():
        raise InvalidInput("请选明天以后的日子。", {"on": ["已经过去"]})
    if not workcalendar.calendar(now.date()).is_workday(on):
        raise InvalidInput(f"{on} 不是工作日，请另选一天。", {"on": ["不是工作日"]})
    if on == visit.on:
        raise InvalidInput("与建议的日期相同；同意请点“同意这一天”。", {"on": ["与建议的日期相同"]})
    latest = latest_day(actor, visit)
    if on > latest:
        raise InvalidInput(
            f"其中有设备 {latest} 到期，过后不得使用；请选 {latest} 以前的日子，或致电检验站商量。",
            {"on": [f"最迟 {latest}"]},
        )
    _answer(actor, visit, "countered", on, note, now)


def accept_counter(actor: Actor, visit_id: int, now: datetime, revision: int | None = None) -> int:
    """Move the visit to the day the enterprise wished; agreed then. Refused as any move is."""
    actor.need("edit")
    visit = reading.visit(actor, visit_id)
    if visit.answer != "countered" or visit.counter_on is None:
        raise Conflict("企业没有提出别的日期，或已经处理过了。")
    with db.atomic():
        number = moving.move(actor, visit_id, moving.Target(visit.counter_on), now=now, revision=revision)
        _answer(actor, reading.visit(actor, number), "agreed", None, visit.answer_note, now, by=visit.answered_by)
    return number


def latest_day(actor: Actor, visit: reading.Visit) -> date:
    """The last lawful day of the visit's most urgent item that is not overdue yet; the visit's own day at least."""
    ahead = [row["due_on"] for row in reading.of_visit(actor, visit.plan_id, visit.id) if row["equipment_id"]]
    return max(visit.on, min((on for on in ahead if on >= visit.on), default=visit.on))


def _open(actor: Actor, visit_id: int, today: date) -> reading.Visit:
    if actor.is_staff:
        actor.need("edit")
    visit = reading.visit(actor, visit_id)
    if visit.on < today or visit.finished:
        raise Conflict("这次到访已经结束，不用再答复。")
    return visit


def _answer(
    actor: Actor, visit: reading.Visit, answer: str, on: date | None, note: str, now: datetime, by: str = ""
) -> None:
    values = {
        "answer": answer,
        "counter_on": on,
        "answer_note": note[:300],
        "answered_by": by or actor.name,
        "answered_at": now,
        "revision": visit.revision + 1,
    }
    with db.atomic():
        written = (
            PlanVisit.update(**values)
            .where(PlanVisit.id == visit.id, PlanVisit.revision == visit.revision, PlanVisit.on_day == visit.on)
            .execute()
        )
        if not written:
            raise Stale("这次到访刚被检验站改过日期，请刷新后再答复。")
        if answer == "agreed":
            _tell_cases(visit, by or actor.name, now)
        audit.record(
            actor,
            "visit.agree" if answer == "agreed" else "visit.counter",
            "visit",
            visit.id,
            now=now,
            enterprise_id=visit.enterprise_id,
            detail={"on": (on or visit.on).isoformat()},
        )


def _tell_cases(visit: reading.Visit, by: str, now: datetime) -> None:
    """Tasks whose open items are all part of the visit get its day as agreed, so that both rooms say one thing."""
    items = {(row["equipment_id"], row["clock"]) for row in reading.of_visit(_STATION, visit.plan_id, visit.id)}
    held = casework.wishes()
    tasks = {wish.task_id: wish for key, wish in held.items() if key in items and wish.task_id}
    for number, theirs in casework.items_of({task for task in tasks if task}).items():
        if theirs <= items and tasks[number].agreed_on != visit.on:
            try:
                casework.dating.propose(
                    _STATION, number, visit.on, now=now, reason="按计划约定", confirmed_with=by[:50]
                )
            except (Conflict, InvalidInput):
                continue  # under way already, or past a day only an extension moves: the case stays as it is
