"""What inspections take and what plans weigh, as the station sets it."""

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.errors import InvalidInput, NotFound, StationError
from inspect_station.planning import words
from inspect_station.planning.schemas import FiguresSchema, WeightsSchema
from inspect_station.planning.service import efforts
from inspect_station.planning.views import pages
from inspect_station.validation import load
from inspect_station.web import now
from schedules.terms import DoneBy


@pages.get("/data")
@staff_only
def data() -> str:
    return _page()


@pages.post("/data/weights")
@needs("staffing")
def set_weights() -> Any:
    try:
        efforts.set_weights(current_actor(), load(WeightsSchema(), form_data()), now())
    except InvalidInput as error:
        return _page(error), error.http_status
    flash("已保存，下次排计划时起作用。", "success")
    return redirect(url_for("planning.data"))


@pages.get("/data/<kind>/<clock>")
@staff_only
def figures(kind: str, clock: str) -> str:
    return _form(kind, clock, asdict(_of(kind, clock)))


@pages.post("/data/<kind>/<clock>")
@needs("staffing")
def set_figures(kind: str, clock: str) -> Any:
    _of(kind, clock)
    given = form_data()
    try:
        reset = given.pop("reset", "")
        values = None if reset else words.Figures(**load(FiguresSchema(), given))
        efforts.set_figures(current_actor(), kind, clock, values, now())
    except InvalidInput as error:
        return _form(kind, clock, given, error), error.http_status
    flash("已保存，下次排计划时起作用。", "success")
    return redirect(url_for("planning.data"))


def _of(kind: str, clock: str) -> words.Figures:
    found = efforts.figures().get((kind, clock))
    if found is None:
        raise NotFound()
    return found


def _page(error: StationError | None = None) -> str:
    present = efforts.figures()
    rows = [
        {
            "kind": kind.value,
            "clock": clock.value,
            "kind_label": kind.label,
            "clock_label": clock.label,
            "figures": present[kind.value, clock.value],
            "own": present[kind.value, clock.value] != words.default(kind.value, clock.value),
        }
        for kind, clock in words.PAIRS
    ]
    return render_template(
        "planning/data.html", rows=rows, weights=asdict(efforts.weights()), needs=words.NEEDS, error=error,
        errors=error.fields if error else {}, given=request.form if error else {}, institution=DoneBy.INSTITUTION.label,
        may_edit=current_actor().may("staffing"),
    )  # fmt: skip


def _form(kind: str, clock: str, given: Any, error: StationError | None = None) -> str:
    return render_template(
        "planning/figures.html", kind=kind, clock=clock, title=words.pair_label(kind, clock), given=given,
        errors=error.fields if error else {}, needs=list(words.NEEDS.items()), may_edit=current_actor().may("staffing"),
    )  # fmt: skip
