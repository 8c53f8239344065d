"""Dates as people write them; each row of the tables is one case."""

import datetime as dt
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_station.registry.ledgers.dates import read_date

READABLE = [
    # written                      read           of a span, its end
    ("2013-04", "2013-04", None),
    ("2014-05-05", "2014-05-05", None),
    ("2026.5", "2026-05", None),
    ("2026.10", "2026-10", None),
    ("2026年5月", "2026-05", None),
    ("2026 年 5 月 3 日", "2026-05-03", None),
    ("2026/5/1", "2026-05-01", None),
    ("2026.05.01起", "2026-05-01", None),
    ("2026-5-1至2029-4-30", "2026-05-01", "2029-04-30"),
    ("2026.05.01-2029.04.30", "2026-05-01", "2029-04-30"),
    ("2026年5月~2029年4月", "2026-05", "2029-04"),
    ("2026-05-01前", "2026-05-01", None),
    ("至2026-05", "2026-05", None),
    ("2016-08-15T15:58:53", "2016-08-15", None),
    ("2016-08-15 15:58:53", "2016-08-15", None),
    ("２０２６－０５－０１", "2026-05-01", None),
    ("２０２６．５", "2026-05", None),
    ("20260501", "2026-05-01", None),
    ("202605", "2026-05", None),
    (20260501, "2026-05-01", None),
    ("2024-02-29", "2024-02-29", None),
    (46143, "2026-05-01", None),
    (46143.75, "2026-05-01", None),
    ("46143", "2026-05-01", None),
    (2026.5, "2026-05", None),
    (2026.11, "2026-11", None),
    (2026.05, "2026-05", None),
]

NOTHING = ["", "-", "/", "／", "—", "无", " ", "--"]

FLAWED = [
    # written            reason                  refuses the row where the date is essential
    ("2026", "date_year_alone", False),
    (2026, "date_year_alone", False),
    ("2026年", "date_year_alone", False),
    ("长期", "date_open_ended", False),
    ("报废", "date_is_word", False),
    ("停用", "date_is_word", False),
    ("2026-02-30", "date_impossible", True),
    ("2026-13", "date_impossible", True),
    ("2023-02-29", "date_impossible", True),
    ("20261301", "date_impossible", True),
    ("13-04", "date_two_digit_year", True),
    ("26.5.1", "date_two_digit_year", True),
    ("26年5月", "date_two_digit_year", True),
    ("5/1/2026", "date_order", True),
    (2026.1, "date_month_unclear", True),
    ("2020-05-01、2023-05-01", "date_several", True),
    ("0026-05-01", "date_out_of_range", True),
    ("去年五月", "date_unreadable", True),
    ("12.5", "date_two_digit_year", True),
    (12.5, "date_two_digit_year", True),
    (-3, "date_unreadable", True),
    (1e300, "date_unreadable", True),
]


@pytest.mark.parametrize(("written", "read", "end"), READABLE)
def test_a_date_is_read_as_precisely_as_it_was_written(written, read, end):
    assert read_date(written) == (read, None)
    assert read_date(written, end=True) == (end or read, None)


@pytest.mark.parametrize("written", NOTHING)
def test_a_dash_means_no_date_and_is_no_problem(written):
    assert read_date(written) == (None, None)


@pytest.mark.parametrize(("written", "code", "serious"), FLAWED)
def test_what_is_no_date_gets_a_named_reason(written, code, serious):
    value, flaw = read_date(written)
    assert value is None
    assert (flaw.code, flaw.severity == "error") == (code, serious)
    assert flaw.message.endswith("。")


def test_a_month_that_lost_its_nought_is_not_guessed():
    _, flaw = read_date(2026.1)
    assert "2026-01" in flaw.message
    assert "2026-10" in flaw.message


_WRITTEN = st.text("0123456789年月日-/. 至~起长期２０—T:", max_size=24) | st.text(max_size=12)


@given(_WRITTEN | st.integers() | st.floats(allow_nan=True))
def test_nothing_a_cell_may_hold_crashes_the_reader_or_yields_anything_but_a_date(cell):
    for end in (False, True):
        value, flaw = read_date(cell, end=end)
        assert value is None or flaw is None
        if value is not None:
            assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value)
            dt.date.fromisoformat(value if len(value) == 10 else f"{value}-01")


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(["{y}-{m}", "{y}.{m:02d}", "{y}年{m}月", "{y}/{m}", "{y}{m:02d}"]),
)
def test_a_day_is_never_made_up_for_a_month(day, shape):
    assert read_date(shape.format(y=day.year, m=day.month)) == (day.strftime("%Y-%m"), None)


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from(["{y}-{m}-{d}", "{y}.{m:02d}.{d:02d}", "{y}年{m}月{d}日", "{y}/{m}/{d}", "{y}{m:02d}{d:02d}"]),
)
def test_every_day_is_read_in_every_shape(day, shape):
    assert read_date(shape.format(y=day.year, m=day.month, d=day.day)) == (day.isoformat(), None)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)))
def test_a_serial_number_is_the_day_the_spreadsheet_means(day):
    assert read_date((day - dt.date(1899, 12, 30)).days) == (day.isoformat(), None)


@pytest.mark.parametrize(
    "text",
    [
        "2026-0-00" + "-" * 80,
        "2026-5至" + "—" * 90,
        "2026-05-01" + " " * 30_000 + "x",
        "2026-05" + ",;、" * 10_000 + "2026",
    ],
)
def test_no_cell_keeps_the_reader_busy(text: str) -> None:
    """Each once took minutes or for ever (found by `make fuzz`): a pattern within a pattern walks every way."""
    began = time.monotonic()
    found, flaw = read_date(text)
    assert found is None
    assert flaw is not None
    assert len(flaw.message) < 200
    assert time.monotonic() - began < 5


def test_a_serial_number_beyond_the_last_year_is_no_date() -> None:
    assert read_date(73_415) == ("2100-12-31", None)
    assert read_date(73_416)[0] is None
    assert read_date("77622")[0] is None
