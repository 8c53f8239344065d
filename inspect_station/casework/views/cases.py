"""报检与检验: the list of cases, one case, and what is decided about it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, render_template, request, url_for

from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service, words
from inspect_station.casework.cases import Filters
from inspect_station.casework.columns import CASES
from inspect_station.casework.schemas import CaseQuery, ReasonSchema
from inspect_station.casework.views import forms, pages
from inspect_station.errors import InvalidInput, StationError
from inspect_station.registry import cursors
from inspect_station.validation import load
from inspect_station.web import now, today, workbook


def _asked() -> tuple[dict[str, Any], Filters]:
    given = load(CaseQuery(), {name: value for name, value in request.args.items() if value})
    return given, Filters(given["state"], given.get("enterprise"), given.get("keeper"), given["late"], given["q"])


def _address(endpoint: str = "casework.cases", /, **changed: Any) -> str:
    state = {k: v for k, v in request.args.items() if v and k not in {"cursor", "sample"}} | changed
    kept = {k: v for k, v in state.items() if v not in (None, "")}
    return url_for(endpoint) + (f"?{urlencode(kept)}" if kept else "")


@pages.get("/cases")
def cases() -> str:
    given, filters = _asked()
    actor = current_actor()
    after = cursors.after(given["cursor"], service.cases.SORTS, given["sort"])
    page = service.cases.page(actor, filters, today(), sort=given["sort"], after=after, size=given["per_page"])
    return render_template(
        "casework/cases.html",
        page=page,
        args=request.args,
        filters=filters,
        counts=service.cases.counts(actor, filters),
        states=words.STATES,
        address=_address,
        held=_held(filters, page.rows),
        next_url=_address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=_address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        may_apply=actor.may("edit") or not actor.is_staff,
    )


def _held(filters: Filters, rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    first: Mapping[str, Any] = rows[0] if rows else {}
    said = [
        ("q", "搜索", filters.q),
        ("enterprise", "企业", first.get("enterprise_name", "所选企业") if filters.enterprise else ""),
        ("keeper", "首问负责人", first.get("keeper_name", "所选人员") if filters.keeper else ""),
        ("late", "只看", "严重逾期" if filters.late else ""),
    ]
    return [
        {"label": label, "value": value, "clear_url": _address(**{name: None})}
        for name, label, value in said
        if value
    ]


@pages.get("/cases.xlsx")
def cases_export() -> Response:
    _, filters = _asked()
    return workbook(CASES, service.cases.stream(current_actor(), filters, today()), "报检")


@pages.get("/cases/<int:application_id>")
def case(application_id: int) -> str:
    return page_with(application_id, None)


def page_with(application_id: int, error: StationError | None, task_id: int | None = None) -> str:
    actor, may_edit = current_actor(), current_actor().may("edit")
    row = service.cases.get(actor, application_id, today())
    items = service.cases.items(actor, application_id)
    tasks = service.cases.tasks(actor, application_id)
    for task in tasks:
        task["clocks"] = _open_clocks(items, task["id"])
        task["limit"] = service.dating.last_lawful_day(task["id"], today())
    return render_template(
        "casework/case.html",
        row=row,
        items=items,
        tasks=tasks,
        findings=service.findings.of_tasks(actor, [task["id"] for task in tasks], today()),
        files=service.attachments.of(actor, application_id),
        accept=service.attachments.ACCEPT,
        may_attach=(may_edit or not actor.is_staff) and row["state"] in words.OPEN_STATES,
        words=words,
        state=words.STATES[row["state"]],
        error=error,
        error_task=task_id,
        errors=error.fields if error else {},
        given=request.form if error else {},
        may_edit=may_edit,
        people=[(p["id"], p["name"]) for p in accounts.staff(actor)] if actor.is_staff else [],
        shown_items=service.cases.SHOWN_ITEMS,
    )


def _open_clocks(items: list[dict[str, Any]], task_id: int) -> list[tuple[str, str, int]]:
    """Clock, its name, and how many items of it are open: what may be recorded together."""
    waiting = [(item["clock"], item["clock_label"]) for item in items if item["task"] == task_id and item["open"]]
    return [(clock, label, waiting.count((clock, label))) for clock, label in dict.fromkeys(waiting)]


def refused(application_id: int, error: StationError, task_id: int | None = None) -> Any:
    """The case's page again, with what was wrong beside what was typed."""
    return page_with(application_id, error, task_id), error.http_status


