"""电话名单: whom to call or hand a notice, its results; dead addresses; trying a robot."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.errors import Conflict, InvalidInput, StationError
from inspect_station.registry.words import CONTACT_ROLES
from inspect_station.reminders import dead, hands, setup
from inspect_station.reminders.schemas import CallSchema, DeliverySchema
from inspect_station.reminders.views import pages
from inspect_station.reminders.words import HAND_WORDS
from inspect_station.validation import load
from inspect_station.web import now, settings, today

_LABELS = {
    "outcome": "结果", "contact": "联系人", "words": "记录", "next_on": "再打的日期", "delivered_on": "送达日期", "receiver": "签收人",
}  # fmt: skip


@pages.get("/reminders/by-hand")
@staff_only
def hand_list() -> str:
    actor, mine = current_actor(), request.args.get("who") == "mine"
    everything, own = hands.waiting(actor)
    q = request.args.get("q", "").strip()[:60]
    return render_template(
        "reminders/hand_list.html",
        rows=hands.tasks(actor, mine=mine, q=q),
        mine=mine,
        q=q,
        everything=everything,
        own=own,
    )


@pages.get("/reminders/by-hand/<int:message_id>")
@staff_only
def hand_task(message_id: int) -> str:
    return _page(message_id, {}, None)


def _page(message_id: int, given: Any, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "reminders/hand_task.html",
        task=hands.task(actor, settings(), message_id, today()),
        given=given,
        error=error,
        errors=error.fields if error else {},
        labels=_LABELS,
        outcomes=[(name, word) for name, (word, _) in HAND_WORDS.items() if name != "delivered"],
        roles=CONTACT_ROLES,
        may_remind=actor.may("remind"),
    )


@pages.get("/reminders/by-hand/<int:message_id>/print")
@staff_only
def hand_print(message_id: int) -> str:
    return render_template(
        "reminders/hand_print.html", task=hands.task(current_actor(), settings(), message_id, today())
    )


@pages.post("/reminders/by-hand/<int:message_id>/call")
@needs("remind")
def hand_call(message_id: int) -> Any:
    typed = {name: value for name, value in request.form.items() if value and name != "csrf_token"}
    try:
        given = load(CallSchema(), typed)
        told = hands.record_call(current_actor(), settings(), message_id, given, now())
    except (InvalidInput, Conflict) as error:
        return _page(message_id, request.form, error), error.http_status
    flash("已登记，这家企业已告知。" if told else "已登记，仍在名单上。", "success")
    return redirect(url_for("reminders.hand_list") if told else url_for("reminders.hand_task", message_id=message_id))


@pages.post("/reminders/by-hand/<int:message_id>/delivered")
@needs("remind")
def hand_delivered(message_id: int) -> Any:
    typed = {name: value for name, value in request.form.items() if value and name != "csrf_token"}
    try:
        given = load(DeliverySchema(), typed)
        hands.record_delivery(current_actor(), settings(), message_id, given, now())
    except (InvalidInput, Conflict) as error:
        return _page(message_id, request.form, error), error.http_status
    flash("已登记书面送达。", "success")
    return redirect(url_for("reminders.hand_list"))


@pages.post("/reminders/dead-addresses/<int:dead_id>/clear")
@needs("remind")
def clear_dead(dead_id: int) -> Any:
    enterprise_id = dead.clear(current_actor(), dead_id, now())
    flash("这个地址恢复使用，下一次提醒仍会发给它。", "success")
    return redirect(url_for("portal.enterprise", enterprise_id=enterprise_id) + "#contacts")


@pages.post("/contacts/<int:contact_id>/test")
@needs("remind")
def try_contact(contact_id: int) -> Any:
    """A test message to the contact's robot; what the robot said is shown, beside the contact whatever it was."""
    enterprise_id, tried = setup.try_contact(current_actor(), settings(), contact_id, now())
    flash(tried.words, "success" if tried.taken else "danger")
    return redirect(url_for("portal.enterprise", enterprise_id=enterprise_id) + "#contacts")
