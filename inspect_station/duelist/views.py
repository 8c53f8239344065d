"""到期清单: the list, why a date is that date, the calendar, exports."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from inspect_station.accounts.guard import current_actor
from inspect_station.duelist import exports, listing, month, reasons, service, wording
from inspect_station.duelist.query import Filters
from inspect_station.duelist.schemas import CalendarSchema, DuePageSchema, ExportSchema
from inspect_station.validation import load
from inspect_station.web import decode_cursor, encode_cursor, now, today, workbook

pages = Blueprint("duelist", __name__)

_PAGE = DuePageSchema()  # made once: a schema costs more than the check
GROUPS_ON_A_PAGE = 8
ROWS_OF_A_GROUP = 5


def _asked(schema: Any) -> dict[str, Any]:
    """The address's arguments; a form sends what was left empty as empty text."""
    return load(
        schema, {name: value for name, value in request.args.items() if value and name not in {"ids", "action"}}
    )


def _place(args: dict[str, Any], keys: int) -> service.Place:
    cursor, before = args.pop("cursor", None), args.pop("before", None)
    if before:
        return service.Place(decode_cursor(before, keys), backwards=True)
    return service.Place(decode_cursor(cursor, keys) if cursor else ())


@pages.get("/due")
def due_list() -> str:
    args = _asked(_PAGE)
    view, sort, per_page = args.pop("view"), args.pop("sort"), args.pop("per_page")
    grouped = view == "firms" and sort == "due"
    place = _place(args, 2 if grouped else service.key_count(sort))
    filters, actor = Filters(**args), current_actor()
    if grouped:
        page = service.due_groups(actor, filters, place, GROUPS_ON_A_PAGE, ROWS_OF_A_GROUP, today())
    else:
        page = service.due_page(actor, filters, sort, place, per_page, today(), counted=False)
    counts = service.counts(actor, filters, today())
    address = listing.Address(filters, view, sort, per_page)
    rows = page.rows[0]["rows"] if grouped and page.rows else page.rows
    return render_template(
        "duelist/due_list.html",
        page=page,
        grouped=grouped,
        checked_at=now(),
        each=ROWS_OF_A_GROUP,
        **listing.shown(actor, address, counts, listing.names_from(rows)),
        next_url=page.following and address.url(cursor=encode_cursor(*page.following)),
        prev_url=page.preceding and address.url(before=encode_cursor(*page.preceding)),
    )


@pages.get("/due/filters")
def filters() -> str:
    """The filter form: in the drawer, or a page of its own without JavaScript."""
    args = _asked(_PAGE)
    in_drawer = request.headers.get("HX-Target") == "drawer-body"
    return render_template(
        "duelist/filters.html", in_drawer=in_drawer, held=args, **listing.options(service.choices(current_actor()))
    )


@pages.get("/equipment/<int:equipment_id>/due/<clock>")
def why(equipment_id: int, clock: str) -> str:
    explained = reasons.explain(current_actor(), equipment_id, clock, today())
    in_drawer = request.headers.get("HX-Target") == "drawer-body"
    return render_template("duelist/why.html", in_drawer=in_drawer, **wording.explained(explained))


@pages.get("/due/calendar")
def calendar() -> str:
    args = _asked(CalendarSchema())
    return render_template("duelist/calendar.html", **month.calendar(current_actor(), Filters(**args), today()))


@pages.get("/due/print")
def print_list() -> str:
    args = _asked(ExportSchema())
    sort = args.pop("sort")
    args.pop("format")
    asked = Filters(**args, rows=_ids())
    page = service.due_page(current_actor(), asked, sort, service.Place(), 1000, today())
    words = listing.words_of(current_actor(), asked)
    return render_template("duelist/print.html", page=page, words=words, columns=listing.PRINTED, plain_wide=True)


@pages.get("/due/export")
def export() -> Response:
    args = _asked(ExportSchema())
    sort, form = args.pop("sort"), args.pop("format")
    asked = Filters(**args, rows=_ids())
    if form == "csv":
        lines = list(exports.csv_lines(current_actor(), asked, sort, today()))
        return Response("".join(lines), mimetype="text/csv", headers=_attachment())
    return workbook(exports.COLUMNS, service.due_items(current_actor(), asked, today(), sort), "到期清单")


def _attachment() -> dict[str, str]:
    name = quote(f"到期清单-{today().isoformat()}.csv")
    return {"Content-Disposition": f"attachment; filename=due-list.csv; filename*=UTF-8''{name}"}


def _ids() -> tuple[int, ...]:
    """The rows ticked on the page; anything that is no number is no row."""
    return tuple(int(text) for text in request.args.getlist("ids")[:1000] if text.isdigit())
