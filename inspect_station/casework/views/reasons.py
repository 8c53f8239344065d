"""写原因: why rows are due but not done, for many at once."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service, words
from inspect_station.casework.schemas import WhyUndoneSchema
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import typed, whole_numbers
from inspect_station.duelist import service as duelist
from inspect_station.errors import StationError
from inspect_station.validation import load
from inspect_station.web import now, today

MOST = 500


@pages.get("/reasons/new")
@needs("edit")
def new_reason() -> str:
    return _page(request.args.getlist("ids"), {"on_day": today().isoformat()}, None)


@pages.post("/reasons/new")
@needs("edit")
def add_reason() -> Any:
    ids = request.form.getlist("ids")

    def act() -> str:
        given = load(WhyUndoneSchema(), {k: v for k, v in typed().items() if k != "ids"})
        keys = [(row["equipment_id"], row["clock"]) for row in _rows(ids)]
        service.reasons.record(current_actor(), keys, given.pop("code"), now=now(), **given)
        return url_for("duelist.due_list", view="flat", work="reason")

    return forms.save(act, "原因已登记。", lambda error: _page(ids, request.form, error))


def _rows(ids: list[str]) -> list[dict[str, Any]]:
    chosen = duelist.Filters(rows=tuple(whole_numbers(ids, MOST)) or (0,))
    return duelist.due_page(current_actor(), chosen, "due", duelist.Place(), MOST, today(), counted=False).rows


def _page(ids: list[str], given: Any, error: StationError | None) -> str:
    return render_template(
        "casework/reason_form.html",
        rows=_rows(ids),
        given=given,
        reasons=words.REASONS,
        error=error,
        errors=error.fields if error else {},
        labels={"code": "原因", "on_day": "日期", "evidence": "依据", "note": "说明", "items": "设备"},
    )


@pages.post("/reasons/<int:reason_id>/end")
@needs("edit")
def end_reason(reason_id: int) -> Any:
    row = service.reasons.end(current_actor(), reason_id, now=now())
    flash("原因已结束，提醒照常进行。", "success")
    return redirect(url_for("portal.device", equipment_id=row["equipment"]))
