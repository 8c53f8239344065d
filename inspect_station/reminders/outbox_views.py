"""The outbox's heavier acts: look at the backlog and decide, stop or resend several, what never became a letter."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from marshmallow import fields, validate

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.export import Column
from inspect_station.registry import service as registry
from inspect_station.reminders import alarms, backlog, records, unwritten
from inspect_station.reminders.schemas import RemindSchema
from inspect_station.reminders.views import pages
from inspect_station.reminders.words import BY_PERSON, STATE_WORDS
from inspect_station.validation import StationSchema, load
from inspect_station.web import decode_cursor, encode_cursor, now, workbook

_ID = validate.Range(1, 2**31 - 1)


class StepsSchema(StationSchema):
    state = fields.String(validate=validate.OneOf(list(unwritten.STATES)), metadata={"label": "状态"})
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})
    cursor = fields.String(validate=validate.Length(max=500), metadata={"label": "翻页标记"})


class BulkSchema(RemindSchema):
    act = fields.String(
        required=True,
        validate=validate.OneOf(["stop", "resend"], error="请选择停发或重发"),
        metadata={"label": "操作"},
    )


# --- the backlog --------------------------------------------------------------------------------------------------


@pages.get("/reminders/backlog")
@needs("remind")
def look_at_backlog() -> str:
    return _backlog_page()


def _backlog_page(error: InvalidInput | Conflict | None = None) -> str:
    found = backlog.look(current_actor(), now())
    why = alarms.paused_words(found.paused) if found.paused else ""
    given = request.form.get("reason", "")
    return render_template("reminders/backlog.html", found=found, why=why, error=error, given=given)


@pages.post("/reminders/backlog/void")
@needs("remind")
def void_backlog() -> Any:
    try:
        done = backlog.void_and_resume(current_actor(), request.form.get("reason", ""), now())
    except (InvalidInput, Conflict) as error:
        return _backlog_page(error), error.http_status
    flash(f"已作废 {done.letters} 封信、{done.items} 项提醒，原因已记录；发送已恢复，今后到期的照常提醒。", "success")
    return redirect(url_for("reminders.messages", fate="dropped"))


# --- several at once ----------------------------------------------------------------------------------------------


@pages.get("/reminders/bulk")
@needs("remind")
def ask_bulk() -> str:
    given = load(BulkSchema(), {"ids": request.args.getlist("ids"), "act": request.args.get("act", "")})
    return _bulk_page(given)


def _bulk_page(given: dict[str, Any], error: InvalidInput | None = None) -> str:
    rows = records.rows_of(current_actor(), given["ids"])
    return render_template(
        "reminders/bulk.html", rows=rows, act=given["act"], error=error, reason=request.form.get("reason", ""),
        STATES=STATE_WORDS, BY_PERSON=BY_PERSON,
    )  # fmt: skip


@pages.post("/reminders/bulk")
@needs("remind")
def do_bulk() -> Any:
    given = load(BulkSchema(), {"ids": request.form.getlist("ids"), "act": request.form.get("act", "")})
    try:
        done = _bulk(given)
    except InvalidInput as error:
        return _bulk_page(given, error), error.http_status
    left = f"；另有 {done.left} 封正在发送、已发出或已被取代，没有动" if done.left else ""
    word = "停发" if given["act"] == "stop" else "放回待发"
    flash(f"已{word} {done.done} 封{left}。", "success" if done.done else "warning")
    return redirect(url_for("reminders.messages"))


def _bulk(given: dict[str, Any]) -> backlog.Bulk:
    if given["act"] == "stop":
        return backlog.stop_all(current_actor(), given["ids"], request.form.get("reason", ""), now())
    return backlog.resend_all(current_actor(), given["ids"], now())


# --- what never became a letter -----------------------------------------------------------------------------------

_COLUMNS = (
    Column("状态", "state_word", 14),
    Column("原因", "reason", 30),
    Column("企业", "enterprise", 28),
    Column("设备", "equipment", 24),
    Column("单位内编号", "own_number", 16),
    Column("项目", "clock_label", 12),
    Column("到期日期", "due", 12),
    Column("哪一步", "step_word", 14),
    Column("该发之日", "owed_on", 12),
    Column("收件人", "recipient", 26),
)


def _asked() -> tuple[unwritten.Filters, str | None]:
    args = load(StepsSchema(), {name: value for name, value in request.args.items() if value})
    cursor = args.pop("cursor", None)
    return unwritten.Filters(**args), cursor


@pages.get("/reminders/steps")
@staff_only
def steps() -> str:
    filters, cursor = _asked()
    page = unwritten.page_of(current_actor(), filters, decode_cursor(cursor, 1)[0] if cursor else None, 50)
    held = {name: value for name, value in vars(filters).items() if value is not None}
    return render_template(
        "reminders/steps.html",
        page=page,
        filters=filters,
        firms=list(registry.enterprise_names(current_actor()).items()),
        STATES=unwritten.STATES,
        held=held,
        next_url=page.following and url_for("reminders.steps", **held, cursor=encode_cursor(page.following)),
        first_url=cursor and url_for("reminders.steps", **held),
    )


@pages.get("/reminders/steps.xlsx")
@staff_only
def steps_export() -> Response:
    filters, _ = _asked()
    return workbook(_COLUMNS, unwritten.stream(current_actor(), filters), "没有写成信的提醒")
