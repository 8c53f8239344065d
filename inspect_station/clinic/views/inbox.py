"""工业诊所, the first page: for staff what waits for us, for an enterprise what it can ask and has to do."""

from flask import render_template

from inspect_station.accounts.guard import current_actor
from inspect_station.clinic import service
from inspect_station.clinic.requests import Filters
from inspect_station.clinic.views import pages
from inspect_station.web import today

SHOWN = 8


@pages.get("")
def inbox() -> str:
    return _for_staff() if current_actor().is_staff else _for_enterprise()


def _for_staff() -> str:
    actor = current_actor()
    unseen = service.rounds.ranked(actor, today())
    reached, firms = service.rounds.reached(actor, today())
    return render_template(
        "clinic/inbox.html",
        requests=service.requests.page(actor, Filters("open"), today(), size=SHOWN),
        agenda=service.visits.agenda(actor, today())[:SHOWN],
        prescriptions=service.findings.by_deadline(actor, today(), SHOWN),
        live=service.findings.live_count(actor),
        rounds=unseen[:SHOWN],
        reached=reached,
        firms=firms,
        may_edit=actor.may("edit"),
        words=service.words,
    )


def _for_enterprise() -> str:
    actor = current_actor()
    hours = service.slots.listed(actor, today())
    return render_template(
        "clinic/mine.html",
        prescriptions=service.findings.by_deadline(actor, today(), 50),
        requests=service.requests.page(actor, Filters(), today(), size=SHOWN),
        visits=service.visits.page(actor, service.visits.Filters(), size=SHOWN),
        booked=[slot for slot in hours if slot["state"] == "booked"],
        free=sum(slot["state"] == "free" for slot in hours),
        recurring=service.library.recurring(today()),
        words=service.words,
    )
