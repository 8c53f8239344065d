"""工作量: the month, its people, what is coming, the park."""

from flask import render_template

from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.web import today
from inspect_station.workload import charts, links, service
from inspect_station.workload.definitions import GROUPS
from inspect_station.workload.schemas import ForecastQuery
from inspect_station.workload.views import frame, pages

_ENTRIES_SHOWN = 500


@pages.get("/workload")
@staff_only
def month() -> str:
    period, actor, on = frame.period(), current_actor(), today()
    apart = service.closing.told_apart(actor, period, on)
    first = on.replace(day=1) if period.last >= on else period.first
    return render_template(
        "workload/month.html",
        **frame.frame("month", period),
        lines=service.month.lines(actor, period, on),
        groups=GROUPS,
        target=service.month.target(actor, period.first.year, on),
        split=apart,
        by=service.shares.BY,
        reasons=charts.bars(apart["why"]),
        ages=charts.bars(apart["age"]),
        funnel=charts.bars(apart["step"]),
        grades=apart["grade"],
        heat=charts.heat_map(service.month.heat(actor, first, 12, on), first, 12),
        steps=charts.STEPS,
        closed=service.closing.closed(actor, period),
        corrections=service.closing.corrections(actor, period, on),
    )


@pages.get("/workload/people")
@staff_only
def people() -> str:
    period = frame.period()
    found = service.closing.told_people(current_actor(), period)
    return render_template("workload/people.html", **frame.frame("people", period), people=found)


@pages.get("/workload/people/<int:account_id>/<what>")
@staff_only
def person(account_id: int, what: str) -> str:
    """What one of a person's numbers sums up."""
    period = frame.period()
    name, entries = service.people.behind(current_actor(), period, account_id, what)
    return render_template(
        "workload/person.html",
        closed=service.closing.closed(current_actor(), period),
        **frame.frame("people", period)
        | {"here": "workload.person", "here_args": {"account_id": account_id, "what": what}},
        name=name,
        what="可用工时" if what == service.people.CAPACITY else service.people.WORDS[what],
        by_day=what == service.people.CAPACITY,
        minutes=sum(entry.minutes for entry in entries) if what in ("planned", service.people.CAPACITY) else None,
        entries=entries[:_ENTRIES_SHOWN],
        total=sum(entry.count for entry in entries),
        left_out=len(entries) - _ENTRIES_SHOWN,
        of_entry=links.of_entry,
    )


@pages.get("/workload/forecast")
@staff_only
def forecast() -> str:
    count, actor = frame.asked(ForecastQuery())["months"], current_actor()
    found = service.forecast.forecast(actor, today(), count, service.counting.view_of(actor).responsible)
    return render_template(
        "workload/forecast.html",
        **frame.frame("forecast"),
        found=found,
        count=count,
        lengths=service.forecast.LENGTHS,
        kinds_of=service.forecast.kinds_of,
        chart=charts.load(found),
        codes=sorted({code for each in found.months for code in each.codes}),
    )


@pages.get("/workload/park")
@staff_only
def park() -> str:
    found = service.month.plots(current_actor(), today())
    return render_template("workload/park.html", **frame.frame("park"), plots=found)
