"""超期名单: the list for the authority on the screen, on paper and as a workbook."""

from typing import Any

from flask import Response, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.export import Column
from inspect_station.registry import service as registry
from inspect_station.reminders import authority
from inspect_station.reminders.authority import Filters
from inspect_station.reminders.schemas import AuthoritySchema
from inspect_station.reminders.views import pages
from inspect_station.validation import load
from inspect_station.web import today, workbook

_COLUMNS = (
    Column("企业", "firm", 28),
    Column("设备", "device", 24),
    Column("使用登记证编号", "certificate", 20),
    Column("单位内编号", "own_number", 16),
    Column("使用地点", "location", 18),
    Column("项目", "clock", 12),
    Column("日期", "due", 16),
    Column("超期", "days", 12),
    Column("最近通知", "last_told", 12),
)
_SECTIONS = {"overdue": "超期", "forbidden": "须停止使用"}


def _asked() -> tuple[Filters, int]:
    args = load(AuthoritySchema(), {name: value for name, value in request.args.items() if value})
    number = args.pop("page")
    return Filters(**args), number


@pages.get("/reminders/authority")
@needs("remind")
def authority_list() -> str:
    filters, number = _asked()
    held = {name: value for name, value in vars(filters).items() if value is not None}
    page = authority.page_of(current_actor(), filters, number, today())
    return render_template(
        "reminders/authority.html",
        page=page,
        filters=filters,
        held=held,
        firms=list(registry.enterprise_names(current_actor()).items()),
        SECTIONS=_SECTIONS,
        chips=_chips(filters, held),
        prev_url=_page_url(held, page.number - 1) if page.number > 1 else None,
        next_url=_page_url(held, page.number + 1) if page.number < page.last else None,
    )


def _page_url(held: dict[str, Any], number: int) -> str:
    return url_for("reminders.authority_list", **held, page=number)


def _chips(filters: Filters, held: dict[str, Any]) -> list[dict[str, str]]:
    firms = registry.enterprise_names(current_actor())
    words = {"enterprise": ("企业", firms.get(filters.enterprise or 0, "")), "q": ("搜索", filters.q or "")}
    return [
        {
            "label": label,
            "value": value,
            "clear_url": url_for("reminders.authority_list", **{k: v for k, v in held.items() if k != name}),
        }
        for name, (label, value) in words.items()
        if name in held
    ]


@pages.get("/reminders/authority/print")
@needs("remind")
def authority_print() -> str:
    """The whole list as it is narrowed, for paper."""
    filters, _ = _asked()
    rows = authority.rows(current_actor(), filters, today())
    return render_template(
        "reminders/authority_print.html", rows=rows, firms=len({row["enterprise_id"] for row in rows})
    )


@pages.get("/reminders/authority.xlsx")
@needs("remind")
def authority_export() -> Response:
    filters, _ = _asked()
    return workbook(_COLUMNS, authority.rows(current_actor(), filters, today()), "超期名单")
