"""规则: every rule in plain words, confirmation, who does what, documents, the preview of a changed rulebook."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.accounts.views import form_data
from inspect_station.duelist import preview as previews
from inspect_station.duelist import rules as service
from inspect_station.duelist.schemas import ConfirmationSchema, WithdrawalSchema
from inspect_station.duelist.views import pages
from inspect_station.errors import InvalidInput
from inspect_station.validation import load
from inspect_station.web import now, today
from schedules.terms import DoneBy, Kind


@pages.get("/rules")
def rules() -> str:
    """All rules by kind, or only those still to be verified."""
    kind = request.args.get("kind", "")
    only_open = request.args.get("mark") == "unverified"
    cards, gaps = service.cards_and_gaps(current_actor(), today())
    shown = [c for c in cards if (not kind or (c.kind or "general") == kind) and (c.open or not only_open)]
    return render_template(
        "duelist/rules.html",
        groups=_by_kind(shown, gaps),
        kind=kind,
        only_open=only_open,
        open_count=sum(card.open for card in cards),
        kinds=[("general", service.GENERAL), *((k.value, k.label) for k in Kind)],
        **_permissions(),
    )


def _by_kind(cards: list[service.Card], gaps: Mapping[Kind | None, Sequence[str]]) -> list[dict[str, Any]]:
    kinds = list(dict.fromkeys(card.kind for card in cards))
    return [
        {
            "kind": kind,
            "label": kind.label if kind else service.GENERAL,
            "cards": [card for card in cards if card.kind == kind],
            "not_modelled": gaps.get(kind, ()),
        }
        for kind in kinds
    ]


def _permissions() -> dict[str, bool]:
    return {"may_confirm": current_actor().may("confirm_rules")}


@pages.get("/rules/<key>")
def rule(key: str) -> str:
    return _rule_page(key)


def _rule_page(key: str, error: InvalidInput | None = None) -> str:
    card = service.card(current_actor(), key, today())
    return render_template(
        "duelist/rule.html",
        card=card,
        confirmations=service.confirmations_of(key),
        error=error,
        typed=request.form,
        **_permissions(),
    )


@pages.post("/rules/<key>/confirm")
@needs("confirm_rules")
def confirm(key: str) -> Any:
    try:
        given = load(ConfirmationSchema(), form_data())
        service.confirm(current_actor(), key, **given, now=now())
    except InvalidInput as error:
        return _rule_page(key, error), error.http_status
    flash("已确认。依据这一版推算的日期不再显示“待核实”，旁边会写明由谁在何时确认。", "success")
    return redirect(url_for("duelist.rule", key=key))


@pages.post("/rules/confirmations/<int:confirmation_id>/withdraw")
@needs("confirm_rules")
def withdraw(confirmation_id: int) -> Response:
    given = load(WithdrawalSchema(), form_data())
    key = service.withdraw(current_actor(), confirmation_id, given["reason"], now())
    flash("已撤回确认，相关日期重新显示“待核实”。", "info")
    return redirect(url_for("duelist.rule", key=key))


@pages.get("/rules/sources")
def sources() -> str:
    return render_template("duelist/sources.html", sources=service.sources(today()))


@pages.get("/rules/done-by")
def done_by() -> str:
    return render_template(
        "duelist/done_by.html",
        rows=service.done_by(current_actor()),
        options=[(d.value, d.label) for d in DoneBy],
        **_permissions(),
    )


@pages.post("/rules/done-by")
@needs("confirm_rules")
def set_done_by() -> Response:
    service.set_done_by(current_actor(), form_data(), now())
    flash("已保存。到期清单已按新的设置重新推算。", "success")
    return redirect(url_for("duelist.done_by"))


@pages.get("/rules/preview")
@needs("confirm_rules")
def preview() -> str:
    return _preview_page()


def _preview_page(error: InvalidInput | None = None) -> str:
    return render_template("duelist/preview.html", earlier=previews.earlier(current_actor()), error=error)


@pages.post("/rules/preview")
@needs("confirm_rules")
def make_preview() -> Any:
    files = [(f.filename or "", f.read()) for f in request.files.getlist("files")]
    try:
        number = previews.make(current_actor(), files, request.form.get("folder", "").strip(), today(), now())
    except InvalidInput as error:
        return _preview_page(error), error.http_status
    return redirect(url_for("duelist.preview_result", preview_id=number))


@pages.get("/rules/preview/<int:preview_id>")
@needs("confirm_rules")
def preview_result(preview_id: int) -> str:
    return render_template("duelist/preview_result.html", **previews.find(current_actor(), preview_id))
