"""停车检修与谢绝入厂: typed by staff for any enterprise, by an enterprise for itself."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.planning.schemas import SiteSchema, WindowSchema
from inspect_station.planning.service import sites
from inspect_station.planning.views import pages
from inspect_station.planning.words import SORTS
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import now, today


@pages.get("/windows")
def windows() -> str:
    """The enterprises' days, from today on; narrowed to one with `enterprise`."""
    actor = current_actor()
    names = registry.enterprise_names(actor)
    asked = request.args.get("enterprise", type=int)
    number = asked if asked in names else actor.enterprise_id
    return render_template(
        "planning/windows.html",
        windows=sites.windows(actor, today(), number),
        sorts=SORTS,
        names=names,
        number=number,
        is_staff=actor.is_staff,
        may_edit=not actor.is_staff or actor.may("edit"),
        continuous=sites.continuous(actor, number) if number else None,
    )


@pages.get("/windows/new")
def new_window() -> str:
    actor = current_actor()
    if actor.is_staff:
        actor.need("edit")
    return _form(None, {"enterprise_id": request.args.get("enterprise", "")})


@pages.post("/windows/new")
def add_window() -> Any:
    actor = current_actor()
    if actor.is_staff:
        actor.need("edit")
    try:
        given = load(WindowSchema(), form_data())
        firm = actor.enterprise_id or given["enterprise_id"]
        if firm is None:
            raise InvalidInput("请选择企业。", {"enterprise_id": ["请选择企业"]})
        if firm not in registry.enterprise_names(actor):
            raise InvalidInput("没有这家企业，请从列表中选择。", {"enterprise_id": ["没有这家企业，请从列表中选择"]})
        sites.add(actor, firm, now=now(), **_values(given))
    except (InvalidInput, Conflict) as error:
        return _form(None, request.form, error), error.http_status
    flash("已登记，下次排计划时起作用。", "success")
    return redirect(_list(firm))


def _values(given: dict[str, Any]) -> dict[str, Any]:
    units = [
        unit.strip() for unit in given["units"].replace("，", "、").replace(",", "、").split("、") if unit.strip()
    ]
    return {
        "sort": given["sort"],
        "first_on": given["first_on"],
        "last_on": given["last_on"],
        "units": units if given["sort"] == "shutdown" else [],
        "note": given["note"],
    }


@pages.get("/windows/<int:window_id>")
def edit_window(window_id: int) -> str:
    found = sites.window(current_actor(), window_id)
    return _form(window_id, {**found, "units": "、".join(found["units"] or [])})


@pages.post("/windows/<int:window_id>")
def change_window(window_id: int) -> Any:
    actor = current_actor()
    found = sites.window(actor, window_id)
    try:
        given = load(WindowSchema(), form_data())
        sites.change(actor, window_id, now=now(), revision=given["revision"], **_values(given))
    except (InvalidInput, Conflict, Stale) as error:
        return _form(window_id, {**found, **request.form.to_dict()}, error), error.http_status
    flash("已改好，下次排计划时起作用。", "success")
    return redirect(_list(found["enterprise_id"]))


@pages.post("/windows/<int:window_id>/removed")
def remove_window(window_id: int) -> Redirect:
    found = sites.window(current_actor(), window_id)
    sites.remove(current_actor(), window_id, now())
    flash("已移除这段时间。", "success")
    return redirect(_list(found["enterprise_id"]))


@pages.post("/sites/<int:enterprise_id>")
def set_site(enterprise_id: int) -> Redirect:
    sites.continuous(current_actor(), enterprise_id)  # foreign is missing, whatever was typed
    given = load(SiteSchema(), form_data())
    sites.set_continuous(current_actor(), enterprise_id, given["continuous"], now())
    flash("已保存。" + ("内部、定期、全面检验今后只排在停车期间。" if given["continuous"] else ""), "success")
    return redirect(_list(enterprise_id))


def _list(enterprise_id: int) -> str:
    staff = current_actor().is_staff
    return url_for("planning.windows", enterprise=enterprise_id) if staff else url_for("planning.windows")


def _form(window_id: int | None, given: Any, error: StationError | None = None) -> str:
    actor = current_actor()
    return render_template(
        "planning/window_form.html", window_id=window_id, given=given, error=error,
        errors=error.fields if error else {}, sorts=list(SORTS.items()), is_staff=actor.is_staff,
        firms=list(registry.enterprise_names(actor).items()), today=today(),
    )  # fmt: skip
