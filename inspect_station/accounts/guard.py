"""The door: who is asking, decided before any view runs. What is not marked public needs a log-in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, session, url_for

from inspect_station import wall
from inspect_station.accounts import factors, service, sessions
from inspect_station.accounts.scope import Actor
from inspect_station.accounts.station import sample_loaded
from inspect_station.db import db
from inspect_station.errors import NotAllowed, NotLoggedIn
from inspect_station.web import csrf, is_api, now, settings

F = TypeVar("F", bound=Callable[..., Any])
_SESSION_KEY = "sid"
SAMPLE_KEY = "sample"


def public(view: F) -> F:
    """Mark a view that anybody may call."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    app.before_request(_identify)


def current_actor() -> Actor:
    """The person behind this request. Raises `NotLoggedIn` where there is none."""
    actor = cast(Actor | None, g.get("actor"))
    if actor is None:
        raise NotLoggedIn()
    return actor


def needs(permission: str) -> Callable[[F], F]:
    """A view only for those with this permission; an enterprise is told that nothing is here."""

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            current_actor().need(permission)
            return view(*args, **kwargs)

        return cast(F, guarded)

    return decorate


def staff_only(view: F) -> F:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        current_actor().need_staff()
        return view(*args, **kwargs)

    return cast(F, guarded)


def remember(token: str) -> None:
    """Put a fresh session into the cookie; whatever the cookie held before is dropped (fixation)."""
    session.clear()
    session[_SESSION_KEY] = token
    # Asked once, at log-in: every page says 示例数据 without asking the database each time.
    session[SAMPLE_KEY] = sample_loaded()
    session.permanent = True


def forget() -> None:
    token = session.pop(_SESSION_KEY, None)
    if token:
        sessions.end(token, now())
    session.clear()


def _identify() -> Response | None:
    if request.endpoint in {"static", "health.alive"}:
        return None
    bearer = request.headers.get("Authorization", "")
    if bearer.startswith("Bearer "):
        g.actor = service.by_token(bearer.removeprefix("Bearer ").strip(), now())
    else:
        g.actor = _from_cookie()
        # A browser sends its cookie by itself, so every unsafe request must prove it came from our own page.
        if request.endpoint is not None and request.method not in {"GET", "HEAD", "OPTIONS"}:
            csrf.protect()
    if request.endpoint is not None and g.actor is None and not _is_public():
        return _ask_to_log_in()
    if g.actor is not None and g.actor.enterprise_id is not None:
        wall.stand_behind(db.obj, g.actor.enterprise_id)
    return None if bearer else _ask_for_second_factor()


# What somebody who must still set up the second step may open: that page, its parts, and the way out.
_BEFORE_SECOND_STEP = {
    "accounts.factor",
    "accounts.factor_code",
    "accounts.begin_factor",
    "accounts.confirm_factor",
    "accounts.me",
    "accounts.change_password",
}


def _ask_for_second_factor() -> Response | None:
    """Where the station asks for two steps, somebody with one is led to the page that sets up the other, and no further."""
    actor: Actor | None = g.actor
    if actor is None or actor.role not in settings().two_step_roles or actor.account_id is None:
        return None
    if request.endpoint in _BEFORE_SECOND_STEP or _is_public() or factors.in_use(actor.account_id):
        return None
    if is_api() or request.headers.get("HX-Request"):
        raise NotAllowed("您的岗位须先开启两步验证：请打开“我的账号 › 两步验证”。")
    return cast(Response, redirect(url_for("accounts.factor")))


def _from_cookie() -> Actor | None:
    token = session.get(_SESSION_KEY)
    if not token:
        return None
    longest = timedelta(hours=settings().session_hours)
    actor = sessions.find(token, now(), idle=timedelta(minutes=settings().idle_minutes), longest=longest)
    if actor is None:
        session.pop(_SESSION_KEY, None)
    return actor


# They describe the interface and hold nobody's data; the library's own views cannot be marked.
_DESCRIPTIONS = {"api-docs.openapi_json", "api-docs.openapi_swagger_ui"}


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.endpoint in _DESCRIPTIONS or bool(getattr(view, "is_public", False))


def _ask_to_log_in() -> Response:
    if is_api() or request.headers.get("HX-Request"):
        raise NotLoggedIn()
    return cast(Response, redirect(url_for("accounts.login", next=request.full_path.rstrip("?"))))
