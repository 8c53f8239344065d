"""是不是特种设备？ A few questions, an answer with its reasons, saved with the firm; one tap into the ledger."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.clinic import service
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import InvalidInput, StationError
from inspect_station.registry import service as registry
from inspect_station.web import now
from schedules import scope as law


@pages.get("/scope")
def scope() -> str:
    """Asked by anybody; what is typed stands in the address, so that an answer can be shown again."""
    try:
        return _page(request.args, None)
    except InvalidInput as error:
        return _page(request.args, error)


@pages.post("/scope")
@needs("edit")
def save_scope() -> Any:
    def act() -> str:
        firm = forms.first_number(request.form.get("enterprise"))
        if firm is None:
            raise InvalidInput("请先选择是哪家企业的。", {"enterprise": ["请选择企业"]})
        number = service.scoping.save(
            current_actor(), firm, kind=request.form.get("object", ""), name=forms.paragraph("name", 200),
            typed=request.form, visit=forms.first_number(request.form.get("visit")), now=now(),
        )  # fmt: skip
        return url_for("clinic.scope_answer", answer_id=number)

    return forms.save(act, "界定结果已存入企业的病历。", lambda error: _page(request.form, error))


def _page(given: Any, error: StationError | None) -> str:
    book = law.catalogue()
    kind = book.kinds.get(given.get("object", ""))
    answer = None
    if kind is not None and error is None and any(given.get(name) for name in kind.asks):
        answer = service.scoping.judge(kind.id, given)
    actor = current_actor()
    return render_template(
        "clinic/scope.html", book=book, kind=kind, asks=[book.facts[n] for n in kind.asks] if kind else [],
        given=given, answer=answer, verdicts=service.scoping.VERDICTS, error=error,
        errors=error.fields if error else {}, labels=forms.LABELS | {n: f.label for n, f in book.facts.items()},
        names=list(registry.enterprise_names(actor).items()) if actor.may("edit") else [], may_edit=actor.may("edit"),
        saved=service.scoping.latest(actor),
    )  # fmt: skip


@pages.get("/scope/<int:answer_id>")
def scope_answer(answer_id: int) -> str:
    return _saved(answer_id, None)


def _saved(answer_id: int, error: StationError | None) -> str:
    row = service.scoping.get(current_actor(), answer_id)
    return render_template(
        "clinic/scope_answer.html", row=row, error=error, errors=error.fields if error else {},
        may_edit=current_actor().may("edit"),
    )  # fmt: skip


@pages.post("/scope/<int:answer_id>/register")
@needs("edit")
def register_scope(answer_id: int) -> Any:
    try:
        equipment = service.scoping.register(
            current_actor(), answer_id, code=request.form.get("code", "")[:4], now=now()
        )
    except StationError as error:
        if error.http_status in (409, 422):
            return _saved(answer_id, error), error.http_status
        raise
    flash("已登记到台账，请补齐资料并督促办理使用登记。", "success")
    return redirect(f"/equipment/{equipment}")
