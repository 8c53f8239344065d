"""报检: choosing devices and clocks, for an enterprise itself or at the desk for one or several."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor
from inspect_station.casework import service
from inspect_station.casework.schemas import WishSchema
from inspect_station.casework.views import pages
from inspect_station.casework.views.forms import pictures, typed
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, StationError
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import accepts, now, settings, today

MOST_ROWS = 500
AHEAD = timedelta(days=180)


@pages.get("/cases/new")
def new_application() -> str:
    """The rows ticked on the due list, or what a firm has due within half a year."""
    return _page(_offered(), None)


@pages.post("/cases/new")
@accepts(64)
def add_application() -> Any:
    try:
        made = _apply()
    except (InvalidInput, Conflict) as error:
        return _page(_chosen(), error), error.http_status
    if len(made) > 1:
        flash(f"已为 {len(made)} 家企业分别登记报检。", "success")
        return redirect(url_for("casework.cases"))
    flash("报检已提交。受理结果和检验日期会显示在这一页。", "success")
    return redirect(url_for("casework.case", application_id=made[0]))


def _apply() -> list[int]:
    """One application for each firm among the chosen rows, all or none."""
    wishes = load(
        WishSchema(), {k: v for k, v in typed("shutdown").items() if k not in {"items", "ids", "offered", "files"}}
    )
    actor = current_actor()
    files = service.attachments.check_all(pictures("files"))
    firms: dict[int, list[tuple[int, str]]] = {}
    for row in _rows(duelist.Filters(rows=_numbers(request.form.getlist("items")) or (0,))):
        firms.setdefault(row["enterprise_id"], []).append((row["equipment_id"], row["clock"]))
    if not firms:
        raise InvalidInput("请至少选择一项要检验的设备。", {"items": ["请至少选择一项要检验的设备"]})
    if files and len(firms) > 1:
        sentence = "为几家企业一起登记时不能附文件，请登记后在各自的报检单上添加"
        raise InvalidInput(f"{sentence}。", {"files": [sentence]})
    source = "desk" if actor.is_staff else "portal"
    with db.atomic():
        made = [
            service.apply(actor, firm, items, source=source, now=now(), **wishes) for firm, items in firms.items()
        ]
        if files:
            service.attachments.add(actor, made[0], files, files_dir=settings().files_dir, now=now())
    return made


def _offered() -> list[dict[str, Any]]:
    ids = _numbers(request.args.getlist("ids"))
    if ids:
        return _rows(duelist.Filters(rows=ids))
    actor = current_actor()
    firm = actor.enterprise_id or next(iter(_numbers([request.args.get("enterprise", "")])), None)
    if firm is None:
        return []
    return [row for row in _rows(duelist.Filters(enterprise=firm, until=today() + AHEAD)) if _wanted(row)]


def _wanted(row: dict[str, Any]) -> bool:
    return row["done_by"] == "institution" and row["bucket"] not in {"none", "stopped"}


def _chosen() -> list[dict[str, Any]]:
    """After a refusal: the rows that were offered, so that another may be ticked."""
    return _rows(duelist.Filters(rows=_numbers(request.form.getlist("offered")) or (0,)))


def _rows(filters: duelist.Filters) -> list[dict[str, Any]]:
    """Rows of the due list that this person may see, in the order of urgency."""
    found = duelist.due_page(current_actor(), filters, "due", duelist.Place(), MOST_ROWS, today(), counted=False)
    return found.rows


def _numbers(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(int(t) for t in texts[:MOST_ROWS] if t.isascii() and t.isdigit() and len(t) < 10)


def _page(rows: list[dict[str, Any]], error: StationError | None) -> str:
    actor = current_actor()
    keys = [(row["equipment_id"], row["clock"]) for row in rows]
    ordered = service.cases.ordered(actor, keys)
    chosen = set(_numbers(request.form.getlist("items")) or _numbers(request.args.getlist("ids")))
    firms: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        row["case"] = ordered.get((row["equipment_id"], row["clock"]))
        row["chosen"] = row["id"] in chosen and row["case"] is None
        firms.setdefault(row["enterprise_id"], []).append(row)
    return render_template(
        "casework/apply.html",
        firms=[(held[0]["enterprise"], held) for held in firms.values()],
        rows=rows,
        given=typed("shutdown") if error else {},
        error=error,
        chose_files=bool(request.files.getlist("files")) if error else False,
        accept=service.attachments.ACCEPT,
        errors=error.fields if error else {},
        names=list(registry.enterprise_names(actor).items()) if actor.is_staff else [],
        may_apply=actor.may("edit") or not actor.is_staff,
    )
