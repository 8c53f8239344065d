"""Each figure against a count by hand, and against a recount from raw rows by another path, on both databases."""

import random
from datetime import date, timedelta

import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service as clinic
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.workload import service
from inspect_station.workload.definitions import DEFINITIONS
from inspect_station.workload.periods import Period, around
from tests.conftest import NOW, TODAY, Cast
from tests.duelist.park import touch, vessel
from tests.workload import park as small
from tests.workload.recount import Recount

NOVEMBER = service.read("2026-11")

# Counted by hand from the story in park.py: what is counted, of how many.
BY_HAND = {
    "due": (3, 5),  # A B C D L; done: A B L
    "due_done": (3, 5),
    "inspected": (2, 3),  # A, B twice; B failed at first
    "overdue": (2, 2),  # C, Y
    "rate_inspected": (3, 5),
    "rate_overdue": (2, 8),
    "rate_first_pass": (1, 2),  # A yes, B no; B's second is a re-inspection
    "rate_initiative": (1, 5),  # D; B applied after the reminder
    "rate_report": (1, 2),  # A on the promised day, B a day late; L's day has not come
    "promise_accept": (0, 1),  # B's by 11-05, decided 11-06; D's was in October
    "promise_schedule": (2, 2),  # D's by 11-01, on 10-30; B's by 11-09, on 11-07
    "promise_reinspect": (0, 0),
    "reports_issued": (2, 2),
    "findings_issued": (1, 1),
    "findings_closed": (1, 1),
    "findings_open": (1, 1),
    "clinic_visits": (1, 1),
    "clinic_findings": (1, 2),
    "clinic_repeated": (1, 2),
    "rate_clinic": (1, 2),  # due 11-19: ended 11-18; due 11-20: not yet; the third's day has not come
    "reminders_sent": (1, 2),
    "reminders_answered": (1, 2),
    "firms_silent": (1, 1),  # 乙
    "firms_served": (1, 2),
    "firms_unseen": (1, 1),  # 乙
}


def found(cast: Cast, period: Period, today: date = TODAY) -> dict[str, tuple[int | None, int | None]]:
    return {key: (f.counted, f.total) for key, f in service.counting.figures(cast.head, period, today).items()}


def test_every_figure_of_november_is_what_was_counted_by_hand(cast: Cast) -> None:
    small.whole(cast)
    assert found(cast, NOVEMBER) == BY_HAND
    assert set(BY_HAND) == set(DEFINITIONS)
    figures = service.counting.figures(cast.head, NOVEMBER, TODAY)
    assert (figures["rate_inspected"].value, figures["rate_overdue"].value) == (60.0, 25.0)
    assert (figures["due"].value, figures["due_done"].value, figures["firms_served"].value) == (5, 3, 1)


@pytest.mark.parametrize(
    ("of", "upto"),
    [
        *((of, None) for of in ("2026-11", "2026-10", "2025-01", "2026-Q4", "2026-W46", "2026", "2025")),
        *((of, upto) for of in ("2026-11", "2026-Q4", "2026") for upto in ("2026-11-09", "2026-11-12", "2026-11-19")),
        ("2026-10", "2026-10-22"), ("2025-01", "2025-01-31"), ("2025", "2025-11-22"),
    ],
)  # fmt: skip
def test_every_figure_of_every_sort_of_period_agrees_with_a_recount_from_raw_rows(
    cast: Cast, of: str, upto: str | None
) -> None:
    small.whole(cast)
    period = service.read(of).until(date.fromisoformat(upto) if upto else None)
    told = found(cast, period)
    expected = Recount(period, TODAY).figures()
    assert {k: c for k, c in told.items() if c != (None, None)} == {
        k: c for k, c in expected.items() if told[k] != (None, None)
    }
    assert told["due"] == expected["due"]


def test_a_random_park_agrees_with_its_recount_month_by_month(cast: Cast) -> None:
    rng = random.Random(7)
    for number in range(40):
        device = vessel(rng.choice((cast.jia, cast.yi)), f"容器{number}", f"R-{number}")
        _history(rng, device)
    for month in ("2026-11", "2026-09", "2026-06", "2025-12", "2026-Q3"):
        period = service.read(month)
        counted = found(cast, period)
        expected = Recount(period, TODAY).figures()
        for key in ("due", "inspected", "overdue", "rate_overdue", "rate_first_pass", "firms_served", "firms_unseen"):
            assert counted[key] == expected[key], (month, key)
    assert found(cast, service.read("2026"))["inspected"][1] > 15


