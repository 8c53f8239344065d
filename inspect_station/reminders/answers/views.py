"""The page behind a reminder's link, for anybody who holds it. GET changes nothing, for link scanners fetch pages;
an answer takes a POST with the token of the form it comes from.
"""

import hmac
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf

from inspect_station import clock
from inspect_station.accounts.guard import public
from inspect_station.accounts.scope import Actor
from inspect_station.accounts.views import form_data
from inspect_station.clinic import service as clinic
from inspect_station.errors import Conflict, InvalidInput, NotFound, StationError, TooMany
from inspect_station.registry import service as registry
from inspect_station.registry.documents import Kept
from inspect_station.reminders.answers import service
from inspect_station.reminders.answers.limit import Brake
from inspect_station.reminders.answers.schemas import SCHEMAS, QuestionSchema
from inspect_station.reminders.answers.sheet import Sheet
from inspect_station.reminders.answers.words import ACTS, KINDS
from inspect_station.validation import load
from inspect_station.web import now, settings, today

pages = Blueprint("answer", __name__, url_prefix="/r")

_brake = Brake()
_TOO_OFTEN = "操作太频繁，请一分钟后再试，或打电话与我们联系。"
_NOT_FROM_HERE = "这次提交不是从本页的按钮来的，没有记录。请在本页核对后再点一次。"


@pages.after_request
def _private(response: Response) -> Response:
    """Not indexed, not kept, and the address is told to nobody the page leads to."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.get("/<secret>")
@public
def page(secret: str) -> Any:
    """The letter in short, what was answered so far, the five answers."""
    try:
        sheet = _behind(secret)
    except NotFound:
        return render_template("answers/gone.html"), 404
    given = service.of_message(sheet.message.id)
    return render_template(
        "answers/page.html", sheet=sheet, secret=secret, given=given, kinds=KINDS, is_staff=_is_staff(), **_about()
    )


@pages.get("/<secret>/<any(apply,noted,stopped,not_ours,contact):kind>")
@public
def form(secret: str, kind: str) -> Any:
    try:
        sheet = _behind(secret)
    except NotFound:
        return render_template("answers/gone.html"), 404
    return _form(sheet, secret, kind, {}, None)


@pages.post("/<secret>/<any(apply,noted,stopped,not_ours,contact):kind>")
@public
def give(secret: str, kind: str) -> Any:
    try:
        sheet = _behind(secret)
    except NotFound:
        return render_template("answers/gone.html"), 404
    try:
        _check_origin(secret, kind)
        _give(sheet, kind)
    except (InvalidInput, Conflict) as error:
        return _form(sheet, secret, kind, request.form, error), error.http_status
    flash(f"已收到您的答复：{KINDS[kind].label}。{_then(kind)}", "success")
    return redirect(url_for("answer.page", secret=secret))


def _give(sheet: Sheet, kind: str) -> None:
    speaker, given = _speaker(sheet), load(SCHEMAS[kind](), _typed(kind))
    try:
        service.give(speaker, sheet, kind, given, settings(), now(), _evidence(kind))
    except (InvalidInput, Conflict):
        if speaker.is_staff or not service.just_applied(sheet, kind, given, now()):
            raise


@pages.get("/<secret>/question")
@public
def question(secret: str) -> Any:
    try:
        sheet = _behind(secret)
    except NotFound:
        return render_template("answers/gone.html"), 404
    return _question_form(sheet, secret, {}, None)


@pages.post("/<secret>/question")
@public
def ask(secret: str) -> Any:
    """A question to the clinic, an extra beside the five answers."""
    try:
        sheet = _behind(secret)
    except NotFound:
        return render_template("answers/gone.html"), 404
    try:
        _check_origin(secret, "question")
        typed = {k: v for k, v in form_data().items() if k != "page_token"}
        given = load(QuestionSchema(), typed | {"devices": request.form.getlist("devices")})
        service.ask(_speaker(sheet), sheet, given, settings(), now())
    except (InvalidInput, Conflict) as error:
        return _question_form(sheet, secret, request.form, error), error.http_status
    flash("已收到您的提问，检验站会打电话答复，也写在“工业诊所”里，登录后能看到。它不代替对通知的答复。", "success")
    return redirect(url_for("answer.page", secret=secret))


def _question_form(sheet: Sheet, secret: str, given: Any, error: StationError | None) -> str:
    return render_template(
        "answers/question.html",
        sheet=sheet,
        secret=secret,
        given=given,
        chosen=given.getlist("devices") if given else [],
        error=error,
        errors=error.fields if error else {},
        page_token=_seal(secret, "question"),
        sorts=[(name, label, clinic.words.KIND_NOTES[name]) for name, label in clinic.words.KINDS.items()],
        is_staff=_is_staff(),
        **_about(),
    )


def _behind(secret: str) -> Sheet:
    address, ticks = request.remote_addr or "", clock.monotonic()
    if _brake.is_on(address, ticks):
        raise TooMany(_TOO_OFTEN)
    try:
        return service.behind(secret, settings(), now())
    except NotFound:
        _brake.missed(address, ticks)
        raise


def _is_staff() -> bool:
    actor: Actor | None = g.get("actor")
    return actor is not None and actor.is_staff


def _speaker(sheet: Sheet) -> Actor:
    """Who answers: the firm's own person if he is logged in, otherwise whoever holds the link; staff are refused."""
    actor: Actor | None = g.get("actor")
    if actor is not None and (actor.is_staff or actor.enterprise_id == sheet.message.enterprise_id):
        return actor
    return service.holder_of(sheet)


