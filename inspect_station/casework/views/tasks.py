"""What is done with a task from its case's page: dates, the inspector, the start on site."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service
from inspect_station.casework.schemas import AnswerSchema, DateSchema
from inspect_station.casework.views import pages
from inspect_station.casework.views.cases import refused
from inspect_station.casework.views.forms import typed
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.validation import load
from inspect_station.web import now


def _do(task_id: int, act: Callable[[], str]) -> Any:
    """Do `act`, which says what was done; on a refusal the case's page with what was typed."""
    task = service.cases.task(current_actor(), task_id)
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return refused(task["application"], error, task_id)
    flash(said, "success")
    return redirect(url_for("casework.case", application_id=task["application"], _anchor=f"task-{task_id}"))


@pages.post("/tasks/<int:task_id>/dates")
def propose_date(task_id: int) -> Any:
    def act() -> str:
        given = load(DateSchema(), typed())
        day = given.pop("on_day")
        service.dating.propose(current_actor(), task_id, day, now=now(), **given)
        return f"已约定 {day} 检验。" if given["confirmed_with"] else f"已提出 {day}，等对方答复。"

    return _do(task_id, act)


@pages.post("/tasks/<int:task_id>/dates/answer")
def answer_date(task_id: int) -> Any:
    def act() -> str:
        given = load(AnswerSchema(), typed())
        service.dating.answer(current_actor(), task_id, now=now(), **given)
        return "检验日期已约定。" if given["agree"] else "已答复：这个日期不合适。请另提一个日期。"

    return _do(task_id, act)


@pages.post("/tasks/<int:task_id>/inspector")
@needs("edit")
def assign_inspector(task_id: int) -> Any:
    def act() -> str:
        chosen = request.form.get("inspector", "")
        if not chosen.isdigit():
            raise InvalidInput("请选择检验员。", {"inspector": ["请选择"]})
        service.dating.assign(current_actor(), task_id, int(chosen[:9]), now=now())
        return "责任检验员已指定。"

    return _do(task_id, act)


@pages.post("/tasks/<int:task_id>/begin")
@needs("edit")
def begin_task(task_id: int) -> Any:
    def act() -> str:
        service.dating.begin(current_actor(), task_id, now=now())
        return "现场检验已开始。"

    return _do(task_id, act)
