"""Dates as people write them in ledgers, to ``2026-05-01`` or ``2026-05``: a day is never made up."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache

from .problems import Flaw

Cell = str | int | float
DateReading = tuple[str | None, Flaw | None]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_EXCEL_ZERO = dt.date(1899, 12, 30)
_LONGEST = 100  # characters; what is longer is no date, and patterns would walk over it for minutes
_SERIALS = range(10_000, 73_416)  # 1927 to the end of 2100

_DATE = r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})[日号]?)?月?|(\d{2})(\d{2})?)"
_TAIL = r"(?:之?前|以前|起|止|截止|到期|有效|为止|开始)*"
_ONE = re.compile(rf"^(?:自|从|至|到)?{_DATE}{_TAIL}$")
_RANGE = re.compile(rf"^(?:自|从)?{_DATE}(?:起)?[-至到~—–]+{_DATE}{_TAIL}$")
_TIME = re.compile(r"(?:T|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_TWO_DIGIT_YEAR = re.compile(r"^'?\d{2}(?:[-./]\d{1,2}){1,2}日?$|^'?\d{2}年\d{1,2}月?(?:\d{1,2}日?)?$")
_YEAR_LAST = re.compile(r"^\d{1,2}[-./]\d{1,2}[-./]\d{2,4}$")
_YEAR_ONLY = re.compile(r"^(\d{4})年?度?$")
_SEVERAL = re.compile(r"\d{4}[-./年]\d{1,2}.*[\s,;、和及]+.*\d{4}[-./年]\d{1,2}", re.DOTALL)
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_OPEN_ENDED = re.compile(r"^(?:长期|永久|长期有效|永久有效|无期限|不限)$")
_WORDS = re.compile(
    r"报废|停用|注销|拆除|闲置|封存|待检|未检|未定|待定|不详|不检|新安装|在检|已检|无法|见报告|迁出|免检|合格"
)

NOTHING = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "/",
        "//",
        "\\",
        "无",
        "—",
        "——",
        "–",
        "N/A",
        "n/a",
        "NA",
        "/年",
        "／",
        "－",
        "＼",
        "年月日",
        "年月",
        "空",
    }
)


def read_date(cell: Cell, *, end: bool = False) -> DateReading:
    """The date in a cell, or the flaw that says why there is none; of a span the first day, with ``end`` the last."""
    if isinstance(cell, str):
        return _from_text(cell, end)
    return _from_number(cell)


@lru_cache(maxsize=50_000)
def _from_text(text: str, end: bool) -> DateReading:
    if len(text) > _LONGEST and len(text := text.strip()) > _LONGEST:
        return None, _unreadable(f"{text[:20]}…")
    text = _tidy(text)
    if text in NOTHING:
        return None, None
    if match := _ONE.match(text):
        return _assemble(text, match.groups())
    if match := _RANGE.match(text):
        return _assemble(text, match.groups()[5:] if end else match.groups()[:5])
    return _from_odd_text(text)


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    text = _TIME.sub("", text)
    if _SEVERAL.search(text):
        return text
    return re.sub(r"\s+", "", text).rstrip("。.,;").replace("−", "-").replace("·", ".")


def _from_odd_text(text: str) -> DateReading:
    if _SERIAL.match(text):
        return _from_serial(float(text), text)
    if match := _YEAR_ONLY.match(text):
        return _year_alone(match[1])
    if _TWO_DIGIT_YEAR.match(text) and not _YEAR_LAST.match(text):
        return _two_digits(text)
    if _YEAR_LAST.match(text):
        return _year_last(text)
    return None, _word_flaw(text)


def _word_flaw(text: str) -> Flaw:
    if _OPEN_ENDED.match(text):
        return Flaw("date_open_ended", f"“{text}”不是日期，没有记入；请按检验报告填写日期。")
    if _SEVERAL.search(text):
        return Flaw("date_several", f"“{text}”里有几个日期，不知以哪个为准；请只留一个。", "error")
    if _WORDS.search(text):
        return Flaw("date_is_word", f"日期栏写的是“{text}”，没有记入；若设备状态有变，请写在使用状态栏。")
    return _unreadable(text)


def _unreadable(text: str) -> Flaw:
    return Flaw("date_unreadable", f"“{text}”不能读作日期；请写成 2026-05-01 或 2026-05。", "error")


def _two_digits(text: str) -> DateReading:
    return None, Flaw("date_two_digit_year", f"“{text}”的年份只有两位，不能确定；请写四位年份。", "error")


def _year_last(text: str) -> DateReading:
    if _TWO_DIGIT_YEAR.match(text):
        return _two_digits(text)
    return None, Flaw("date_order", f"“{text}”分不清月和日；请写成 2026-05-01。", "error")


def _year_alone(year: str) -> DateReading:
    return None, Flaw("date_year_alone", f"“{year}”只有年份，不算日期，没有记入；请至少写到月，如 {year}-05。")


def _assemble(text: str, parts: tuple[str | None, ...]) -> DateReading:
    year, month, day, short_month, short_day = parts
    return _checked(
        text, int(year or 0), int(month or short_month or 0), int(found) if (found := day or short_day) else None
    )


def _checked(text: str, year: int, month: int, day: int | None) -> DateReading:
    """``day`` None: precise to the month."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None, Flaw("date_out_of_range", f"“{text}”的年份不合理；请核对。", "error")
    try:
        found = dt.date(year, month, 1 if day is None else day)
    except ValueError:
        return None, Flaw("date_impossible", f"“{text}”不是存在的日期；请核对。", "error")
    return (found.isoformat() if day is not None else f"{year:04d}-{month:02d}"), None


def _from_number(number: float) -> DateReading:
    if not abs(number) < 1e15:  # infinities and NaN as well
        return None, _unreadable(str(number))
    if number == int(number):
        return _from_whole(int(number))
    if int(number) in _SERIALS:
        return _from_serial(number, str(number))
    return _from_decimal(number)


def _from_whole(number: int) -> DateReading:
    if _FIRST_YEAR <= number <= _LAST_YEAR:
        return _year_alone(str(number))
    if number in _SERIALS:
        return _from_serial(number, str(number))
    return _from_text(str(number), False)


def _from_serial(number: float, text: str) -> DateReading:
    if int(number) not in _SERIALS:
        return None, _unreadable(text)
    return (_EXCEL_ZERO + dt.timedelta(days=int(number))).isoformat(), None


def _from_decimal(number: float) -> DateReading:
    """2026.5 typed as a number. 2026.1 may have been 2026.10: the spreadsheet dropped the nought."""
    text = f"{number:.10g}"
    if re.fullmatch(r"\d{4}\.1", text):
        message = (
            f"“{text}”可能是 1 月，也可能是 10 月（表格会丢掉末尾的 0）；请写成 {text[:4]}-01 或 {text[:4]}-10。"
        )
        return None, Flaw("date_month_unclear", message, "error")
    return _from_text(text, False)
