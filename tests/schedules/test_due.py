"""What holds for every answer, whatever the facts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules import many
from schedules.due import Due, NotRunning, Undetermined, as_json, bucket, due_dates, state, worst
from schedules.facts import from_json
from schedules.many import due_dates_of
from schedules.rulebook import load
from schedules.terms import Bucket, Conclusion, Kind, Status, clocks_of, traits_of

BOOK = load()
ON = date(2026, 11, 22)
VESSEL = {"catalogue_code": "2150", "traits": {"material": "metal"}}
CODES = {
    Kind.BOILER: ["1100"],
    Kind.FIXED_VESSEL: ["2150"],
    Kind.MOBILE_VESSEL: ["2210", "2220", "2230", "2240", "2250", "2290"],
    Kind.CYLINDER: ["2310", "23T0"],
    Kind.CHAMBER: ["2410"],
    Kind.INDUSTRIAL_PIPE: ["8310"],
    Kind.PUBLIC_PIPE: ["8210"],
    Kind.LONG_DISTANCE_PIPE: ["8110"],
    Kind.SAFETY_VALVE: ["7310"],
    Kind.BURSTING_DISC: ["F220"],
    Kind.GAUGE: ["F000"],
}
DAYS = st.dates(date(2012, 1, 1), date(2029, 12, 31))


def maybe(strategy):
    return st.none() | strategy


def written(month_allowed=False):
    days = DAYS.map(date.isoformat)
    return days | DAYS.map(lambda day: f"{day:%Y-%m}") if month_allowed else days


@st.composite
def cases(draw):
    kind = draw(st.sampled_from(list(Kind)))
    code = draw(st.sampled_from(CODES[kind]))
    clock = st.sampled_from([str(one) for one in clocks_of(kind)])
    inspection = st.fixed_dictionaries(
        {
            "clock": clock,
            "completed_on": maybe(written(month_allowed=True)),
            "conclusion": maybe(st.sampled_from([str(one) for one in Conclusion])),
            "grade": maybe(st.integers(1, 5)),
            "next_due": maybe(written(month_allowed=True)),
        }
    )
    extension = st.fixed_dictionaries({"clock": clock, "until": written(), "granted_on": maybe(written())})
    equipment = {
        "catalogue_code": code,
        "status": draw(st.sampled_from([None, "in_use", "in_use", *map(str, Status)])),
        "stopped_on": draw(maybe(written())),
        "restarted_on": draw(maybe(written())),
        "moved_on": draw(maybe(written())),
        "made_on": draw(maybe(written(month_allowed=True))),
        "put_into_use_on": draw(maybe(written(month_allowed=True))),
        "design_life_years": draw(maybe(st.integers(1, 30))),
        "exempt_by_design": draw(st.sampled_from([None, False, False, True])),
        "traits": draw(traits(kind, code)),
    }
    return {
        "equipment": equipment,
        "inspections": draw(st.lists(inspection, max_size=4)),
        "extensions": draw(st.lists(extension, max_size=2)),
    }


@st.composite
def traits(draw, kind, code):
    chosen = {"accessory": "gauge"} if kind is Kind.GAUGE else {}
    for trait in traits_of(kind).values():
        if trait.name == "accessory" or (trait.codes and code not in trait.codes) or draw(st.booleans()):
            continue
        values = st.sampled_from(trait.lawful) if trait.lawful else written()
        many = st.lists(values, min_size=1, max_size=3) if trait.type == "choices" else st.nothing()
        chosen[trait.name] = draw(values | many)
    return chosen


COMMON = {"clock", "answer", "done_by", "warnings", "because"}
RULED = {"source", "range"}
KEYS = {
    "due": COMMON | RULED | {"on", "precision", "origin", "apply_by", "latest", "state", "before_extension"},
    "undetermined": COMMON | RULED | {"missing", "earliest", "latest", "state"},
    "forbidden": COMMON | RULED | {"why"},
    "not_running": COMMON | {"why"},
    "stopped": COMMON | RULED | {"why", "before_use", "on"},
}


@settings(max_examples=100, deadline=None)
@given(cases(), DAYS)
def test_every_case_gets_one_explained_answer_for_each_clock_in_the_contracts_keys(case, on):
    equipment = from_json(case)
    answers = due_dates(equipment, on, BOOK)
    assert [answer.clock for answer in answers] == list(clocks_of(equipment.kind))
    for answer in answers:
        shown = as_json(answer, on)
        kind = "stopped" if shown.get("why") == "stopped" else shown["answer"]
        assert set(shown) - {"failed"} == KEYS[kind]
        assert answer.because
        assert all(sentence.endswith("。") for sentence in answer.because)
        assert bucket(answer, on) in Bucket


@settings(max_examples=100, deadline=None)
@given(cases(), DAYS)
def test_leaving_reasons_out_changes_nothing_else(case, on):
    equipment = from_json(case)
    full, bare = due_dates(equipment, on, BOOK), due_dates(equipment, on, BOOK, reasons=False)
    assert tuple(replace(answer, because=()) for answer in full) == bare


@settings(max_examples=80, deadline=None)
@given(cases(), DAYS, st.randoms())
def test_the_order_of_records_does_not_matter(case, on, random):
    shuffled = {name: list(rows) if isinstance(rows, list) else rows for name, rows in case.items()}
    random.shuffle(shuffled["inspections"])
    random.shuffle(shuffled["extensions"])
    days = [row["completed_on"] for row in case["inspections"] if row["completed_on"]]
    if len(days) == len(set(days)):
        one, other = (due_dates(from_json(c), on, BOOK, reasons=False) for c in (case, shuffled))
        assert one == other


@settings(max_examples=150, deadline=None)
@given(cases(), DAYS, st.integers(1, 1500))
def test_nothing_but_the_state_changes_before_changes_on(case, on, days):
    """The projection relies on it: a stored row stays true until its `changes_on`."""
    equipment, later = from_json(case), on + timedelta(days=days)
    before = due_dates(equipment, on, BOOK, reasons=False)
    after = due_dates(equipment, later, BOOK, reasons=False)
    for one, other in zip(before, after, strict=True):
        if one.changes_on is None or later < one.changes_on:
            assert one == other


@st.composite
def half_known(draw):
    """A vessel or cylinder in use, passed at its last inspection, of which the rule is not quite known."""
    kind, code = draw(st.sampled_from([(Kind.FIXED_VESSEL, "2150"), (Kind.CYLINDER, "2320")]))
    known = {name: value for name, value in draw(traits(kind, code)).items() if name in ("material", "gas", "taxi")}
    done = draw(st.dates(date(2024, 1, 1), date(2029, 12, 31)))
    passed = {"clock": "periodic", "completed_on": done.isoformat(), "conclusion": "合格"}
    grade = draw(maybe(st.integers(1, 5)))
    return {
        "equipment": {"catalogue_code": code, "made_on": draw(written()), "traits": known},
        "inspections": [{**passed, "grade": grade}],
    }


AFTER_ALL_RECORDS = st.dates(date(2030, 1, 1), date(2036, 12, 31))


@settings(max_examples=150, deadline=None)
@given(half_known(), AFTER_ALL_RECORDS, st.integers(1, 3000))
def test_the_mere_passing_of_time_moves_no_bound(case, on, days):
    equipment = from_json(case)
    before = due_dates(equipment, on, BOOK, reasons=False)
    after = due_dates(equipment, on + timedelta(days=days), BOOK, reasons=False)
    for one, other in zip(before, after, strict=True):
        if isinstance(one, Undetermined) and isinstance(other, Undetermined):
            assert (one.earliest, one.latest, one.range) == (other.earliest, other.latest, other.range)
            assert one.missing == other.missing


@settings(max_examples=80, deadline=None)
@given(cases(), DAYS)
def test_dates_are_in_order(case, on):
    for answer in due_dates(from_json(case), on, BOOK, reasons=False):
        if isinstance(answer, Due):
            assert answer.apply_by < answer.on
            assert answer.before_extension is None or answer.before_extension < answer.on
            assert (answer.origin == "extension") or answer.before_extension is None
        if isinstance(answer, Undetermined):
            assert answer.missing
            assert not (answer.earliest and answer.latest) or answer.earliest <= answer.latest


def vessel(**inspection):
    row = {"clock": "periodic", "completed_on": "2022-03-01", "conclusion": "合格", "grade": 2, **inspection}
    case = {"equipment": {"catalogue_code": "2150", "traits": {"material": "metal"}}, "inspections": [row]}
    return due_dates(from_json(case), ON, BOOK)[1]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2027-12-01", "ok"),
        ("2027-12-02", "ok"),
        ("2028-01-01", "approaching"),
        ("2028-02-28", "approaching"),
        ("2028-02-29", "apply_now"),
        ("2028-03-31", "apply_now"),
        ("2028-04-01", "overdue"),
    ],
)
def test_the_state_turns_on_its_days_and_the_due_day_is_not_overdue(day, expected):
    assert state(vessel(next_due="2028-03"), date.fromisoformat(day)) == expected


def test_ninety_days_before_is_approaching_and_ninety_one_is_not():
    due = vessel(next_due="2028-03-31")
    assert state(due, due.on - timedelta(days=91)) == "ok"
    assert state(due, due.on - timedelta(days=90)) == "approaching"


def test_buckets_of_a_device_show_its_worst_clock():
    assert worst([Bucket.OK, Bucket.STOPPED, Bucket.OVERDUE, Bucket.UNDETERMINED]) is Bucket.OVERDUE
    assert worst([Bucket.OVERDUE, Bucket.FORBIDDEN]) is Bucket.FORBIDDEN
    assert worst([]) is Bucket.NONE


def test_a_missing_date_is_a_bucket_of_its_own():
    case = {"equipment": {"catalogue_code": "2150", "traits": {"material": "metal"}}}
    assert {bucket(answer, ON) for answer in due_dates(from_json(case), ON, BOOK)} == {Bucket.DATE_MISSING}


def test_an_undetermined_date_past_its_latest_counts_as_overdue():
    answer = vessel(grade=3)
    assert bucket(answer, date(2028, 3, 1)) is Bucket.UNDETERMINED
    assert bucket(answer, date(2028, 3, 2)) is Bucket.OVERDUE


def test_the_station_may_set_who_does_a_clock():
    equipment = from_json({"equipment": {"catalogue_code": "2150"}})
    by_clock = due_dates(equipment, ON, BOOK, done_by={"annual": "institution"})
    by_kind = due_dates(equipment, ON, BOOK, done_by={"annual": "other", "fixed_vessel.annual": "institution"})
    assert [answer.done_by for answer in by_clock] == ["institution", "institution"]
    assert [answer.done_by for answer in by_kind] == ["institution", "institution"]
    assert [answer.done_by for answer in due_dates(equipment, ON, BOOK)] == ["user", "institution"]


def test_an_answer_names_the_version_it_rests_on():
    answer = vessel()
    assert answer.rule_key == "periodic.metal.grade_1_2"
    assert answer.version_digest in {version.digest for version in BOOK.versions}


def test_the_reasoning_marks_what_is_not_verified_and_cites_the_clause():
    because = "".join(vessel().because)
    assert "依据TSG 21-2016 8.1.6.1" in because
    assert "因此有效期的最后一天是2028-03-01（待核实）。" in because
    assert "（待核实）。" not in vessel(next_due="2028-03-01").because[-2]


def test_a_stopped_clock_turns_when_its_date_passes():
    case = {
        "equipment": {"catalogue_code": "2150", "status": "stopped", "traits": {"material": "metal"}},
        "inspections": [{"clock": "periodic", "completed_on": "2022-03-01", "conclusion": "合格", "grade": 2}],
    }
    answer = due_dates(from_json(case), ON, BOOK)[1]
    assert isinstance(answer, NotRunning)
    assert answer.changes_on == date(2028, 3, 2)


@st.composite
def passed(draw):
    """A device in use with nothing out of the way: inspections passed, no extension, no event."""
    case = draw(cases())
    kept = {name: case["equipment"][name] for name in ("catalogue_code", "made_on", "design_life_years")}
    used = draw(written(month_allowed=True))
    traits_left = {name: value for name, value in case["equipment"]["traits"].items() if name != "monitored_since"}
    inspections = [{**row, "conclusion": "合格"} for row in case["inspections"] if row["completed_on"]]
    equipment = {**kept, "put_into_use_on": used, "traits": traits_left}
    return {"equipment": equipment, "inspections": inspections}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(passed() | cases(), min_size=1, max_size=4),
    DAYS,
    st.none() | st.just({"annual": "other", "boiler.internal": "user"}),
)
def test_many_devices_at_once_get_the_answers_each_would_get_alone(given_cases, on, setting):
    """Twice over, so that what was kept of the first round is handed out in the second."""
    devices = [from_json(case) for case in (*given_cases, *given_cases)]
    alone = [due_dates(device, on, BOOK, done_by=setting) for device in devices]
    together = due_dates_of(devices, on, BOOK, done_by=setting)
    assert list(together) == [tuple(replace(one, because=()) for one in answers) for answers in alone]


@pytest.mark.parametrize(
    ("fact", "plain"),
    [
        ({}, True),
        ({"conclusion": "监督运行"}, False),
        ({"conclusion": None}, False),
        ({"grade": 3}, False),
        ({"status": "stopped"}, False),
        ({"exempt_by_design": True}, False),
        ({"moved_on": "2020-01-01"}, False),
        ({"restarted_on": "2020-01-01"}, False),
    ],
)
def test_only_what_is_out_of_the_ordinary_goes_the_whole_way(monkeypatch, fact, plain):
    went = []
    monkeypatch.setattr(many, "due_dates", lambda *given, **more: went.append(given) or due_dates(*given, **more))
    row = {"clock": "periodic", "completed_on": "2022-03-01", "conclusion": "合格", "grade": 2, **fact}
    row = {name: value for name, value in row.items() if name in {"clock", "completed_on", "conclusion", "grade"}}
    facts = {name: value for name, value in fact.items() if name not in row}
    case = {"equipment": {**VESSEL, "put_into_use_on": "2019-03-01", **facts}, "inspections": [row]}
    assert len(list(due_dates_of([from_json(case)], ON, BOOK))) == 1
    assert (went == []) is plain


def test_what_is_kept_of_many_sorts_is_bounded(monkeypatch):
    monkeypatch.setattr(many, "_SORTS_MOST", 2)
    devices = [
        from_json({"equipment": {**VESSEL, "put_into_use_on": "2019-03-01", "design_life_years": years}})
        for years in (5, 6, 7, 8, 9, 5, 6, 7)
    ]
    assert list(due_dates_of(devices, ON, BOOK)) == [due_dates(one, ON, BOOK, reasons=False) for one in devices]
