"""准备清单 of a task: ticked by the enterprise on its phone; the inspector says where the site was not ready."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import pictures
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.web import accepts, now, settings


@pages.get("/tasks/<int:task_id>/preparation")
def preparation(task_id: int) -> str:
    return _page(task_id, None)


@pages.post("/tasks/<int:task_id>/preparation")
@accepts(64)
def tick_preparation(task_id: int) -> Any:
    actor = current_actor()
    known = [point for _, points in service.preparing.of_task(actor, task_id).groups for point in points]
    said = {
        p.id: (f"ready.{p.id}" in request.form, request.form.get(f"note.{p.id}", "").strip().replace("\0", ""))
        for p in known
    }
    taken = {p.id: pictures(f"photo.{p.id}") for p in known}
    try:
        prepared = service.preparing.tick(
            actor, task_id, said, now=now(), files_dir=settings().files_dir, pictures=taken
        )
    except (InvalidInput, Conflict, Stale) as error:
        return _page(task_id, error), error.http_status
    left = prepared.total - prepared.ready
    flash("准备清单已全部备好。" if not left else f"已保存，还有 {left} 项没有备好。", "success")
    return redirect(url_for("casework.preparation", task_id=task_id))


def _page(task_id: int, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "casework/preparation.html",
        task=service.cases.task(actor, task_id),
        prepared=service.preparing.of_task(actor, task_id),
        may=actor.may("edit") or not actor.is_staff,
        given=request.form if error else None,
        error=error,
        accept=service.photos.ACCEPT,
    )


@pages.get("/tasks/<int:task_id>/not-ready")
@needs("edit")
def not_ready_form(task_id: int) -> str:
    return _not_ready_page(task_id, None)


@pages.post("/tasks/<int:task_id>/not-ready")
@needs("edit")
def not_ready(task_id: int) -> Any:
    task = service.cases.task(current_actor(), task_id)

    def act() -> str:
        note = request.form.get("note", "").replace("\0", "")[:1000]
        service.preparing.not_ready(current_actor(), task_id, note=note, now=now())
        return url_for("casework.case", application_id=task["application"])

    return forms.save(act, "已记录，请与企业另定日期。", lambda error: _not_ready_page(task_id, error))


def _not_ready_page(task_id: int, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "casework/not_ready.html",
        task=service.cases.task(actor, task_id),
        open_points=service.preparing.of_task(actor, task_id).open_points,
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )
