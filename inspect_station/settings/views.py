"""Pages of the administrator: what is in order, people, tokens."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for

from inspect_station.accounts import factors
from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.accounts.schemas import PersonSchema, TokenSchema
from inspect_station.accounts.scope import ROLE_NAMES
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.registry import service as registry
from inspect_station.settings import checks
from inspect_station.validation import load
from inspect_station.web import now, settings

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.get("/")
@needs("settings")
def overview() -> str:
    return render_template("settings/overview.html", checks=checks.run_all(settings(), now()))


@pages.get("/people")
@needs("accounts")
def people() -> str:
    actor = current_actor()
    listed = accounts.list_accounts(actor)
    return render_template(
        "settings/people.html",
        people=listed,
        two_steps=factors.enrolled(),
        role_names=ROLE_NAMES,
        firms=registry.enterprise_names(actor),
        now=now(),
        tokens=accounts.list_tokens(actor),
        token_people=[(p.id, f"{p.name}（{p.login}）") for p in listed if not p.disabled_at],
        # Shown once: neither a link nor a token is kept anywhere in clear.
        link=session.pop("shown_link", None),
        token=session.pop("shown_token", None),
    )


@pages.get("/people/new")
@needs("accounts")
def new_person() -> str:
    return _person_form({}, None)


@pages.post("/people/new")
@needs("accounts")
def add_person() -> Any:
    try:
        given = load(PersonSchema(), form_data())
        account = accounts.create_account(current_actor(), now=now(), **given)
    except (InvalidInput, Conflict) as error:
        return _person_form(request.form, error), error.http_status
    return _show_link(account.id)


def _person_form(given: Any, error: Any) -> str:
    firms = sorted(registry.enterprise_names(current_actor()).items(), key=lambda pair: pair[1])
    roles = [(r, name) for r, name in ROLE_NAMES.items() if r != "system"]
    return render_template("settings/person.html", given=given, error=error, roles=roles, firms=firms)


@pages.post("/people/<int:account_id>/link")
@needs("accounts")
def person_link(account_id: int) -> Any:
    return _show_link(account_id)


def _show_link(account_id: int) -> Any:
    account = accounts.get_account(current_actor(), account_id)
    hours = settings().link_hours
    token = accounts.issue_link(current_actor(), account, now(), hours)
    url = settings().base_url.rstrip("/") + url_for("accounts.link", token=token)
    session["shown_link"] = {"name": account.name, "url": url, "hours": hours}
    return redirect(url_for("settings.people"))


@pages.post("/people/<int:account_id>/disabled")
@needs("accounts")
def person_disabled(account_id: int) -> Any:
    accounts.set_disabled(current_actor(), account_id, bool(request.form.get("disabled")), now())
    return redirect(url_for("settings.people"))


@pages.post("/people/<int:account_id>/factor")
@needs("accounts")
def person_factor(account_id: int) -> Any:
    accounts.reset_factor(current_actor(), account_id, now())
    flash("已关闭他的两步验证并退出他的所有登录；请他登录后重新开启。", "success")
    return redirect(url_for("settings.people"))


@pages.post("/tokens")
@needs("accounts")
def new_token() -> Any:
    given = load(TokenSchema(), form_data())
    account = accounts.get_account(current_actor(), given["account_id"])
    session["shown_token"] = accounts.create_token(current_actor(), account, given["name"], now())
    return redirect(url_for("settings.people"))


@pages.post("/tokens/<int:token_id>/revoked")
@needs("accounts")
def token_revoked(token_id: int) -> Any:
    accounts.revoke_token(current_actor(), token_id, now())
    return redirect(url_for("settings.people"))
