"""站内信: the digests and what became overdue, as they went to the station's own people."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.reminders.staff import service
from inspect_station.reminders.views import pages
from inspect_station.reminders.words import CHANNEL_WORDS, STATE_WORDS, state_word
from inspect_station.web import now, settings

KINDS = {"weekly": "周报", "overdue": "新超期"}


@pages.get("/reminders/staff")
@staff_only
def staff_letters() -> str:
    return render_template(
        "reminders/staff_letters.html",
        letters=service.letters(current_actor()),
        nameless=service.without_address(settings()),
        KINDS=KINDS,
        STATES=STATE_WORDS,
        state_word=state_word,
    )


@pages.get("/reminders/staff/<int:letter_id>")
@staff_only
def staff_letter(letter_id: int) -> str:
    return render_template(
        "reminders/staff_letter.html",
        row=service.letter_of(current_actor(), letter_id),
        KINDS=KINDS,
        CHANNELS=CHANNEL_WORDS,
        state_word=state_word,
        may_remind=current_actor().may("remind"),
    )


@pages.post("/reminders/staff/<int:letter_id>/resend")
@needs("remind")
def resend_staff_letter(letter_id: int) -> Any:
    service.resend(current_actor(), letter_id, now())
    flash("已放回待发，将在一分钟内重新发送。", "success")
    return redirect(url_for("reminders.staff_letter", letter_id=letter_id))
