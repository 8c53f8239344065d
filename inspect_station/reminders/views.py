"""提醒: what was sent, waits or failed; one message; what is to come; a reminder by hand; pause and resume."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.scope import Actor
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.export import Column
from inspect_station.registry import service as registry
from inspect_station.reminders import dead, forecast, records, routes, service, setup
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.records import Filters
from inspect_station.reminders.schemas import ListSchema, OutlookSchema, RemindSchema, StopSchema
from inspect_station.reminders.words import BY_PERSON, CHANNEL_WORDS, FATES, FIRM_FATES, OUTCOME_WORDS, STATE_WORDS
from inspect_station.validation import load
from inspect_station.web import decode_cursor, encode_cursor, now, settings, today, workbook

pages = Blueprint("reminders", __name__)

_WORDS = {
    "shown": routes.shown,
    "STATES": STATE_WORDS,
    "FATES": FATES,
    "FIRM_FATES": FIRM_FATES,
    "CHANNELS": CHANNEL_WORDS,
    "OUTCOMES": OUTCOME_WORDS,
    "BY_PERSON": BY_PERSON,
}
_CHIP_WORDS = {"enterprise": "企业", "channel": "渠道", "first": "自", "last": "至", "q": "搜索", "state": "状态"}


def _asked(schema: Any) -> dict[str, Any]:
    """The address's arguments; a form sends what was left empty as empty text."""
    return load(schema, {name: value for name, value in request.args.items() if value})


@pages.get("/reminders")
def messages() -> str:
    args = _asked(ListSchema())
    per_page, cursor = args.pop("per_page"), args.pop("cursor", None)
    actor, filters = current_actor(), Filters(**args)
    after = decode_cursor(cursor, 1)[0] if cursor else None
    page, counts = records.page_and_counts(actor, filters, after, per_page)
    firms = registry.enterprise_names(actor)
    alarms = service.alarms(now()) if actor.is_staff else []
    return render_template(
        "reminders/messages.html",
        page=page,
        filters=filters,
        counts=counts,
        firms=list(firms.items()),
        chips=_chips(filters, firms),
        url=_address(filters),
        export_url=_address(filters, "reminders.messages_export")(),
        next_url=page.following and _address(filters)(cursor=encode_cursor(page.following)),
        first_url=cursor and _address(filters)(),
        alarms=alarms,
        paused=any(alarm.code == "paused" for alarm in alarms),
        may_remind=actor.may("remind"),
        now=now(),
        **_WORDS,
    )


_COLUMNS = (
    Column("编号", "number", 18),
    Column("日期", "day", 12),
    Column("企业", "enterprise", 28),
    Column("收件人", "recipient_name", 12),
    Column("地址", "recipient", 26),
    Column("渠道", lambda row: CHANNEL_WORDS.get(row["channel"], row["channel"]), 10),
    Column("去向", "state_word", 14),
    Column("原因", "reason", 30),
    Column("内容", "subject", 50),
    Column("项数", "items", 8),
    Column("完成时间", "done_at", 18),
)


@pages.get("/reminders.xlsx")
def messages_export() -> Response:
    args = _asked(ListSchema())
    args.pop("per_page"), args.pop("cursor", None)
    return workbook(_COLUMNS, records.stream(current_actor(), Filters(**args)), "提醒记录")


def _address(filters: Filters, endpoint: str = "reminders.messages") -> Any:
    def url(**changes: Any) -> str:
        state = {**vars(filters), **changes}
        return url_for(endpoint, **{name: value for name, value in state.items() if value is not None})

    return url


def _chips(filters: Filters, firms: dict[int, str]) -> list[dict[str, str]]:
    words: dict[str, Any] = {"enterprise": firms, "channel": CHANNEL_WORDS}
    held = {name: value for name, value in vars(filters).items() if value is not None and name in _CHIP_WORDS}
    return [
        {
            "label": _CHIP_WORDS[name],
            "value": words.get(name, {}).get(value, str(value)),
            "clear_url": _address(filters)(**{name: None}),
        }
        for name, value in held.items()
    ]


@pages.get("/reminders/<int:message_id>")
def message(message_id: int) -> str:
    return _message_page(message_id)


def _message_page(message_id: int, error: InvalidInput | Conflict | None = None) -> str:
    actor = current_actor()
    record = records.record_of(actor, settings(), message_id, today())
    return render_template(
        "reminders/message.html",
        record=record,
        row=record.row,
        error=error,
        may_remind=actor.may("remind"),
        answer_secret=_answer_secret(actor, record.row),
        now=now(),
        **_WORDS,
    )


