"""The page where one subscribes, and the address a calendar program fetches."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for

from inspect_station.accounts.guard import current_actor, public
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.feeds import ics, service
from inspect_station.feeds.schemas import FeedSchema
from inspect_station.validation import load
from inspect_station.web import now, settings

pages = Blueprint("feeds", __name__)


@pages.get("/me/calendars")
def mine() -> str:
    return _page()


@pages.post("/me/calendars")
def create() -> Any:
    try:
        given = load(FeedSchema(), form_data())
        secret = service.create(current_actor(), given["name"].strip(), now())
    except (InvalidInput, Conflict) as error:
        return _page(error), error.http_status
    # Shown once: only its hash is kept.
    session["shown_feed"] = settings().base_url.rstrip("/") + url_for("feeds.calendar", secret=secret)
    return redirect(url_for("feeds.mine"))


@pages.post("/me/calendars/<int:feed_id>/revoked")
def revoke(feed_id: int) -> Any:
    service.revoke(current_actor(), feed_id, now())
    flash("已停用，这个地址不再更新。请在日历程序里把它删去。", "success")
    return redirect(url_for("feeds.mine"))


def _page(error: InvalidInput | Conflict | None = None) -> str:
    actor, shown = current_actor(), session.pop("shown_feed", "")
    return render_template(
        "feeds/mine.html",
        feeds=service.own(actor),
        shown=shown,
        subscribe=shown.replace("https:", "webcal:", 1).replace("http:", "webcal:", 1),  # opens the calendar program
        error=error,
        given=request.form,
        is_staff=actor.is_staff,
    )


@pages.get("/calendar/<secret>.ics")
@public
def calendar(secret: str) -> Response:
    """Public: calendar programs cannot log in. The secret alone opens it, and only reading."""
    base = settings().base_url.rstrip("/")
    body = service.calendar(secret, now(), lambda number: base + url_for("portal.device", equipment_id=number))
    response = Response(body, content_type=ics.MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'inline; filename="due-dates.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
