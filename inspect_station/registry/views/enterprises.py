"""企业: the list, its export, the forms of one firm and of its contacts."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, render_template, request, session, url_for

from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.errors import StationError
from inspect_station.registry import columns, cursors, service
from inspect_station.registry.enterprises import Filters
from inspect_station.registry.schemas import ContactSchema, EnterpriseQuery, EnterpriseSchema, ReasonSchema
from inspect_station.registry.views import forms, pages
from inspect_station.registry.words import CONTACT_ROLES, ENTERPRISE_FIELDS, ENTERPRISE_STATUSES, ROBOT_KINDS
from inspect_station.validation import load
from inspect_station.web import now, settings, today, workbook

_LABELS = {**ENTERPRISE_FIELDS, "responsible_id": ENTERPRISE_FIELDS["responsible"], "reason": "理由"}


def _asked() -> tuple[dict[str, Any], Filters]:
    given = load(EnterpriseQuery(), {k: v for k, v in request.args.items() if v})
    if "sort" not in request.args:
        given["sort"] = "initials"
    return given, Filters(given["q"], given["status"], given.get("responsible"))


@pages.get("/enterprises")
def enterprise_list() -> str:
    given, filters = _asked()
    found = service.enterprises
    after = cursors.after(given["cursor"], found.SORTS, given["sort"])
    page = found.page(current_actor(), filters, sort=given["sort"], after=after, size=given["per_page"])
    people = {p["id"]: p["name"] for p in accounts.staff(current_actor())} if current_actor().is_staff else {}
    return render_template(
        "registry/enterprise_list.html",
        page=page,
        args=request.args,
        people=list(people.items()),
        statuses=list(ENTERPRISE_STATUSES.items()),
        status_names=ENTERPRISE_STATUSES,
        held=_held(filters, people),
        columns=_headings(given["sort"]),
        next_url=_address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=_address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        export_url=_address("registry.enterprise_export"),
    )


def _address(endpoint: str = "registry.enterprise_list", /, **changed: Any) -> str:
    state = {k: v for k, v in request.args.items() if v and k != "cursor"} | changed
    kept = {k: v for k, v in state.items() if v not in (None, "")}
    return url_for(endpoint) + (f"?{urlencode(kept)}" if kept else "")


def _without(name: str) -> str:
    changed: dict[str, Any] = {name: None}
    return _address(**changed)


def _held(filters: Filters, people: Mapping[int, str]) -> list[dict[str, str]]:
    said = [
        ("q", "搜索", filters.q),
        ("status", "状态", ENTERPRISE_STATUSES.get(filters.status, "")),
        ("responsible_id", "负责检验员", people.get(filters.responsible or 0, "")),
    ]
    return [{"label": label, "value": value, "clear_url": _without(name)} for name, label, value in said if value]


def _headings(sort: str) -> list[dict[str, Any]]:
    def heading(key: str, label: str, sorted_by: str = "", **more: Any) -> dict[str, Any]:
        held = {sorted_by: "ascending", f"-{sorted_by}": "descending"}.get(sort) if sorted_by else None
        url = _address(sort=f"-{sorted_by}" if held == "ascending" else sorted_by) if sorted_by else None
        return {"key": key, "label": label, "sort": held, "sort_url": url, **more}

    return [
        heading("status", "状态"),
        heading("name", "企业", "initials"),
        heading("code", "统一社会信用代码", optional=True),
        heading("plot", "地块", optional=True),
        heading("responsible", "负责检验员", optional=True),
        heading("office", "监管机构", optional=True, hidden=True),
        heading("devices", "设备（台、条）", numeric=True),
    ]


@pages.get("/enterprises.xlsx")
def enterprise_export() -> Response:
    given, filters = _asked()
    rows = service.enterprises.stream(current_actor(), filters, sort=given["sort"])
    return workbook(columns.ENTERPRISES, rows, "企业")


@pages.get("/enterprises/new")
@needs("edit")
def new_enterprise() -> str:
    return _form({"status": "active"}, None, None)


@pages.post("/enterprises/new")
@needs("edit")
def add_enterprise() -> Any:
    def act() -> str:
        values = load(EnterpriseSchema(), _typed())
        number = service.enterprises.create(current_actor(), values, now())
        return url_for("portal.enterprise", enterprise_id=number)

    return forms.save(act, "企业已登记。", lambda error: _form(request.form, None, error))


@pages.get("/enterprises/<int:enterprise_id>/edit")
@needs("edit")
def edit_enterprise(enterprise_id: int) -> str:
    row = service.enterprises.get(current_actor(), enterprise_id)
    return _form({**row, "responsible_id": row["responsible"]}, row, None)


@pages.post("/enterprises/<int:enterprise_id>/edit")
@needs("edit")
def change_enterprise(enterprise_id: int) -> Any:
    row = service.enterprises.get(current_actor(), enterprise_id)

    def act() -> str:
        values = load(EnterpriseSchema(partial=True), _typed())
        reason = request.form.get("reason", "").strip()[:300]
        service.enterprises.change(
            current_actor(), enterprise_id, values, now=now(), revision=forms.revision(), reason=reason
        )
        return url_for("portal.enterprise", enterprise_id=enterprise_id)

    return forms.save(act, "企业信息已更新，改动已留存。", lambda error: _form(request.form, row, error))


def _typed() -> dict[str, Any]:
    given = forms.blank_is_none("responsible_id")
    return {k: v for k, v in given.items() if k not in {"revision", "reason"}}


def _form(given: Mapping[str, Any], row: Mapping[str, Any] | None, error: StationError | None) -> str:
    return render_template(
        "registry/enterprise_form.html",
        given=given,
        row=row,
        error=error,
        errors=error.fields if error else {},
        labels=_LABELS,
        people=[(p["id"], p["name"]) for p in accounts.staff(current_actor())],
        statuses=list(ENTERPRISE_STATUSES.items()),
    )


# --- contacts ------------------------------------------------------------------------------------------------------


@pages.get("/enterprises/<int:enterprise_id>/contacts/new")
@needs("edit")
def new_contact(enterprise_id: int) -> str:
    return _contact_page(enterprise_id, {"role": "safety_officer", "receives_reminders": "1"}, None)


@pages.post("/enterprises/<int:enterprise_id>/contacts/new")
@needs("edit")
def add_contact(enterprise_id: int) -> Any:
    def act() -> str:
        given: dict[str, Any] = {k: v for k, v in request.form.items() if k != "csrf_token"}
        given["receives_reminders"] = "receives_reminders" in request.form
        values = load(ContactSchema(), given | {"email": given.get("email") or None})
        values["email"] = values["email"] or ""
        service.contacts.add(
            current_actor(), enterprise_id, values, now=now(), today=today(), robot_hosts=settings().robot_hosts
        )
        return url_for("portal.enterprise", enterprise_id=enterprise_id) + "#contacts"

    return forms.save(act, "联系人已登记。", lambda error: _contact_page(enterprise_id, request.form, error))


def _contact_page(enterprise_id: int, given: Mapping[str, Any], error: StationError | None) -> str:
    return render_template(
        "registry/contact_form.html",
        firm=service.enterprises.get(current_actor(), enterprise_id),
        given=given,
        error=error,
        errors=error.fields if error else {},
        labels={
            "role": "职务",
            "name": "姓名",
            "mobile": "手机",
            "email": "邮箱",
            "robot_kind": "群机器人",
            "robot_address": "群机器人地址",
            "robot_secret": "签名密钥",
            "preferred": "首选渠道",
        },
        roles=list(CONTACT_ROLES.items()),
        robot_kinds=list(ROBOT_KINDS.items()),
        channel_choices=[("mail", "邮件"), ("sms", "短信"), *ROBOT_KINDS.items()],
    )


@pages.get("/contacts/<int:contact_id>/end")
@needs("edit")
def end_contact_form(contact_id: int) -> str:
    return _end_page(contact_id, None)


@pages.post("/contacts/<int:contact_id>/end")
@needs("edit")
def end_contact(contact_id: int) -> Any:
    row = service.contacts.get(current_actor(), contact_id)

    def act() -> str:
        given = load(ReasonSchema(), {"reason": request.form.get("reason", "")})
        service.contacts.end(current_actor(), contact_id, reason=given["reason"], now=now(), today=today())
        return url_for("portal.enterprise", enterprise_id=row["enterprise"]) + "#contacts"

    return forms.save(act, "联系人已停用，记录保留。", lambda error: _end_page(contact_id, error))


def _end_page(contact_id: int, error: StationError | None) -> str:
    row = service.contacts.get(current_actor(), contact_id)
    return render_template(
        "registry/reason_form.html",
        title=f"停用联系人 {row['name']}",
        text="停用后不再向其发提醒。记录保留，以后仍能查到当时通知了谁。",
        action_label="停用",
        back_url=url_for("portal.enterprise", enterprise_id=row["enterprise"]),
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )


@pages.post("/contacts/<int:contact_id>/reveal")
def reveal_contact(contact_id: int) -> Any:
    """The full number, once: the next look at the page shows it masked again."""
    row = service.contacts.reveal(current_actor(), contact_id, now())
    session["shown_mobile"] = {"contact": contact_id, "mobile": row["mobile"]}
    flash("已显示完整号码，这次查看已留痕。", "info")
    return redirect(url_for("portal.enterprise", enterprise_id=row["enterprise"]) + "#contacts")
