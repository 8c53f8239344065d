"""Pages: everybody's qualifications at a glance, one person, the table of codes."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, StationError
from inspect_station.export import Column
from inspect_station.staffing import service
from inspect_station.staffing.schemas import AbsenceSchema, CodeSchema, HoursSchema, QualificationSchema
from inspect_station.staffing.words import ABSENCE_REASONS, PAIRS, WEEKDAYS
from inspect_station.validation import load
from inspect_station.web import now, today, workbook

pages = Blueprint("staffing", __name__, url_prefix="/staffing")


@pages.get("/")
@staff_only
def people() -> str:
    actor = current_actor()
    listed, examples = service.roster(actor, today())
    return render_template(
        "staffing/people.html",
        people=listed,
        examples=examples,
        days_of=_weekday_words,
        reasons=ABSENCE_REASONS,
        me=actor.account_id,
        may_edit=actor.may(service.PERMISSION),
    )


_COLUMNS = (
    Column("姓名", "name", 12),
    Column("资格代码", "code", 10),
    Column("名称", "title", 26),
    Column("证书编号", "certificate", 20),
    Column("有效期至", "valid_until", 12),
    Column("每天可检验分钟", "daily_min", 14),
)


@pages.get("/people.xlsx")
@staff_only
def export() -> Response:
    return workbook(_COLUMNS, _held(service.people(current_actor(), today())), "检验人员资格")


def _held(listed: list[service.Person]) -> Iterator[dict[str, Any]]:
    for p in listed:
        for row in p.held or [{}]:
            yield {**row, "title": row.get("name"), "name": p.name, "daily_min": p.daily_min}


@pages.get("/<int:account_id>")
@staff_only
def person(account_id: int) -> str:
    return _person(account_id)


@pages.post("/<int:account_id>/qualifications")
@needs("staffing")
def qualify(account_id: int) -> Any:
    def act() -> None:
        service.qualify(current_actor(), account_id, now=now(), **load(QualificationSchema(), form_data()))

    return _done(account_id, "qualification", act, "资格已登记。")


@pages.post("/<int:account_id>/qualifications/<int:number>/removed")
@needs("staffing")
def remove_qualification(account_id: int, number: int) -> Any:
    service.remove_qualification(current_actor(), account_id, number, now())
    flash("资格已移除。", "success")
    return _to(account_id)


@pages.post("/<int:account_id>/hours")
@needs("staffing")
def set_hours(account_id: int) -> Any:
    def act() -> None:
        given = {**form_data(), "weekdays": request.form.getlist("weekdays")}
        service.set_hours(current_actor(), account_id, now=now(), **load(HoursSchema(), given))

    return _done(account_id, "hours", act, "工作时间已保存，下次排期起作用。")


@pages.post("/<int:account_id>/absences")
@staff_only
def add_absence(account_id: int) -> Any:
    def act() -> None:
        service.add_absence(current_actor(), account_id, now=now(), **load(AbsenceSchema(), form_data()))

    return _done(
        account_id, "absence", act, "缺勤已登记。已排给这个人的检验不会自动改动，请到计划页查看受影响的日子。"
    )


@pages.post("/<int:account_id>/absences/<int:number>/removed")
@staff_only
def remove_absence(account_id: int, number: int) -> Any:
    service.remove_absence(current_actor(), account_id, number, now())
    flash("缺勤已移除。", "success")
    return _to(account_id)


def _done(account_id: int, part: str, act: Callable[[], None], words: str) -> Any:
    """Do it and go back to the person; what was refused is shown beside its form with what was typed."""
    try:
        act()
    except (InvalidInput, Conflict) as error:
        return _person(account_id, error, part), error.http_status
    flash(words, "success")
    return _to(account_id)


def _to(account_id: int) -> Response:
    return redirect(url_for("staffing.person", account_id=account_id))


def _person(account_id: int, error: StationError | None = None, part: str = "") -> str:
    actor = current_actor()
    return render_template(
        "staffing/person.html",
        person=service.person(actor, account_id, today()),
        codes=[(c["id"], f"{c['code']} {c['name']}") for c in service.codes.listed(actor)],
        reasons=list(ABSENCE_REASONS.items()),
        weekday_words=WEEKDAYS,
        today=today(),
        may_edit=actor.may(service.PERMISSION),
        may_be_away=actor.may(service.PERMISSION) or actor.account_id == account_id,
        error=error,
        part=part,
        errors={part: error.fields} if error else {},
        given=request.form if error else {},
        given_days=request.form.getlist("weekdays") if part == "hours" else None,
        standing_words=_standing_words,
    )


def _weekday_words(days: str) -> str:
    return "周一至周五" if days == "12345" else "周" + "、".join(WEEKDAYS[int(d) - 1] for d in days) if days else "—"


def _standing_words(standing: str, until: date | None) -> str:
    if until is None:
        return "长期"
    return {"ok": "有效", "soon": "即将到期", "expired": "已过期"}[standing]


# --- the table of codes --------------------------------------------------------------------------------------------------


@pages.get("/codes")
@staff_only
def codes() -> str:
    actor = current_actor()
    return render_template(
        "staffing/codes.html", codes=service.codes.listed(actor), may_edit=actor.may(service.PERMISSION)
    )


@pages.get("/codes/new")
@needs("staffing")
def new_code() -> str:
    return _code_form(None, {"uses": []})


@pages.post("/codes/new")
@needs("staffing")
def add_code() -> Any:
    return _save_code(None)


@pages.get("/codes/<int:code_id>")
@needs("staffing")
def edit_code(code_id: int) -> str:
    found = service.codes.get(current_actor(), code_id)
    return _code_form(code_id, {**found, "confirmed": not found["example"]})


@pages.post("/codes/<int:code_id>")
@needs("staffing")
def change_code(code_id: int) -> Any:
    return _save_code(code_id)


@pages.post("/codes/<int:code_id>/removed")
@needs("staffing")
def remove_code(code_id: int) -> Response:
    try:
        service.codes.remove(current_actor(), code_id, now())
        flash("代码已删除。", "success")
    except Conflict as error:
        flash(error.message, "warning")
    return redirect(url_for("staffing.codes"))


def _save_code(code_id: int | None) -> Any:
    given = {**form_data(), "uses": request.form.getlist("uses")}
    try:
        service.codes.save(current_actor(), code_id, now=now(), **load(CodeSchema(), given))
    except (InvalidInput, Conflict) as error:
        return _code_form(code_id, given, error), error.http_status
    flash("已保存。", "success")
    return redirect(url_for("staffing.codes"))


def _code_form(code_id: int | None, given: dict[str, Any], error: StationError | None = None) -> str:
    kinds: dict[str, list[tuple[str, str]]] = {}
    for kind, clock in PAIRS:
        kinds.setdefault(kind.label, []).append((f"{kind.value}.{clock.value}", clock.label))
    return render_template(
        "staffing/code_form.html", code_id=code_id, given=given, kinds=kinds, errors=error.fields if error else {}
    )