def _answer_secret(actor: Actor, row: Mapping[str, Any]) -> str | None:
    """The way to the answer page, for the enterprise's own log-in and as long as the link lives."""
    last = row["day"] + timedelta(days=settings().answer_link_days)
    if actor.is_staff or row["state"] != "sent" or today() > last:
        return None
    return answers.secret_of_message(actor, row["id"], settings())


@pages.get("/reminders/<int:message_id>/letter.eml")
def letter(message_id: int) -> Response:
    name, content = records.eml_of(current_actor(), settings(), message_id)
    return Response(
        content, mimetype="message/rfc822", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@pages.get("/reminders/<int:message_id>/notice.pdf")
def notice(message_id: int) -> Response:
    name, content = records.notice_of(current_actor(), settings(), message_id)
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f"inline; filename=notice.pdf; filename*=UTF-8''{quote(name)}"},
    )


@pages.post("/reminders/<int:message_id>/resend")
@needs("remind")
def resend(message_id: int) -> Any:
    try:
        records.check_resend(current_actor(), message_id)
        service.resend(current_actor(), message_id, now())
    except Conflict as error:
        return _message_page(message_id, error), error.http_status
    flash("已放回待发，将在一分钟内重新发送。", "success")
    return redirect(url_for("reminders.message", message_id=message_id))


@pages.post("/reminders/<int:message_id>/stop")
@needs("remind")
def stop(message_id: int) -> Any:
    try:
        records.check_stop(current_actor(), message_id)
        given = load(StopSchema(), {"reason": request.form.get("reason", "").strip()})
        service.stop(current_actor(), message_id, given["reason"], now())
    except (InvalidInput, Conflict) as error:
        return _message_page(message_id, error), error.http_status
    flash("已停发，原因已记录。", "success")
    return redirect(url_for("reminders.message", message_id=message_id))


@pages.post("/reminders/<int:message_id>/bounced")
@needs("remind")
def bounced(message_id: int) -> Any:
    try:
        dead.bounced(current_actor(), message_id, request.form.get("reason", ""), settings(), now())
    except (InvalidInput, Conflict) as error:
        return _message_page(message_id, error), error.http_status
    flash("退信已登记：这个地址不再使用，改用下一个渠道或电话通知。", "success")
    return redirect(url_for("reminders.message", message_id=message_id))


@pages.post("/reminders/pause")
@needs("remind")
def pause() -> Any:
    service.pause(current_actor(), "by_hand", now())
    flash("已暂停发送。到期的提醒照常写入，恢复后一并发出。", "warning")
    return redirect(url_for("reminders.messages"))


@pages.post("/reminders/resume")
@needs("remind")
def resume() -> Any:
    service.resume(current_actor(), now())
    flash("已恢复发送。", "success")
    return redirect(url_for("reminders.messages"))


@pages.get("/reminders/pause")
@needs("remind")
def ask_to_pause() -> str:
    return render_template(
        "confirm.html",
        title="暂停发送全部提醒？",
        text="暂停期间没有任何提醒发出，到期的提醒照常写入发件箱；恢复后一并发出。",
        action_label="暂停发送",
        post_url=url_for("reminders.pause"),
        back_url=url_for("reminders.messages"),
    )


@pages.get("/reminders/outlook")
@staff_only
def outlook() -> str:
    args = _asked(OutlookSchema())
    firms, enterprise = registry.enterprise_names(current_actor()), args.get("enterprise")
    found = forecast.outlook(current_actor(), settings(), today(), enterprise, names=firms)
    return render_template(
        "reminders/outlook.html", found=found, days=forecast.DAYS, firms=list(firms.items()), enterprise=enterprise
    )


@pages.get("/reminders/new")
@needs("remind")
def draft() -> str:
    """What a reminder of the ticked rows would say, before it is sent."""
    ids = load(RemindSchema(), {"ids": request.args.getlist("ids")})["ids"]
    found = service.drafts(current_actor(), settings(), ids, today())
    return render_template("reminders/draft.html", drafts=found, ids=ids, as_text=_as_text(found), **_WORDS)


def _as_text(drafts: Sequence[service.Draft]) -> dict[int, setup.Counted | None]:
    """Of the enterprises some of whose recipients get a text message: that message, counted."""
    return {
        draft.enterprise_id: setup.counted_for(settings(), draft.letter)
        for draft in drafts
        if any(routes.worded_as(route.channel, route.recipient) == "sms" for route in draft.routes)
    }


@pages.post("/reminders/new")
@needs("remind")
def remind() -> Any:
    ids = load(RemindSchema(), {"ids": request.form.getlist("ids")})["ids"]
    made = service.remind_now(current_actor(), settings(), ids, today(), now())
    flash(f"已写好 {len(made)} 封提醒，将在一分钟内发出。", "success")
    return redirect(url_for("reminders.messages", fate="waiting"))
