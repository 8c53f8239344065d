"""The second step of a log-in, and the page on which a person sets it up."""

from io import BytesIO
from typing import Any

import segno
from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from inspect_station.accounts import factors, guard, service
from inspect_station.accounts.guard import current_actor, public
from inspect_station.accounts.views import TICKET, own_address, pages, where
from inspect_station.errors import Conflict, InvalidInput, NotFound, StationError, TooMany
from inspect_station.web import now, settings


@pages.get("/login/code")
@public
def code() -> Any:
    if TICKET not in session:
        return redirect(url_for("accounts.login"))
    return render_template("accounts/code.html", error=None)


@pages.post("/login/code")
@public
def enter_code() -> Any:
    ticket = session.get(TICKET)
    if ticket is None:
        return redirect(url_for("accounts.login"))
    try:
        token = service.enter_code(ticket, request.form.get("code", "")[:64], now(), **_limits(), **where())
    except NotFound as error:  # waited too long: from the beginning
        session.pop(TICKET)
        flash(error.message, "warning")
        return redirect(url_for("accounts.login"))
    except (InvalidInput, TooMany) as error:
        return render_template("accounts/code.html", error=error), error.http_status
    guard.remember(token)
    return redirect(own_address(ticket["next"]))


@pages.get("/me/factor")
def factor() -> str:
    return _page()


@pages.get("/me/factor/qr.svg")
def factor_code() -> Response:
    """The waiting secret for a telephone's camera; shown to nobody but its person, and only until it is confirmed."""
    waiting = factors.pending(service.own_account(current_actor()), settings().station_name)
    if waiting is None:
        raise NotFound()
    drawn = BytesIO()
    segno.make_qr(waiting[1], error="m").save(drawn, kind="svg", scale=4, border=4)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@pages.post("/me/factor/begin")
def begin_factor() -> Any:
    try:
        factors.begin(_proven(), now())
    except (InvalidInput, TooMany, Conflict) as error:
        return _page(error), error.http_status
    return redirect(url_for("accounts.factor"))


@pages.post("/me/factor/confirm")
def confirm_factor() -> Any:
    actor = current_actor()
    account = service.own_account(actor)
    try:
        codes = factors.confirm(actor, account, request.form.get("code", "")[:64], now())
    except InvalidInput as error:
        return _page(error), error.http_status
    guard.remember(service.new_session(account, now(), **where()))
    return _page(codes=codes)


@pages.post("/me/factor/codes")
def renew_codes() -> Any:
    try:
        return _page(codes=factors.renew_codes(current_actor(), _proven(), now()))
    except (InvalidInput, TooMany, Conflict) as error:
        return _page(error), error.http_status


@pages.post("/me/factor/off")
def drop_factor() -> Any:
    try:
        account = _proven("password_off")
        if account.role in settings().two_step_roles:
            raise Conflict("您的岗位须用两步验证，不能关闭；换手机时请管理员代为关闭，再重新开启。")
        factors.drop(current_actor(), account, now())
    except (InvalidInput, TooMany, Conflict) as error:
        return _page(error), error.http_status
    flash("两步验证已关闭，恢复码同时作废。", "success")
    return redirect(url_for("accounts.me"))


def _proven(field: str = "password") -> Any:
    return service.prove(current_actor(), request.form.get(field, "")[:200], now(), **_limits())


def _limits() -> dict[str, Any]:
    return {"lock_after": settings().lock_after, "lock_minutes": settings().lock_minutes}


def _page(error: StationError | None = None, codes: Any = ()) -> str:
    account = service.own_account(current_actor())
    waiting = factors.pending(account, settings().station_name)
    return render_template(
        "accounts/factor.html",
        error=error,
        codes=codes,
        in_use=factors.in_use(account.id),
        left=factors.left(account.id),
        has_password=account.password_hash is not None,
        must=account.role in settings().two_step_roles,
        secret=" ".join(waiting[0][i : i + 4] for i in range(0, len(waiting[0]), 4)) if waiting else "",
    )
