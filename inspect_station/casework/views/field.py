"""今日现场: the day's visits, readable and writable without signal; the worker that makes it so."""

from typing import Any

from flask import Response, current_app, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from inspect_station.accounts.guard import current_actor, public, staff_only
from inspect_station.casework import service
from inspect_station.casework.views import pages
from inspect_station.navigation import __version__
from inspect_station.registry import service as registry
from inspect_station.web import json_response, today, uses_camera
from schedules.terms import GRADES, Conclusion, Kind


@pages.get("/field")
@uses_camera
@staff_only
def field() -> str:
    actor = current_actor()
    everyone = bool(request.args.get("all"))
    tasks = service.cases.for_day(actor, today(), everyone=everyone)
    for task in tasks:
        task["groups"] = _groups(task)
    kept = [url_for("portal.device", equipment_id=i["equipment"]) for t in tasks for i in t["items"]]
    kept += [url_for("casework.case", application_id=task["application"]) for task in tasks]
    return render_template(
        "casework/field.html",
        tasks=tasks,
        most=service.cases.DAY_MOST,
        everyone=everyone,
        may_edit=actor.may("edit"),
        conclusions=[c.value for c in Conclusion],
        grades=GRADES,
        accept=service.photos.ACCEPT,
        # Read by the script: what the worker is to keep for the day.
        keep=list(dict.fromkeys([url_for("casework.field"), url_for("duelist.due_list"), *kept]))[:120],
    )


def _groups(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The open items of a task by clock: what may be recorded together."""
    found = []
    for clock, label in dict.fromkeys((i["clock"], i["clock_label"]) for i in task["items"]):
        items = [item for item in task["items"] if item["clock"] == clock]
        for item in items:
            item["again"] = not item["open"]
            item["kept"] = service.numbers.kept([item["equipment"]], clock, today()) if item["again"] else ""
        found.append(
            {
                "clock": clock,
                "label": label,
                "items": items,
                "graded": registry.inspections.graded(items[0], clock),
                "needs_people": service.results.needs_people(Kind(task["kind"]), clock),
                "people": service.inspectors.who_may(Kind(task["kind"]), clock, today()),
                "filled_on": service.results.known([(item["equipment"], clock) for item in items]),
            }
        )
    return found


@pages.get("/field/session")
@staff_only
def field_session() -> Response:
    """Who is logged in and the token their requests need: asked before anything kept off line is sent."""
    return json_response({"account": current_actor().account_id, "csrf": generate_csrf()})


@pages.get("/service-worker.js")
@public
def service_worker() -> Response:
    """At the root, because a worker may look after no page above its own address."""
    response = current_app.send_static_file("service-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Assets"] = __version__
    return response
