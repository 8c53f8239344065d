"""门诊时间: hours to be booked, opened by us, taken by firms."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.clinic import service
from inspect_station.clinic.schemas import OfferSchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import InvalidInput, StationError
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import now, today


@pages.get("/hours")
def hours() -> str:
    return _page(None)


def _page(error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "clinic/hours.html", days=service.slots.by_day(service.slots.listed(actor, today())), words=service.words,
        error=error, errors=error.fields if error else {}, given=request.form if error else {}, labels=forms.LABELS,
        people=[(p["id"], p["name"]) for p in accounts.staff(actor)] if actor.is_staff else [],
        may_edit=actor.may("edit"),
    )  # fmt: skip


@pages.post("/hours")
@needs("edit")
def offer_hours() -> Any:
    def act() -> str:
        given = load(OfferSchema(), forms.typed("inspector", "day", "start", "end", "each", "place"))
        start, end = given.pop("start"), given.pop("end")
        service.slots.offer(
            current_actor(), **{k: v for k, v in given.items() if k != "each"}, each_min=given["each"],
            start_min=start.hour * 60 + start.minute, end_min=end.hour * 60 + end.minute, now=now(),
        )  # fmt: skip
        return url_for("clinic.hours")

    return forms.save(act, "门诊时间已放出，企业现在就能约。", _page)


@pages.get("/hours/<int:slot_id>/book")
def book_form(slot_id: int) -> str:
    return _booking(slot_id, None)


def _booking(slot_id: int, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "clinic/book.html", slot=service.slots.get(actor, slot_id, today()), error=error,
        errors=error.fields if error else {}, given=request.form, labels=forms.LABELS,
        names=list(registry.enterprise_names(actor).items()) if actor.is_staff else [],
        may_book=actor.may("edit") or not actor.is_staff,
    )  # fmt: skip


@pages.post("/hours/<int:slot_id>/book")
def book(slot_id: int) -> Any:
    """A lost race leads back to the hours that are left."""

    def act() -> str:
        actor = current_actor()
        firm = forms.first_number(request.form.get("enterprise")) or actor.enterprise_id
        if firm is None:
            raise InvalidInput("请先选择是哪家企业。", {"enterprise": ["请选择企业"]})
        service.slots.book(actor, slot_id, firm, topic=forms.paragraph("topic", 300), now=now())
        return url_for("clinic.hours")

    return forms.save(act, "预约成功，到时见。", lambda error: _again(slot_id, error))


def _again(slot_id: int, error: StationError) -> str:
    return _page(error) if "slot" in error.fields else _booking(slot_id, error)


@pages.post("/hours/<int:slot_id>/give-back")
def give_back(slot_id: int) -> Any:
    service.slots.give_back(current_actor(), slot_id, now=now())
    flash("预约已取消，这个时段重新放出。", "success")
    return redirect(url_for("clinic.hours"))


@pages.post("/hours/<int:slot_id>/withdraw")
@needs("edit")
def withdraw_hours(slot_id: int) -> Any:
    service.slots.withdraw(current_actor(), slot_id, now=now())
    flash("这个时段已收回。", "success")
    return redirect(url_for("clinic.hours"))
