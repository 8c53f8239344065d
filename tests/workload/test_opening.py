"""Every number of the month, the forecast and the park opens rows that add up to exactly it."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station.errors import InvalidInput
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.staffing import service as staffing
from inspect_station.staffing.models import QualificationCode
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload import coming, forecast, service
from inspect_station.workload.coming import Asked
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.workload import park as small

NOVEMBER = service.read("2026-11")


def _furnish(cast: Cast) -> small.Park:
    """The small park, and what the forecast tells apart: a date still open, a boiler that comes again, odd lengths of pipe."""
    workcalendar.seed(NOW)
    staffing.seed(NOW)
    park = small.whole(cast)
    for code in ("RQ", "GD", "GL"):
        number = QualificationCode.get(QualificationCode.code == code).id
        until = date(2027, 6, 30) if code == "GD" else None
        staffing.qualify(cast.head, cast.inspector.account_id, code_id=number, valid_until=until, now=NOW)
    third = small.vessel(cast.jia, "三级罐", "V-3")
    small.inspected(third, "periodic", "2025-03-10", grade=3)
    boiler = small.device(cast.yi, "1100", "锅炉", "B-1", put_into_use_on="2015-01-01")
    small.inspected(boiler, "external", "2026-01-10", next_due="2027-01-10")
    small.inspected(boiler, "internal", "2025-01-10", next_due="2027-01-10")
    for number, length in enumerate((333_333, 1_234_567, 999_999)):
        line = small.device(
            cast.yi, "8310", f"管{number}", "", form="line", line_number=f"PL-9{number}", length_mm=length,
            put_into_use_on="2015-02-20", traits={"pipe_grade": "GC2"},
        )  # fmt: skip
        small.done(line, "2021-01-20", None, "2027-01-20")
    plan = Plan.create(
        name="年计划", state="approved", as_of=TODAY, first_on=TODAY, last_on=date(2027, 11, 1), seconds=1, instance={},
        made_by="长", created_at=NOW,
    )  # fmt: skip
    visit = PlanVisit.create(plan=plan, enterprise=cast.jia, on_day=date(2026, 12, 3), start=0, minutes=95)
    VisitPerson.create(visit=visit, account=cast.inspector.account_id)
    PlanItem.create(
        plan=plan, visit=visit, key="f", equipment=park.f, clock="periodic", kind="fixed_vessel", enterprise=cast.jia,
        minutes=95, people=1, due_on=date(2027, 3, 31),
    )  # fmt: skip
    return park


def _opened(cast: Cast, asked: Asked) -> tuple[int, int]:
    """How many rows open, and the minutes they add up to; what stands above them says the same."""
    rows = list(coming.stream(cast.head, asked, TODAY))
    found = (len(rows), sum(row["minutes"] for row in rows))
    total = coming.total(cast.head, asked, TODAY)
    assert (total.count, total.minutes) == found, asked
    return found


def test_every_number_of_the_forecast_opens_rows_that_add_up_to_it(cast: Cast) -> None:
    _furnish(cast)
    found = forecast.forecast(cast.head, TODAY, 36)
    seen = dict.fromkeys(coming.LAYERS, 0)
    for month in found.months:
        for layer in coming.LAYERS:
            told = (month.counts[layer], month.minutes[layer])
            assert _opened(cast, Asked(layer, month.period)) == told, (month.key, layer)
            seen[layer] += told[0]
        assert _opened(cast, Asked("load", month.period))[1] == month.load
        for kind, count in month.kinds.items():
            assert _opened(cast, Asked("load", month.period, kind=kind))[0] == count, (month.key, kind)
        for code, minutes in month.codes.items():
            assert _opened(cast, Asked("load", month.period, code=code))[1] == minutes, (month.key, code)
    assert all(seen.values()), seen
    assert _opened(cast, Asked("backlog")) == (found.backlog, found.backlog_minutes)
    assert found.backlog == 2


def test_the_hours_of_a_month_open_the_people_and_the_visits_they_add_up(cast: Cast) -> None:
    _furnish(cast)
    holders = set()
    for month in forecast.forecast(cast.head, TODAY, 12).months:
        assert sum(each.minutes for each in forecast.room_of(cast.head, month.period, TODAY)) == month.room > 0
        for code, minutes in month.holders.items():
            assert sum(e.minutes for e in forecast.room_of(cast.head, month.period, TODAY, code)) == minutes, code
            holders.add((code, minutes > 0))
        assert sum(v.work for v in forecast.planned_of(cast.head, month.period)) == month.planned
        assert (month.planned > 0) == (month.key == "2026-12")
    assert {("GD", True), ("GD", False), ("RQ", True)} <= {(code.split("/")[0], any_) for code, any_ in holders}


def test_an_inspector_compares_the_work_of_his_firms_with_his_own_hours_and_his_own_part_of_the_plan(
    cast: Cast,
) -> None:
    _furnish(cast)
    me = cast.inspector.account_id
    code = QualificationCode.get(QualificationCode.code == "RQ").id
    staffing.qualify(cast.head, cast.other_inspector.account_id, code_id=code, now=NOW)
    VisitPerson.create(visit=PlanVisit.get(), account=cast.other_inspector.account_id)
    _, december, *_ = forecast.forecast(cast.inspector, TODAY, 12, me).months
    _, whole, *_ = forecast.forecast(cast.head, TODAY, 12).months
    (share,) = forecast.room_of(cast.inspector, december.period, TODAY)
    assert (share.person.account_id, share.minutes) == (me, december.room)
    assert (december.room, december.load) == (whole.room // 2, 0)  # no firm is his
    (visit,) = forecast.planned_of(cast.inspector, december.period)
    assert forecast.work_of(cast.inspector, visit) == december.planned == 95
    assert whole.planned == visit.work == 2 * 95


def test_every_count_of_the_park_opens_its_rows(cast: Cast) -> None:
    _furnish(cast)
    small.inspected(small.vessel(cast.yi, "不合格罐", "Y-2"), "periodic", "2026-10-01", conclusion="不符合要求")
    seen = set()
    for plot in service.month.plots(cast.head, TODAY):
        for firm in plot["firms"]:
            for what, key in (
                ("forbidden", "forbidden"),
                ("overdue", "late"),
                ("near", "near"),
                ("running", "total"),
            ):
                assert _opened(cast, Asked(what, enterprise=firm["id"]))[0] == firm[key], (firm["name"], what)
                seen |= {what} if firm[key] else set()
    assert seen == {"forbidden", "overdue", "near", "running"}


def test_devices_lines_and_kilometres_open_each_device_once(cast: Cast) -> None:
    _furnish(cast)
    year = service.read("2026")
    extra = small.vessel(cast.jia, "两次到期的罐", "V-twice")
    small.done(extra, "2020-02-01", None, "2026-02-01")
    small.done(extra, "2026-02-01", "2026-02-01", "2026-12-01")
    everything = service.Narrowed()

    def opened(key: str, lines: bool = False, **narrowed: Any) -> tuple[int, int]:
        view = service.Narrowed(**narrowed)
        rows = service.counting.devices(cast.head, key, year, TODAY, view, lines, limit=None)
        total = service.counting.devices_total(cast.head, key, year, TODAY, view, lines)
        length = sum(row["length_mm"] or 0 for row in rows)
        assert len({row["equipment_id"] for row in rows}) == len(rows) == total.count
        assert length == total.length_mm
        return len(rows), length

    for by in service.shares.BY:
        for row in service.shares.parts(cast.head, year, TODAY, by, everything):
            narrowed = {by: row["key"]}
            assert opened("inspected", **narrowed)[0] == row["inspected_devices"], row
            if by != "business":
                assert opened("due", **narrowed)[0] == row["devices"], row
                assert opened("overdue", **narrowed)[0] == row["overdue_devices"], row
                assert opened("due", lines=True, **narrowed) == (row["lines"], row["length_mm"]), row
    assert opened("due", lines=True) == (1, 1_500_000)
    twice = service.counting.devices(cast.head, "due", year, TODAY, everything, False, limit=None)
    assert {row["name"]: row["n"] for row in twice}["两次到期的罐"] == 2


def test_an_inspector_opens_what_his_own_forecast_counts(cast: Cast) -> None:
    _furnish(cast)
    cast.yi.responsible = cast.inspector.account_id
    cast.yi.save()
    january = service.read("2027-01")
    (mine,) = [
        m
        for m in forecast.forecast(cast.inspector, TODAY, 12, cast.inspector.account_id).months
        if m.period == january
    ]
    assert coming.total(cast.inspector, Asked("sure", january), TODAY).count == mine.counts["sure"] == 5
    assert coming.total(cast.inspector, Asked("running", enterprise=cast.jia.id), TODAY).count == 0
    with pytest.raises(InvalidInput, match="点开某个月"):
        coming.total(cast.head, Asked("sure"), TODAY)
    with pytest.raises(InvalidInput, match="不分月份"):
        coming.total(cast.head, Asked("backlog", january), TODAY)


# --- on the pages -----------------------------------------------------------------------------------------------------

_LINK = re.compile(r'<a [^>]*?href="(/workload/(?:rows|coming|forecast|people)/[^"]+)"[^>]*>(.*?)</a>', re.DOTALL)


def _numbers(html: str) -> list[str]:
    return re.findall(
        r"\d+(?:\.\d+)?", re.sub(r"<span class=\"visually-hidden\">.*?</span>|<title>.*?</title>|<[^>]+>", " ", html)
    )


def _told(link: str, words: str) -> list[str]:
    """The number a link bears: of a card its value, of the year's card how much is done, of a day its count."""
    if "stat-value" in words:
        words = words.split("stat-note" if "of=2026-" not in link else "stat-value", 1)[1].split("</span>")[0]
        return _numbers(f"<{words}")[:1]
    numbers = _numbers(words)
    return numbers[-1:] if "dated" in link or "enterprise" in link else numbers[:1]


