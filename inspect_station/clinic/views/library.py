"""常见问题库: read by all inspectors, written by the technical head, offered while somebody types."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.clinic import service
from inspect_station.clinic.library import PERMISSION
from inspect_station.clinic.schemas import LibrarySchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import StationError
from inspect_station.validation import load
from inspect_station.web import now, today

_FIELDS = ("symptom", "diagnosis", "basis", "verified", "grade", "measure", "days")


@pages.get("/library")
@staff_only
def library() -> str:
    actor = current_actor()
    return render_template(
        "clinic/library.html",
        rows=service.library.listed(actor, today(), ended=bool(request.args.get("ended"))),
        ended=bool(request.args.get("ended")),
        may_change=actor.may(PERMISSION),
        words=service.words,
        verified=service.library.VERIFIED,
    )


@pages.get("/library/new")
@needs(PERMISSION)
def new_common() -> str:
    return _form(None, {"grade": "minor", "days": 15, "verified": "unknown"}, None)


@pages.post("/library/new")
@needs(PERMISSION)
def add_common() -> Any:
    def act() -> str:
        service.library.add(current_actor(), load(LibrarySchema(), forms.typed(*_FIELDS)), now=now())
        return url_for("clinic.library")

    return forms.save(act, "条目已加入，检验员记录时会看到。", lambda error: _form(None, request.form, error))


@pages.get("/library/<int:entry_id>")
@needs(PERMISSION)
def edit_common(entry_id: int) -> str:
    row = service.library.get(current_actor(), entry_id)
    return _form(row, row, None)


@pages.post("/library/<int:entry_id>")
@needs(PERMISSION)
def change_common(entry_id: int) -> Any:
    row = service.library.get(current_actor(), entry_id)

    def act() -> str:
        given = load(LibrarySchema(), forms.typed(*_FIELDS))
        revision = forms.first_number(request.form.get("revision"))
        service.library.change(current_actor(), entry_id, given, now=now(), revision=revision)
        return url_for("clinic.library")

    return forms.save(act, "条目已修改。", lambda error: _form(row, request.form, error))


@pages.post("/library/<int:entry_id>/end")
@needs(PERMISSION)
def end_common(entry_id: int) -> Any:
    again = bool(request.form.get("again"))
    service.library.end(current_actor(), entry_id, now=now(), again=again)
    flash("重新启用了。" if again else "已停用，以前的记录不受影响。", "success")
    return redirect(url_for("clinic.library"))


def _form(row: Any, given: Any, error: StationError | None) -> str:
    return render_template(
        "clinic/library_form.html", row=row, given=given, error=error, errors=error.fields if error else {},
        labels=forms.LABELS, words=service.words, verified=service.library.VERIFIED,
    )  # fmt: skip
