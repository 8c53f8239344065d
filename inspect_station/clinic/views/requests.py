"""问诊: asking, the list, one question with what was said about it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service as casework
from inspect_station.clinic import service
from inspect_station.clinic.requests import Filters
from inspect_station.clinic.schemas import RequestQuery, RequestSchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry import cursors
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import accepts, now, settings, today, uses_camera

_FIELDS = ("kind", "question", "asked_by", "phone", "source")


@pages.get("/requests")
def request_list() -> str:
    given = load(RequestQuery(), forms.asked())
    filters = Filters(given["state"], given["kind"], given.get("enterprise"), q=given["q"])
    after = cursors.after(given["cursor"], service.requests.SORTS, "-id")
    page = service.requests.page(current_actor(), filters, today(), after=after)
    return render_template(
        "clinic/requests.html", page=page, filters=filters, words=service.words, address=forms.address,
        next_url=forms.address("clinic.request_list", cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=forms.address("clinic.request_list", cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        may_ask=current_actor().may("edit") or not current_actor().is_staff,
    )  # fmt: skip


@pages.get("/requests/new")
@uses_camera
def new_request() -> str:
    """`equipment`: from a device's page or its QR code; `enterprise`: from a firm's page."""
    equipment = forms.first_number(request.args.get("equipment"))
    device = registry.equipment.get(current_actor(), equipment) if equipment else None
    firm = device["enterprise"] if device else forms.first_number(request.args.get("enterprise"))
    source = "scan" if request.args.get("from") == "scan" else "phone" if current_actor().is_staff else "portal"
    given = {"enterprise": firm, "source": source, "devices": [equipment] if equipment else []}
    return _form(given, None)


@pages.post("/requests/new")
@accepts(64)
@uses_camera
def add_request() -> Any:
    def act() -> str:
        actor = current_actor()
        given = load(RequestSchema(), forms.typed(*_FIELDS))
        firm = _firm()
        if actor.is_staff and firm is None:
            raise InvalidInput("请先选择是哪家企业。", {"enterprise": ["请选择企业"]})
        if not actor.is_staff and given["source"] != "scan":
            given["source"] = "portal"
        number = service.requests.ask(
            actor, firm or 0, **given, now=now(), files_dir=settings().files_dir,
            devices=forms.whole_numbers(request.form.getlist("devices")), pictures=forms.pictures("photos"),
        )  # fmt: skip
        return url_for("clinic.request_page", request_id=number)

    again = {**request.form, "devices": forms.whole_numbers(request.form.getlist("devices")), "enterprise": _firm()}
    return forms.save(act, "已收到，答复会显示在这一页。", lambda error: _form(again, error))


def _firm() -> int | None:
    return current_actor().enterprise_id or forms.first_number(request.form.get("enterprise"))


def _form(given: Any, error: StationError | None) -> str:
    actor = current_actor()
    firm = actor.enterprise_id or given.get("enterprise")
    devices = [registry.equipment.get(actor, number) for number in given.get("devices", [])]
    return render_template(
        "clinic/request_form.html", given=given, error=error, errors=error.fields if error else {}, devices=devices,
        labels=forms.LABELS, words=service.words, firm=firm, accept=casework.photos.ACCEPT, most=casework.photos.MOST,
        names=list(registry.enterprise_names(actor).items()) if actor.is_staff else [],
        may_ask=actor.may("edit") or not actor.is_staff,
        promise_days=casework.promises.days()["clinic"],
    )  # fmt: skip


@pages.get("/requests/<int:request_id>")
def request_page(request_id: int) -> str:
    return _page(request_id, None)


def _page(request_id: int, error: StationError | None) -> str:
    actor = current_actor()
    row = service.requests.get(actor, request_id, today())
    return render_template(
        "clinic/request.html", row=row, error=error, errors=error.fields if error else {},
        given=request.form if error else {}, labels=forms.LABELS, words=service.words, may_edit=actor.may("edit"),
        photos=casework.photos.of(actor, service.requests.OWNER, [request_id]), accept=casework.photos.ACCEPT,
        visits=service.visits.of_request(actor, request_id),
        near=service.visits.inspections_near(actor, row["enterprise"], None, today()) if actor.is_staff else [],
        people=[(p["id"], p["name"]) for p in accounts.staff(actor)] if actor.is_staff else [],
    )  # fmt: skip


def _do(request_id: int, act: Any) -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(request_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for("clinic.request_page", request_id=request_id))


@pages.post("/requests/<int:request_id>/answer")
@accepts(64)
def answer_request(request_id: int) -> Any:
    def act() -> str:
        service.requests.answer(
            current_actor(), request_id, forms.paragraph("text", 3000), now=now(), files_dir=settings().files_dir,
            pictures=forms.pictures("photos"),
        )  # fmt: skip
        return "已答复。" if current_actor().is_staff else "已补充。"

    return _do(request_id, act)


@pages.post("/requests/<int:request_id>/keeper")
@needs("edit")
def hand_over_request(request_id: int) -> Any:
    def act() -> str:
        keeper = forms.first_number(request.form.get("keeper"))
        service.requests.hand_over(current_actor(), request_id, keeper or 0, now=now())
        return "已移交，企业会看到新的首问负责人。"

    return _do(request_id, act)


@pages.post("/requests/<int:request_id>/close")
def close_request(request_id: int) -> Any:
    def act() -> str:
        service.requests.close(current_actor(), request_id, closing=forms.paragraph("closing", 300), now=now())
        return "已办结。" if current_actor().is_staff else "已撤回。"

    return _do(request_id, act)