def _history(rng: random.Random, device: Equipment) -> None:
    """One to three inspections about a year apart; now and then failed, without conclusion, known to the month, corrected."""
    due: date | None = None
    when = date(2024, 6, 1) + timedelta(days=rng.randint(0, 500))
    for _ in range(rng.randint(1, 3)):
        if when > TODAY:
            break
        conclusion = rng.choices(("符合要求", "不符合要求", None), (80, 12, 8))[0]
        following = when + timedelta(days=rng.randint(150, 400))
        text = when.isoformat()[: 7 if rng.random() < 0.15 else 10]
        row = Inspection.create(
            equipment=device, clock="periodic", completed_on=text, conclusion=conclusion, grade=2,
            next_due=following.isoformat() if conclusion != "不符合要求" else None,
            answered_due=due.isoformat() if due else None, recorded_at=NOW,
        )  # fmt: skip
        if rng.random() < 0.1:
            wrong = Inspection.create(
                equipment=device, clock="periodic", completed_on=text, conclusion="不符合要求", recorded_at=NOW
            )
            Inspection.update(replaced_by=row.id).where(Inspection.id == wrong.id).execute()
        due = following if conclusion != "不符合要求" else None
        when = following + timedelta(days=rng.randint(-30, 60))
    touch(device)


def test_a_late_inspection_counts_as_not_done_in_the_month_it_was_due(cast: Cast) -> None:
    small.make(cast)
    january = found(cast, service.read("2025-01"))
    assert january["due"] == (0, 1)
    assert january["overdue"] == (0, 0)  # due on the 31st: overdue from the next day
    assert found(cast, service.read("2025-02"))["due"] == (0, 0)
    assert found(cast, service.read("2025-Q1"))["due"] == (1, 1)


def test_before_the_first_facts_the_answer_is_no_data_and_never_zero(cast: Cast) -> None:
    empty = service.counting.figures(cast.head, NOVEMBER, TODAY)
    assert {f.value for f in empty.values()} == {None}
    assert {f.words for f in empty.values()} == {"无数据"}
    small.make(cast)
    early = service.counting.figures(cast.head, service.read("2019-05"), TODAY)
    assert {f.value for f in early.values()} == {None}
    now = service.counting.figures(cast.head, NOVEMBER, TODAY)
    assert now["due"].value == 5
    assert now["rate_report"].value is None  # no report was ever kept
    assert service.counting.parts(cast.head, service.read("2019-05"), TODAY, "kind") == []


def test_parts_add_up_to_the_whole_and_pipes_are_counted_in_lines_and_metres(cast: Cast) -> None:
    small.whole(cast)
    by_kind = {row["key"]: row for row in service.shares.parts(cast.head, NOVEMBER, TODAY, "kind")}
    assert set(by_kind) == {"fixed_vessel", "industrial_pipe"}
    pipe, vessels = by_kind["industrial_pipe"], by_kind["fixed_vessel"]
    assert (pipe["due"], pipe["lines"], pipe["km"], pipe["rate"]) == (1, 1, 1.5, 100.0)
    assert (vessels["due"], vessels["due_done"], vessels["inspected"], vessels["overdue"]) == (4, 2, 3, 2)
    assert (vessels["devices"], vessels["inspected_devices"], vessels["rate"]) == (4, 2, 50.0)
    by_clock = service.shares.parts(cast.head, NOVEMBER, TODAY, "clock")
    assert [(r["label"], r["due"], r["overdue"]) for r in by_clock] == [("定期检验", 5, 2)]
    business = {r["key"]: r["inspected"] for r in service.shares.parts(cast.head, NOVEMBER, TODAY, "business")}
    assert business == {"regular": 2, "again": 1}


def test_every_figure_opens_as_many_rows_as_it_says(cast: Cast) -> None:
    small.whole(cast)
    for key, figure in service.counting.figures(cast.head, NOVEMBER, TODAY).items():
        rows = list(service.counting.stream(cast.head, key, NOVEMBER, TODAY))
        wanted = figure.counted if figure.definition.part else figure.total
        assert len(rows) == wanted, key
        counted = list(service.counting.stream(cast.head, key, NOVEMBER, TODAY, part="yes"))
        assert len(counted) == figure.counted, key