@pages.post("/cases/<int:application_id>/accept")
@needs("edit")
def accept(application_id: int) -> Any:
    def act() -> str:
        service.deciding.accept(current_actor(), application_id, now=now())
        return url_for("casework.case", application_id=application_id)

    return forms.save(act, "已受理，请提出检验日期。", lambda error: page_with(application_id, error))


@pages.post("/cases/<int:application_id>/keeper")
@needs("edit")
def hand_over(application_id: int) -> Any:
    def act() -> str:
        chosen = request.form.get("keeper", "")
        if not chosen.isdigit():
            raise InvalidInput("请选择首问负责人。", {"keeper": ["请选择"]})
        service.deciding.hand_over(current_actor(), application_id, int(chosen[:9]), now=now())
        return url_for("casework.case", application_id=application_id)

    return forms.save(act, "已移交，企业会看到新的首问负责人。", lambda error: page_with(application_id, error))


@pages.get("/cases/<int:application_id>/refuse")
@needs("edit")
def refuse_form(application_id: int) -> str:
    return _reason_page(application_id, "refuse", None)


@pages.post("/cases/<int:application_id>/refuse")
@needs("edit")
def refuse(application_id: int) -> Any:
    def act() -> str:
        given = load(ReasonSchema(), {"reason": request.form.get("reason", "")})
        service.deciding.refuse(current_actor(), application_id, reason=given["reason"], now=now())
        return url_for("casework.case", application_id=application_id)

    return forms.save(act, "已答复企业：不予受理。", lambda error: _reason_page(application_id, "refuse", error))


@pages.get("/cases/<int:application_id>/withdraw")
def withdraw_form(application_id: int) -> str:
    return _reason_page(application_id, "withdraw", None)


@pages.post("/cases/<int:application_id>/withdraw")
def withdraw(application_id: int) -> Any:
    def act() -> str:
        given = load(ReasonSchema(), {"reason": request.form.get("reason", "")})
        service.deciding.withdraw(current_actor(), application_id, reason=given["reason"], now=now())
        return url_for("casework.case", application_id=application_id)

    return forms.save(act, "报检已撤回。", lambda error: _reason_page(application_id, "withdraw", error))


_ENDINGS = {
    "refuse": ("不予受理", "企业会看到这里写的原因，请写明缺什么、怎么补、补齐后如何再报。不予受理后，这些设备可以重新报检。", "不予受理"),
    "withdraw": ("撤回报检", "撤回后，已约定的日期一并取消，催检提醒恢复。设备可以重新报检。", "撤回报检"),
}  # fmt: skip


def _reason_page(application_id: int, act: str, error: StationError | None) -> str:
    row = service.cases.get(current_actor(), application_id, today())
    title, text, label = _ENDINGS[act]
    return render_template(
        "casework/reason.html",
        row=row,
        title=f"{title}：{row['number']}",
        text=text,
        action_label=label,
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )


@pages.get("/cases/promises")
@needs("settings")
def promise_settings() -> str:
    return _promise_page(None)


@pages.post("/cases/promises")
@needs("settings")
def set_promises() -> Any:
    given = {k: v.strip() for k, v in request.form.items() if k in service.promises.STEPS}
    try:
        if not all(v.isascii() and v.isdigit() and len(v) < 4 for v in given.values()):
            raise InvalidInput(
                "请填写工作日数（整数）。", {k: ["应为整数"] for k, v in given.items() if not v.isdigit()}
            )
        service.promises.set_days(current_actor(), given, now())
    except InvalidInput as error:
        return _promise_page(error), error.http_status
    flash("承诺期限已更改，从今后的报检起适用；已经作出的承诺不变。", "success")
    return redirect(url_for("casework.promise_settings"))


def _promise_page(error: StationError | None) -> str:
    return render_template(
        "casework/promises.html",
        steps=service.promises.STEPS,
        days=service.promises.days(),
        most=service.promises.MOST,
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )
