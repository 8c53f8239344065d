"""Log-in, one-time links, log-out, own password."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from inspect_station.accounts import audit, details, factors, guard, service
from inspect_station.accounts.guard import current_actor, needs, public
from inspect_station.accounts.schemas import LinkSchema, LoginSchema, PasswordSchema
from inspect_station.accounts.words import ACT_NAMES, OBJECT_NAMES
from inspect_station.clock import SHANGHAI
from inspect_station.errors import InvalidInput, NotFound, StationError, TooMany
from inspect_station.export import Column
from inspect_station.validation import load
from inspect_station.web import decode_cursor, encode_cursor, now, settings, workbook

pages = Blueprint("accounts", __name__)

# The names of the register's fields, handed over in create_app: the trail stands below the register.
FIELD_WORDS = "station_field_words"
TICKET = "ticket"
# Whoever can change people, rules of sending, or everybody's dates: two steps are recommended to them.
RECOMMENDED = frozenset({"admin", "head"})


def form_data() -> dict[str, str]:
    """The submitted form without the CSRF token."""
    return {k: v for k, v in request.form.items() if k != "csrf_token"}


@pages.get("/login")
@public
def login() -> str:
    return _login_page()


@pages.post("/login")
@public
def log_in() -> Any:
    try:
        given = load(LoginSchema(), form_data())
        token = service.log_in(
            given["login"],
            given["password"],
            now(),
            lock_after=settings().lock_after,
            lock_minutes=settings().lock_minutes,
            **where(),
        )
    except (InvalidInput, TooMany) as error:
        return _login_page(error), error.http_status
    except factors.CodeNeeded as needed:
        return ask_for_code(needed, given["next"])
    guard.remember(token)
    return redirect(own_address(given["next"]))


def _login_page(error: StationError | None = None) -> str:
    return render_template(
        "accounts/login.html", error=error, next=request.values.get("next", ""), given=request.form
    )


@pages.get("/login/<token>")
@public
def link(token: str) -> str:
    """Looking does not log in: the button does, so that link scanners use nothing up."""
    account = service.peek_link(token, now())
    if account is None:
        raise NotFound("这个登录链接已经用过或已过期，请向管理员要一个新的。")
    return render_template("accounts/link.html", **_whose(account), error=None)


def _whose(account: Any) -> dict[str, Any]:
    """Without a password nobody sets up a second step: whose role asks for one is not told that it may stay empty."""
    must = account.role in settings().two_step_roles and account.password_hash is None
    return {"name": account.name, "login": account.login, "must": must}


@pages.post("/login/<token>")
@public
def use_link(token: str) -> Any:
    account = service.peek_link(token, now())
    who = _whose(account) if account else {}
    try:
        given = load(LinkSchema(), form_data())
        _check_repeat(given)
        if who.get("must") and not given["password"]:
            raise InvalidInput("您的岗位须用两步验证，请先设一个密码。", {"password": ["必填"]})
        session_token = service.use_link(token, now(), password=given["password"] or None, **where())
    except InvalidInput as error:
        return render_template("accounts/link.html", **who, error=error), error.http_status
    except factors.CodeNeeded as needed:
        return ask_for_code(needed, "")
    guard.remember(session_token)
    return redirect(url_for("home"))


def ask_for_code(needed: factors.CodeNeeded, target: str) -> Response:
    """On to the second step; the ticket travels in the signed cookie and is worth nothing without the code."""
    session.clear()
    session[TICKET] = {**needed.ticket, "next": target}
    return redirect(url_for("accounts.code"))


@pages.post("/logout")
@public
def log_out() -> Response:
    guard.forget()
    flash("已退出。", "info")
    return redirect(url_for("accounts.login"))


@pages.get("/me")
def me() -> str:
    return _my_page()


def _my_page(error: StationError | None = None, part: str = "") -> str:
    account = service.own_account(current_actor())
    email = request.form.get("email", "") if part == "email" else account.email
    return render_template(
        "accounts/me.html",
        error=error,
        part=part,
        email=email,
        two_steps=factors.in_use(account.id),
        wanted=account.role in (settings().two_step_roles or RECOMMENDED),
    )


@pages.post("/me/email")
def change_email() -> Any:
    try:
        service.change_email(current_actor(), request.form.get("email", ""), now())
    except InvalidInput as error:
        return _my_page(error, "email"), error.http_status
    flash("邮箱已保存。", "success")
    return redirect(url_for("accounts.me"))


@pages.post("/me/password")
def change_password() -> Any:
    try:
        given = load(PasswordSchema(), form_data())
        _check_repeat(given)
        token = service.change_password(
            current_actor(),
            given["old"],
            given["password"],
            now(),
            lock_after=settings().lock_after,
            lock_minutes=settings().lock_minutes,
        )
    except (InvalidInput, TooMany) as error:
        return _my_page(error, "password"), error.http_status
    guard.remember(token)
    flash("密码已更换，其他地方的登录都已退出。", "success")
    return redirect(url_for("accounts.me"))


@pages.get("/audit")
@needs("audit")
def audit_trail() -> str:
    args = request.args
    filters = _trail_filters(args)
    before = decode_cursor(args["cursor"], 1)[0] if args.get("cursor") else None
    entries, total = audit.page(current_actor(), filters, before)
    more = {**args, "cursor": encode_cursor(entries[-1]["id"])} if len(entries) == 50 else None
    return render_template(
        "accounts/audit.html",
        entries=entries,
        total=total,
        args=args,
        acts=list(ACT_NAMES.items()),
        act_names=ACT_NAMES,
        object_names=OBJECT_NAMES,
        details=_details,
        object_url=_object_url,
        held=_held(args),
        next_url=_trail_address(more) if more else None,
        export_url=url_for("accounts.audit_export")
        + "?"
        + urlencode({k: v for k, v in args.items() if k != "cursor"}),
        checked=list(audit.broken_links()) if args.get("check") else None,
    )


def _details(detail: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return details.shown(detail, current_app.extensions.get(FIELD_WORDS, {}))


# Pages of areas above this one: linked where they exist.
_OBJECT_PAGES = {
    "equipment": ("portal.device", "equipment_id"),
    "enterprise": ("portal.enterprise", "enterprise_id"),
    "message": ("reminders.message", "message_id"),
    "rule": ("duelist.rule", "key"),
}


def _object_url(kind: str, object_id: str) -> str:
    endpoint, argument = _OBJECT_PAGES.get(kind, ("", ""))
    if endpoint not in current_app.view_functions or not (object_id.isdigit() or argument == "key"):
        return ""
    found: dict[str, Any] = {argument: object_id}
    return url_for(endpoint, **found)


_TRAIL_COLUMNS = (
    Column("序号", "id", 8),
    Column("时间", "at", 18),
    Column("谁", "account_name", 14),
    Column("做了什么", lambda row: ACT_NAMES.get(row["act"], row["act"]), 18),
    Column(
        "对什么", lambda row: f"{OBJECT_NAMES.get(row['object_type'], row['object_type'])} {row['object_id']}", 20
    ),
    Column("结果", lambda row: {"ok": "成功", "refused": "被拒绝"}.get(row["result"], row["result"]), 10),
    Column("内容", lambda row: "；".join(f"{k}：{v}" for k, v in _details(row["detail"])), 50),
    Column("哈希", "hash", 66),
)


@pages.get("/audit.xlsx")
@needs("audit")
def audit_export() -> Response:
    return workbook(_TRAIL_COLUMNS, audit.stream(current_actor(), _trail_filters(request.args)), "审计记录")


def _trail_filters(args: Mapping[str, str]) -> dict[str, Any]:
    return {"act": args.get("act"), "who": args.get("who"), **_period(args.get("from", ""), args.get("until", ""))}


def _held(args: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters in force, each with the address that leaves it out."""
    labels = {"act": "做了什么", "who": "谁", "from": "从", "until": "到"}
    return [
        {
            "label": label,
            "value": ACT_NAMES.get(args[name], args[name]),
            "clear_url": _trail_address({k: v for k, v in args.items() if k not in {name, "cursor"}}),
        }
        for name, label in labels.items()
        if args.get(name)
    ]


def _trail_address(args: Mapping[str, Any]) -> str:
    return url_for("accounts.audit_trail") + "?" + urlencode(args)


def _period(first: str, last: str) -> dict[str, datetime]:
    try:
        since = {"since": datetime.fromisoformat(first).replace(tzinfo=SHANGHAI)} if first else {}
        until = {"until": datetime.fromisoformat(last).replace(tzinfo=SHANGHAI) + timedelta(days=1)} if last else {}
    except ValueError as error:
        raise InvalidInput("日期应写成 2026-11-22 的样子。", {"from": ["格式不对"]}) from error
    return since | until


def _check_repeat(given: dict[str, str]) -> None:
    if given["password"] != given["repeat"]:
        raise InvalidInput("两次输入的密码不一致。", {"repeat": ["与上面的密码不一致"]})


def where() -> dict[str, Any]:
    return {"address": request.remote_addr or "", "agent": request.user_agent.string}


def own_address(target: str) -> str:
    """Where to go after log-in: only a path of this server, never another site."""
    parts = urlsplit(target.replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return url_for("home")
    return target