def test_every_part_of_overdue_opens_as_many_rows_as_it_says(cast: Cast) -> None:
    small.whole(cast)
    why = [
        (service.Narrowed(why=r["key"]), r["count"]) for r in service.reasons.of_overdue(cast.head, NOVEMBER, TODAY)
    ]
    ages = [(service.Narrowed(age=r["key"]), r["count"]) for r in service.reasons.ages(cast.head, NOVEMBER, TODAY)]
    assert sum(count for _, count in why) == sum(count for _, count in ages) == 2
    for narrowed, count in why + ages:
        assert len(service.counting.rows(cast.head, "overdue", NOVEMBER, TODAY, narrowed)) == count, narrowed


def test_the_clinics_findings_by_grade_open_as_many_rows_as_they_say(cast: Cast) -> None:
    small.whole(cast)
    grades = {r["key"]: r["count"] for r in service.reasons.grades(cast.head, NOVEMBER, TODAY)}
    assert grades == {"minor": 1, "major": 0, "severe": 1}
    for grade, count in grades.items():
        narrowed = service.Narrowed(business=grade)
        assert len(service.counting.rows(cast.head, "clinic_findings", NOVEMBER, TODAY, narrowed)) == count, grade


def test_overdue_rows_carry_what_stood_in_the_way_and_their_age(cast: Cast) -> None:
    small.whole(cast)
    why = {r["key"]: r["count"] for r in service.reasons.of_overdue(cast.head, NOVEMBER, TODAY)}
    assert why == {"finding": 1, "reason.unreachable": 1}
    ages = [r["count"] for r in service.reasons.ages(cast.head, NOVEMBER, TODAY)]
    assert ages == [1, 1, 0, 0, 0]  # C 14 days, Y 52 days
    october = {r["key"]: r["count"] for r in service.reasons.of_overdue(cast.head, service.read("2026-10"), TODAY)}
    assert october == {"none": 1}  # 乙's reason was written in November


def test_an_inspector_counts_the_firms_he_looks_after(cast: Cast) -> None:
    small.whole(cast)
    cast.yi.responsible = cast.inspector.account_id
    cast.yi.save()
    mine = service.counting.figures(cast.inspector, NOVEMBER, TODAY)
    assert (mine["due"].value, mine["overdue"].value, mine["firms_served"].total) == (0, 1, 1)
    assert service.counting.figures(cast.auditor, NOVEMBER, TODAY)["overdue"].value == 2
    assert [p.name for p in service.people.people(cast.inspector, NOVEMBER)] == [cast.inspector.name]


def test_an_enterprise_finds_nothing_here(cast: Cast) -> None:
    with pytest.raises(NotFound):
        service.counting.figures(cast.jia_user, NOVEMBER, TODAY)
    with pytest.raises(NotFound):
        service.people.people(cast.jia_user, NOVEMBER)
    with pytest.raises(NotFound):
        service.forecast.forecast(cast.jia_user, TODAY)


def test_people_are_told_by_their_reports_and_signatures(cast: Cast) -> None:
    small.whole(cast)
    people = {p.account_id: p for p in service.people.people(cast.head, NOVEMBER)}
    mine, head = people[cast.inspector.account_id], people[cast.head.account_id]
    assert (mine.done, mine.signed["written"], mine.signed["issued"]) == (2, 3, 0)  # L was inspected in October
    assert head.signed["issued"] == 2
    assert (mine.clinic_visits, head.clinic_visits) == (0, 0)
    assert people[cast.other_inspector.account_id].clinic_visits == 1
    assert (mine.planned, mine.share) == (None, None)  # no plan in force: 无数据
    assert mine.capacity_minutes == 21 * (420 - 40)


def test_every_number_of_a_person_opens_the_entries_it_sums_up(cast: Cast) -> None:
    small.whole(cast)
    for person in service.people.people(cast.head, NOVEMBER):
        numbers = {"planned": person.planned, "done": person.done, **person.signed, "clinic": person.clinic_visits}
        for what, number in numbers.items():
            name, entries = service.people.behind(cast.head, NOVEMBER, person.account_id, what)
            assert (name, sum(entry.count for entry in entries)) == (person.name, number or 0), what
    with pytest.raises(NotFound):
        service.people.behind(cast.inspector, NOVEMBER, cast.other_inspector.account_id or 0, "done")
    with pytest.raises(NotFound):
        service.people.behind(cast.head, NOVEMBER, cast.inspector.account_id or 0, "paid")