# --- the form's own token ----------------------------------------------------------------------------------------------


def _seal(secret: str, kind: str) -> str:
    """Binds a form to this page, this answer and this visitor."""
    generate_csrf()  # puts the visitor's own token into the session, if it is not there yet
    said = f"answer-form\0{secret}\0{kind}\0{session['csrf_token']}".encode()
    return hmac.new(settings().secret_key.encode(), said, "sha256").hexdigest()


def _check_origin(secret: str, kind: str) -> None:
    given = request.form.get("page_token", "")
    if not hmac.compare_digest(given.encode(), _seal(secret, kind).encode()):
        raise InvalidInput(_NOT_FROM_HERE)


# --- what was typed ----------------------------------------------------------------------------------------------------

_LISTS = {"apply": "items", "stopped": "devices", "not_ours": "devices"}
_DAYS = ("wished_from", "wished_to")


def _typed(kind: str) -> dict[str, Any]:
    given: dict[str, Any] = {k: v for k, v in form_data().items() if k not in {"page_token", "file"}}
    if kind in _LISTS:
        given[_LISTS[kind]] = request.form.getlist(_LISTS[kind])
    for name in _DAYS:
        if name in given:
            given[name] = given[name] or None
    return given


def _evidence(kind: str) -> Kept | None:
    file = request.files.get("file")
    if kind not in {"stopped", "not_ours"} or file is None or not file.filename:
        return None
    content = file.read(registry.documents.LARGEST + 1)
    return registry.documents.receive(file.filename, content, settings().files_dir)


def _form(sheet: Sheet, secret: str, kind: str, given: Any, error: StationError | None) -> str:
    return render_template(
        "answers/form.html",
        sheet=sheet,
        secret=secret,
        kind=kind,
        word=KINDS[kind],
        then=_then(kind),
        given=given,
        chosen=given.getlist(_LISTS[kind]) if given and kind in _LISTS else [],
        error=error,
        errors=error.fields if error else {},
        page_token=_seal(secret, kind),
        roles=list(registry.words.CONTACT_ROLES.items()),
        acts=list(ACTS.items()),
        accept=registry.documents.ACCEPT,
        most_mb=registry.documents.LARGEST // 2**20,
        is_staff=_is_staff(),
        **_about(),
    )


def _then(kind: str) -> str:
    s = settings()
    return KINDS[kind].then(noted=s.noted_quiet_days, rest=s.answer_quiet_days)


def _about() -> dict[str, Any]:
    s = settings()
    return {
        "on": today().isoformat(),
        "station_address": s.station_address,
        "rest_days": s.answer_quiet_days,
        "noted_days": s.noted_quiet_days,
        "referrer_policy": "no-referrer",
    }
