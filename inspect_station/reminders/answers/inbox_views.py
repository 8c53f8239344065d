"""答复: the station's inbox, one answer, agree or not."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.export import Column
from inspect_station.registry import service as registry
from inspect_station.reminders.answers import service
from inspect_station.reminders.answers.schemas import HandleSchema, InboxSchema, RefuseSchema
from inspect_station.reminders.answers.service import Filters
from inspect_station.reminders.answers.words import ACTS, KINDS, STATES, TABS
from inspect_station.validation import load
from inspect_station.web import decode_cursor, encode_cursor, now, settings, workbook

pages = Blueprint("answers", __name__)

_CHIP_WORDS = {"enterprise": "企业", "kind": "答复", "mine": "企业", "q": "搜索", "state": "状态"}


def _asked() -> dict[str, Any]:
    return load(InboxSchema(), {name: value for name, value in request.args.items() if value})


@pages.get("/answers")
@staff_only
def inbox() -> str:
    args = _asked()
    per_page, cursor = args.pop("per_page"), args.pop("cursor", None)
    actor, filters = current_actor(), Filters(**args)
    page = service.page_of(actor, filters, decode_cursor(cursor, 1)[0] if cursor else None, per_page)
    firms = registry.enterprise_names(actor)
    url = _address(filters)
    return render_template(
        "answers/inbox.html",
        page=page,
        filters=filters,
        counts=service.counts(actor, filters),
        firms=list(firms.items()),
        chips=_chips(filters, firms),
        url=url,
        export_url=_address(filters, "answers.inbox_export")(),
        next_url=page.following and url(cursor=encode_cursor(page.following)),
        first_url=cursor and url(),
        KINDS=KINDS,
        STATES=STATES,
        TABS=TABS,
    )


def _address(filters: Filters, endpoint: str = "answers.inbox") -> Callable[..., str]:
    def url(**changes: Any) -> str:
        state = {**vars(filters), "mine": 1 if filters.mine else None, **changes}
        return url_for(endpoint, **{name: value for name, value in state.items() if value is not None})

    return url


def _chips(filters: Filters, firms: dict[int, str]) -> list[dict[str, str]]:
    kinds = {name: kind.label for name, kind in KINDS.items()}
    words: dict[str, Any] = {"enterprise": firms, "kind": kinds, "mine": {True: "我负责的"}}
    held = {name: value for name, value in vars(filters).items() if value and name in _CHIP_WORDS}
    return [
        {
            "label": _CHIP_WORDS[name],
            "value": words.get(name, {}).get(value, str(value)),
            "clear_url": _address(filters)(**{name: None}),
        }
        for name, value in held.items()
    ]


_COLUMNS = (
    Column("收到", lambda row: row["given_at"].strftime("%Y-%m-%d %H:%M"), 18),
    Column("企业", "enterprise", 28),
    Column("答复", "kind_word", 18),
    Column("内容", "summary", 50),
    Column("说明", "note", 30),
    Column("答复人", "by", 18),
    Column("状态", "state_word", 12),
    Column("处理人", "handler", 12),
    Column("处理时间", lambda row: row["handled_at"].strftime("%Y-%m-%d %H:%M") if row["handled_at"] else "", 18),
    Column("处理说明", "handled_reason", 30),
    Column("通知编号", "number", 20),
)


@pages.get("/answers.xlsx")
@staff_only
def inbox_export() -> Response:
    args = _asked()
    args.pop("per_page"), args.pop("cursor", None)
    return workbook(_COLUMNS, service.stream(current_actor(), Filters(**args)), "企业答复")


@pages.get("/answers/<int:answer_id>")
@staff_only
def answer(answer_id: int) -> str:
    return _page(answer_id, None)


def _page(answer_id: int, error: StationError | None) -> str:
    actor = current_actor()
    row = service.one(actor, answer_id)
    choices, own = service.replaceable(actor, row) if row["kind"] == "contact" else ([], None)
    return render_template(
        "answers/answer.html",
        row=row,
        word=KINDS[row["kind"]],
        acts=ACTS,
        full=service.phones(actor, answer_id) if actor.may("edit") else {},
        roles=registry.words.CONTACT_ROLES,
        statuses=registry.words.STATUSES,
        choices=choices,
        own=own,
        may_edit=actor.may("edit"),
        error=error,
        errors=error.fields if error else {},
        given=request.form,
        STATES=STATES,
    )


def _handled(answer_id: int, act: Callable[[], str]) -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(answer_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for("answers.answer", answer_id=answer_id))


def _typed(*names: str) -> dict[str, Any]:
    """The form's fields of these names; what was left empty is left out."""
    return {name: value for name in names if (value := request.form.get(name, "").strip())}


_SAID = {
    "apply": "已阅。请在“报检与检验”里受理。",
    "stopped": "已确认，设备状态和证明已登记，不再提醒。",
    "not_ours": "已确认。请更正台账，完成后回到这里点“已更正”。",
    "contact": "已确认，新联系人已登记，以后的提醒发给他。",
}


@pages.post("/answers/<int:answer_id>/confirm")
@needs("edit")
def confirm(answer_id: int) -> Any:
    def act() -> str:
        given = load(HandleSchema(), _typed("revision", "reason", "on", "replaces"))
        service.confirm(current_actor(), answer_id, given, settings(), now())
        return _SAID[service.one(current_actor(), answer_id)["kind"]]

    return _handled(answer_id, act)


@pages.post("/answers/<int:answer_id>/reject")
@needs("edit")
def reject(answer_id: int) -> Any:
    def act() -> str:
        given = load(RefuseSchema(), _typed("revision", "reason"))
        service.reject(current_actor(), answer_id, given["reason"], given["revision"], now())
        return "已记为未采纳，理由会显示给企业；提醒照常。"

    return _handled(answer_id, act)


@pages.post("/answers/<int:answer_id>/finish")
@needs("edit")
def finish(answer_id: int) -> Any:
    def act() -> str:
        given = load(HandleSchema(), _typed("revision", "reason"))
        service.finish(current_actor(), answer_id, given["reason"], given["revision"], now())
        return "已了结。"

    return _handled(answer_id, act)


@pages.get("/answers/<int:answer_id>/evidence")
@staff_only
def evidence(answer_id: int) -> Response:
    row, path = service.evidence_of(current_actor(), answer_id, settings().files_dir)
    return send_file(
        path.resolve(),
        mimetype=row["media_type"],
        as_attachment=True,
        download_name=row["file_name"],
        etag=row["sha256"],
    )
