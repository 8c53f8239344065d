"""The administrator's page of working days: a year at a glance, one day changed by a tap, a notice imported, undo."""

from calendar import Calendar
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.validation import load
from inspect_station.web import now, today
from inspect_station.workcalendar import service
from inspect_station.workcalendar.schemas import AnnounceSchema, ImportSchema, MarkSchema, YearSchema
from inspect_station.workcalendar.service import PLAIN, WEEKDAYS, YearView

pages = Blueprint("workcalendar", __name__, url_prefix="/settings/calendar")

KINDS = (
    ("off", "休", "放假或停工，不算工作日"),
    ("work", "班", "周末调休上班，算工作日"),
    (PLAIN, "按星期", "星期一至星期五上班，周末休息"),
)


@pages.get("/")
@staff_only
def year() -> str:
    return _page()


@pages.post("/mark")
@needs("settings")
def mark() -> Any:
    try:
        given = load(MarkSchema(), form_data())
        changed = service.mark(current_actor(), given["day"], given["kind"], given["name"].strip(), now())
    except InvalidInput as error:
        return _page(error, "mark"), error.http_status
    flash("已改好，可在下方“改动记录”里撤销。" if changed else "这一天本来就是这样，没有改动。", "success")
    return _to_year(given["day"].year)


@pages.post("/announce")
@needs("settings")
def announce() -> Any:
    try:
        given = load(AnnounceSchema(), form_data())
        service.announce(current_actor(), now=now(), **given)
    except InvalidInput as error:
        return _page(error, "announce"), error.http_status
    flash(f"{given['year']} 年现在是“{'已公布' if given['announced'] else '暂定'}”。", "success")
    return _to_year(given["year"])


@pages.post("/import")
@needs("settings")
def import_file() -> Any:
    sent = request.files.get("file")
    try:
        given = load(ImportSchema(), form_data())
        if sent is None or not sent.filename:
            raise InvalidInput("请先选择文件。", {"file": ["请选择文件"]})
        done = service.import_file(current_actor(), sent.read(), sent.filename, given["document"].strip(), now())
    except InvalidInput as error:
        return _page(error, "import"), error.http_status
    flash(f"已导入：{done.days} 天有变化。" if done.days else "文件与现有日历一致，没有日子需要改。", "success")
    return _to_year(done.year)


@pages.post("/undo/<int:change_id>")
@needs("settings")
def undo(change_id: int) -> Response:
    try:
        flash(f"已撤销：{service.undo(current_actor(), change_id, now())}。", "success")
    except Conflict as error:
        flash(error.message, "warning")
    return _to_year(request.args.get("year", today().year, int))


def _to_year(number: int) -> Response:
    return redirect(url_for("workcalendar.year", year=number))


def _page(error: InvalidInput | None = None, part: str = "") -> str:
    asked = load(YearSchema(), {name: value for name, value in request.args.items() if name in {"year", "day"}})
    day: date | None = asked["day"]
    number = asked["year"] or (day or today()).year
    view = service.year_view(current_actor(), number)
    return render_template(
        "workcalendar/year.html",
        view=view,
        months=_months(view),
        workdays=_count_workdays(view),
        chosen=day,
        chosen_mark=view.marks.get(day) if day else None,
        kinds=KINDS,
        may_edit=current_actor().may("settings"),
        changes=service.changes(current_actor()),
        error=error,
        errors={part: error.fields} if error else {},
        part=part,
        given=request.form,
    )


def _months(view: YearView) -> list[dict[str, Any]]:
    weeks = Calendar()
    return [
        {
            "title": f"{month} 月",
            "weeks": [
                [_cell(view, day, month) for day in week] for week in weeks.monthdatescalendar(view.year, month)
            ],
        }
        for month in range(1, 13)
    ]


def _cell(view: YearView, day: date, month: int) -> dict[str, Any] | None:
    """What one square says; None for a day of the neighbouring month."""
    if day.month != month:
        return None
    marked = view.marks.get(day)
    works = _works(view, day)
    words = f"{marked.name}，{'上班' if works else '放假'}" if marked else ("上班" if works else "休息")
    return {
        "date": day.isoformat(),
        "day": day.day,
        "mark": {"off": "休", "work": "班"}[marked.kind] if marked else "",
        "kind": marked.kind if marked else "",
        "rest": not works,
        "today": day == today(),
        "words": f"{day.isoformat()} 星期{WEEKDAYS[day.weekday()]}，{words}",
    }


def _works(view: YearView, day: date) -> bool:
    marked = view.marks.get(day)
    return marked.kind == "work" if marked else day.weekday() < 5


def _count_workdays(view: YearView) -> int:
    first = date(view.year, 1, 1).toordinal()
    return sum(_works(view, date.fromordinal(n)) for n in range(first, date(view.year + 1, 1, 1).toordinal()))
