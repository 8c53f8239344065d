"""登记检验 for the ticked rows of the list."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.duelist import batch
from inspect_station.duelist.views import pages
from inspect_station.errors import InvalidInput
from inspect_station.registry import service as registry
from inspect_station.registry.schemas import InspectionSchema
from inspect_station.registry.words import INSPECTION_FIELDS
from inspect_station.validation import load
from inspect_station.web import now, settings, today
from schedules.terms import GRADES, Conclusion

_SHARED = ("completed_on", "conclusion", "institution", "inspectors")
_OF_A_ROW = ("conclusion", "grade", "next_due", "report_number")


def _ids(given: Sequence[str]) -> list[int]:
    return [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 10]


@pages.get("/due/inspections")
@needs("edit")
def new_inspections() -> str:
    found = batch.rows(current_actor(), _ids(request.args.getlist("ids")), today())
    shared = {"completed_on": today().isoformat(), "institution": settings().station_name}
    return _form(batch.inspectable(found), shared, None)


@pages.post("/due/inspections")
@needs("edit")
def add_inspections() -> Any:
    found = batch.inspectable(batch.rows(current_actor(), _ids(request.form.getlist("ids")), today()))
    try:
        reason = request.form.get("reason", "").strip()[:300]
        count = batch.record(current_actor(), found, _typed(found), reason=reason, now=now(), today=today())
    except InvalidInput as error:
        return _form(found, request.form, error), error.http_status
    flash(f"已登记 {count} 次检验，到期日随之更新。", "success")
    return redirect(url_for("duelist.due_list"))


def _typed(found: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """What was typed for each row over what stands for all. Raises `InvalidInput` with every row's mistakes."""
    values: dict[int, dict[str, Any]] = {}
    problems: dict[str, list[str]] = {}
    for row in found:
        try:
            values[row["id"]] = load(InspectionSchema(), _of_row(row["id"], row["clock"]))
            del values[row["id"]]["reason"]
        except InvalidInput as error:
            problems |= {f"{row['id']}.{name}": said for name, said in error.fields.items()}
    if problems:
        raise InvalidInput("没有登记：有几行填写有误，请按每行的提示改正。", problems)
    return values


def _of_row(number: int, clock: str) -> dict[str, Any]:
    given = {name: request.form.get(name, "").strip() for name in _SHARED}
    own = {name: request.form.get(f"{name}.{number}", "").strip() for name in _OF_A_ROW}
    given |= {name: text for name, text in own.items() if text or name not in given}
    grade = given["grade"]
    given["clock"] = clock
    read: dict[str, Any] = {
        **given,
        "grade": int(grade) if grade.isascii() and grade.isdigit() and len(grade) < 3 else grade or None,
    }
    return read | {name: given[name] or None for name in ("conclusion", "completed_on", "next_due")}


def _form(found: Sequence[Mapping[str, Any]], given: Mapping[str, Any], error: InvalidInput | None) -> str:
    fields = error.fields if error else {}
    return render_template(
        "duelist/record.html",
        rows=found,
        graded={row["id"] for row in found if registry.inspections.grades_kind(row["kind"], row["clock"])},
        given=given,
        error=error,
        errors=fields,
        row_errors={row["id"]: _of(fields, row["id"]) for row in found},
        asks_reason=bool(given.get("reason")) or any(name.endswith(".reason") for name in fields),
        labels=INSPECTION_FIELDS,
        conclusions=[(c.value, c.label) for c in Conclusion],
        grades=GRADES,
    )


def _of(fields: Mapping[str, Sequence[str]], number: int) -> list[str]:
    """The sentences that concern one row, each with its field's name."""
    return [
        f"{INSPECTION_FIELDS.get(name.partition('.')[2], '')} {sentence}".strip()
        for name, sentences in fields.items()
        if name.startswith(f"{number}.")
        for sentence in sentences
    ]