def test_the_clinic_and_the_month_name_the_same_firms_unseen(cast: Cast) -> None:
    park = small.whole(cast)
    seen = {"甲": "clinic and inspections", "乙": "nobody since 2020"}
    assert len(seen) == service.counting.figures(cast.head, NOVEMBER, TODAY)["firms_served"].total
    for now in (TODAY, TODAY + timedelta(days=80), TODAY + timedelta(days=95)):
        period = around("month", now)
        told = {row["enterprise_id"] for row in service.counting.rows(cast.head, "firms_unseen", period, now)}
        listed = {firm.enterprise for firm in clinic.rounds.ranked(cast.head, now, unseen_only=True)}
        assert told == listed
        assert clinic.rounds.reached(cast.head, now) == (2 - len(told), 2)
    assert told == {cast.jia.id, cast.yi.id}
    # An inspection by the station is a visit as good as the clinic's.
    small.done(park.y, now.isoformat(), None, "2032-10-01")
    touch(park.y)
    assert {firm.enterprise for firm in clinic.rounds.ranked(cast.head, now, unseen_only=True)} == {cast.jia.id}


@pytest.mark.parametrize(
    ("of", "first", "last", "before", "year_ago"),
    [
        ("2026-11", "2026-11-01", "2026-11-30", "2026-10", "2025-11"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2025-Q4", "2025-Q1"),
        ("2026-W01", "2025-12-29", "2026-01-04", "2025-W52", "2025-W01"),
        ("2024", "2024-01-01", "2024-12-31", "2023", "2023"),
    ],
)
def test_periods_know_their_days_and_neighbours(of: str, first: str, last: str, before: str, year_ago: str) -> None:
    period = service.read(of)
    assert (period.key, period.first.isoformat(), period.last.isoformat()) == (of, first, last)
    assert (period.before().key, period.year_ago().key) == (before, year_ago)
    assert period.before().after() == period
    assert around(period.kind, period.last) == period


@pytest.mark.parametrize(
    ("of", "today", "before_until", "year_ago_until"),
    [
        ("2026-11", "2026-11-22", "2026-10-22", "2025-11-22"),
        ("2026-11", "2026-11-30", "2026-10-31", "2025-11-30"),  # the last day: whole months
        ("2026-11", "2026-12-05", "2026-10-31", "2025-11-30"),  # over
        ("2026-11", "2026-10-31", "2026-10-31", "2025-11-30"),  # not begun
        ("2026-03", "2026-03-30", "2026-02-28", "2025-03-30"),  # there is no 30 February
        ("2028-02", "2028-02-28", "2028-01-28", "2027-02-28"),
        ("2026-Q4", "2026-11-22", "2026-08-22", "2025-11-22"),
        ("2026-W47", "2026-11-18", "2026-11-11", "2025-11-19"),  # a Wednesday each
        ("2026", "2026-11-22", "2025-11-22", "2025-11-22"),
    ],
)
def test_while_a_period_runs_it_is_compared_with_the_others_up_to_the_like_day(
    of: str, today: str, before_until: str, year_ago_until: str
) -> None:
    before, ago = service.read(of).beside(date.fromisoformat(today))
    assert (before.end.isoformat(), ago.end.isoformat()) == (before_until, year_ago_until)
    assert (before.key, ago.key) == (service.read(of).before().key, service.read(of).year_ago().key)


def test_a_period_cannot_be_looked_at_up_to_a_day_before_it() -> None:
    with pytest.raises(InvalidInput, match="从 2026-11-01 开始，不能只看到 2026-10-31"):
        NOVEMBER.until(date(2026, 10, 31))


@pytest.mark.parametrize("of", ["2026-13", "2026-Q5", "2026-W60", "金", "", "20260", "0000"])
def test_a_period_that_does_not_exist_is_refused_with_a_sentence(of: str) -> None:
    with pytest.raises(InvalidInput, match="不认识时段"):
        service.read(of)


def test_the_systems_own_view_is_the_heads(cast: Cast) -> None:
    small.whole(cast)
    assert service.counting.figures(Actor.system(), NOVEMBER, TODAY) == service.counting.figures(
        cast.head, NOVEMBER, TODAY
    )
