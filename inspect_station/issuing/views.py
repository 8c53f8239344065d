"""通知单: print notices of ticked devices, the register, one notice, its delivery."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.export import Column
from inspect_station.issuing import service
from inspect_station.issuing.schemas import DeliverySchema, IssueSchema, ListSchema, VoidSchema
from inspect_station.issuing.service import Filters
from inspect_station.issuing.words import SHORT_KINDS, STANDING_ICONS, STANDINGS
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import decode_cursor, encode_cursor, now, settings, today, workbook

# Under the reminders: the left navigation shows where one is by the address.
pages = Blueprint("issuing", __name__, url_prefix="/reminders")

_WORDS = {"KINDS": SHORT_KINDS, "STANDINGS": STANDINGS, "ICONS": STANDING_ICONS}
_CHIPS = {"kind": "种类", "enterprise": "企业", "first": "自", "last": "至", "q": "搜索"}


def _asked() -> dict[str, Any]:
    """The address's arguments; a form sends what was left empty as empty text."""
    return load(ListSchema(), {name: value for name, value in request.args.items() if value})


@pages.get("/notices")
def notices() -> str:
    args = _asked()
    per_page, cursor = args.pop("per_page"), args.pop("cursor", None)
    actor, filters = current_actor(), Filters(**args)
    page = service.page_of(actor, filters, decode_cursor(cursor, 1)[0] if cursor else None, per_page)
    firms = registry.enterprise_names(actor)
    return render_template(
        "issuing/notices.html",
        page=page,
        filters=filters,
        firms=list(firms.items()),
        chips=_chips(filters, firms),
        url=_address(filters),
        export_url=_address(filters, "issuing.notices_export")(),
        next_url=page.following and _address(filters)(cursor=encode_cursor(page.following)),
        first_url=cursor and _address(filters)(),
        **_WORDS,
    )


def _address(filters: Filters, endpoint: str = "issuing.notices") -> Any:
    def url(**changes: Any) -> str:
        state = {**vars(filters), **changes}
        return url_for(endpoint, **{name: value for name, value in state.items() if value is not None})

    return url


def _chips(filters: Filters, firms: dict[int, str]) -> list[dict[str, str]]:
    words: dict[str, Any] = {"enterprise": firms, "kind": SHORT_KINDS}
    held = {name: value for name, value in vars(filters).items() if value is not None and name in _CHIPS}
    return [
        {
            "label": _CHIPS[name],
            "value": words.get(name, {}).get(value, str(value)),
            "clear_url": _address(filters)(**{name: None}),
        }
        for name, value in held.items()
    ]


_COLUMNS = (
    Column("编号", "number", 20),
    Column("种类", "kind_word", 16),
    Column("企业", "enterprise", 28),
    Column("打印日期", "day", 12),
    Column("项数", "items", 8),
    Column("送达", "standing_word", 10),
    Column("送达日期", "delivered_on", 12),
    Column("签收人", "receiver", 14),
    Column("备注", "delivery_note", 24),
    Column("打印人", "account_name", 12),
    Column("作废的原因", "void_reason", 24),
)


@pages.get("/notices.xlsx")
def notices_export() -> Response:
    args = _asked()
    args.pop("per_page"), args.pop("cursor", None)
    return workbook(_COLUMNS, service.stream(current_actor(), Filters(**args)), "通知单登记")


@pages.get("/notices/new")
@needs("remind")
def draft() -> str:
    """What would be printed for the ticked rows, before numbers are given."""
    if not request.args.getlist("ids"):
        raise InvalidInput("还没有选中任何一项。请在到期清单里勾选后再做。")
    asked = {"ids": request.args.getlist("ids")} | ({"form": request.args["form"]} if "form" in request.args else {})
    given = load(IssueSchema(), asked)
    found = service.drafts(current_actor(), given["ids"], given["form"], today())
    return render_template("issuing/draft.html", drafts=found, ids=given["ids"], form_kind=given["form"], **_WORDS)


@pages.post("/notices/new")
@needs("remind")
def issue() -> Any:
    given = load(
        IssueSchema(),
        {
            "ids": request.form.getlist("ids"),
            "form": request.form.get("form", "notice"),
            "with_preparation": "with_preparation" in request.form,
        },
    )
    batch = service.issue(
        current_actor(), settings(), given["ids"], given["form"], given["with_preparation"], today(), now()
    )
    return redirect(url_for("issuing.batch", batch=batch))


@pages.get("/notices/batches/<batch>")
@staff_only
def batch(batch: str) -> str:
    rows, _ = service.batch_of(current_actor(), settings(), batch)
    return render_template("issuing/batch.html", rows=rows, batch=batch, **_WORDS)


@pages.get("/notices/batches/<batch>/notices.pdf")
@staff_only
def batch_pdf(batch: str) -> Response:
    rows, path = service.batch_of(current_actor(), settings(), batch)
    return _pdf(path, f"通知单-{rows[0]['day'].isoformat()}-{len(rows)}份.pdf")


@pages.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> str:
    return _notice_page(notice_id)


def _notice_page(notice_id: int, part: str = "", error: InvalidInput | Conflict | None = None) -> str:
    actor = current_actor()
    row, lines = service.record_of(actor, notice_id)
    return render_template(
        "issuing/notice.html",
        row=row,
        lines=lines,
        part=part,
        error=error,
        given=request.form,
        may_act=actor.may("remind"),
        **_WORDS,
    )


@pages.get("/notices/<int:notice_id>/notice.pdf")
def notice_pdf(notice_id: int) -> Response:
    name, path = service.pdf_of(current_actor(), settings(), notice_id)
    return _pdf(path, name)


def _pdf(path: Path, name: str) -> Response:
    return send_file(path.resolve(), mimetype="application/pdf", download_name=name)


@pages.post("/notices/<int:notice_id>/delivered")
def deliver(notice_id: int) -> Any:
    service.record_of(current_actor(), notice_id)
    current_actor().need("remind")
    try:
        names = ("delivered_on", "receiver", "delivery_note")
        given = load(DeliverySchema(), {name: request.form.get(name, "") for name in names})
        service.record_delivery(current_actor(), notice_id, **given, today=today(), now=now())
    except (InvalidInput, Conflict) as error:
        return _notice_page(notice_id, "deliver", error), error.http_status
    flash("已登记送达。", "success")
    return redirect(url_for("issuing.notice", notice_id=notice_id))


@pages.post("/notices/<int:notice_id>/void")
def void(notice_id: int) -> Any:
    service.record_of(current_actor(), notice_id)
    current_actor().need("remind")
    try:
        given = load(VoidSchema(), {"reason": request.form.get("reason", "").strip()})
        service.void(current_actor(), notice_id, given["reason"], now())
    except (InvalidInput, Conflict) as error:
        return _notice_page(notice_id, "void", error), error.http_status
    flash("已作废，编号保留。", "success")
    return redirect(url_for("issuing.notice", notice_id=notice_id))
