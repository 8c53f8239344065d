"""The page of requests about personal data, for the administrator and the head."""

from typing import Any, cast

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from inspect_station.accounts import persons as trail
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.accounts.views import form_data
from inspect_station.accounts.words import ACT_NAMES
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.settings import persons
from inspect_station.settings.schemas import ForgetSchema, HandOutSchema
from inspect_station.validation import load
from inspect_station.web import now, workbook

pages = Blueprint("persons", __name__, url_prefix="/settings/persons")


@pages.get("/")
@needs(persons.PERMISSION)
def requests() -> str:
    actor, words = current_actor(), request.args.get("q", "")
    return render_template(
        "settings/persons.html",
        q=words,
        found=persons.find(actor, words),
        handled=trail.handled(actor),
        act_names=ACT_NAMES,
    )


@pages.get("/<who>/<int:number>")
@needs(persons.PERMISSION)
def held(who: str, number: int) -> str:
    return _page(who, number, {}, None)


def _page(who: str, number: int, given: Any, error: Any) -> str:
    shown = persons.held(current_actor(), _kind(who), number)
    return render_template("settings/held.html", held=shown, person=shown.person, given=given, error=error)


def _kind(who: str) -> persons.Kind:
    if who not in {"account", "contact"}:
        abort(404)
    return cast(persons.Kind, who)


@pages.post("/<who>/<int:number>/export")
@needs(persons.PERMISSION)
def hand_out(who: str, number: int) -> Any:
    kind = _kind(who)
    try:
        given = load(HandOutSchema(), form_data())
    except InvalidInput as error:
        return _page(who, number, request.form, error), error.http_status
    told = persons.export(current_actor(), kind, number, now(), given["reason"])
    title = f"个人信息-{'账号' if kind == 'account' else '联系人'}{number}"
    if given["form"] == "xlsx":
        return workbook(persons.COLUMNS, persons.lines(told), title)
    file = orjson.dumps(told, option=orjson.OPT_INDENT_2, default=str)
    named = {"Content-Disposition": f"attachment; filename=person-{kind}-{number}.json"}
    return Response(file, mimetype="application/json", headers=named)


@pages.post("/<who>/<int:number>/forget")
@needs(persons.PERMISSION)
def forget(who: str, number: int) -> Any:
    actor, kind = current_actor(), _kind(who)
    try:
        given = load(ForgetSchema(), form_data())
        persons.confirmed(actor, kind, number, given["name"])
        persons.forget(actor, kind, number, now(), given["why"])
    except (InvalidInput, Conflict) as error:
        return _page(who, number, request.form, error), error.http_status
    flash("已删除姓名和联系方式。审计记录、已发出的提醒依法保留；旧备份到期后不再含有这些信息。", "success")
    return redirect(url_for("persons.requests"))