def _same(told: str, above: str) -> bool:
    """The same number, told to so many places."""
    return round(float(above), len(told.partition(".")[2])) == float(told)


def _every_link(client: FlaskClient, addresses: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        for link, words in _LINK.findall(page.get_data(as_text=True).split("<main", 1)[1]):
            if "format=" not in link:
                found.setdefault(link.replace("&amp;", "&"), []).extend(_told(link, words))
    return found


def test_each_number_on_the_pages_is_the_number_on_the_page_it_opens(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        _furnish(cast)
    client = log_in(sqlite_app, cast.auditor)
    links = _every_link(
        client,
        (
            "/workload?of=2026-11",
            "/workload/people?of=2026-11",
            "/workload/forecast",
            "/workload/park",
            "/workload/report?of=2026-11",
        ),
    )
    assert {link.split("/")[2] for link in links} == {"rows", "coming", "forecast", "people"}
    for part in (
        "day=2026-11-08",
        "each=line",
        "each=device",
        "code=RQ",
        "/room?code=",
        "/planned",
        "coming/running",
    ):
        assert any(part in link for link in links), part
    for link, told in links.items():
        answer = client.get(link)
        assert answer.status_code == 200, link
        page = answer.get_data(as_text=True)
        lead = _numbers(page.split('class="text-lead"', 1)[1].split("</p>", 1)[0])
        for number in told:
            assert any(_same(number, each) for each in lead), (link, number, lead)
        # The rows themselves: one for each, or entries that carry their own counts.
        if "/rows/" in link and "rate" not in link and "promise" not in link:
            assert page.count("data-row-link") == int(told[0].split(".")[0]), link
