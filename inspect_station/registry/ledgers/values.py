"""Words, codes and measures in ledger cells as the register's own values, each with its flaw if any."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from inspect_station.registry import words
from inspect_station.registry.identifiers import is_credit_code
from schedules.terms import Conclusion, Kind, Status, traits_of
from schedules.traits import Trait

from .dates import NOTHING, read_date
from .problems import Flaw

Cell = str | int | float
Reading = tuple[Any, Flaw | None]

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
_HAN_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_YES = frozenset({"是", "有", "Y", "YES", "TRUE", "T", "1", "√", "✓", "✔", "对"})
_NO = frozenset({"否", "无", "没有", "N", "NO", "FALSE", "F", "0", "×", "X", "✗", "不是", "未", ""})
_MOBILE = re.compile(r"^(?:\+?86)?(1[3-9]\d{9})$")
_EXCEL_ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#错误", "#公式未计算"}
)


def cell_text(cell: Cell) -> str:
    """The cell as a person reads it: 42.0 is 42, and a whole number keeps every digit the workbook still has."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, int):
        return str(cell)
    return f"{cell:.15g}" if abs(cell) < 1e15 else f"{cell:.0f}"


def is_nothing(text: str) -> bool:
    """Whether the text stands for «none»: the official form tells people to write a dash."""
    return text in NOTHING or (len(text) < 4 and unicodedata.normalize("NFKC", text).strip() in NOTHING)


def is_cell_error(text: str) -> bool:
    return text in _EXCEL_ERRORS


def cell_error_flaw(text: str) -> Flaw:
    return Flaw("cell_error", f"单元格的公式没有结果（{text}），没有记入；请粘贴为数值后再导入。", "error")


# --- numbers of devices -----------------------------------------------------------------------------------------


def read_number(cell: Cell) -> Reading:
    """A number that names a device: full-width and spaces normalised, leading noughts kept."""
    if type(cell) is float and abs(cell) >= 1e15:
        return None, _digits_lost(f"{cell:.0f}")
    text = cell.strip() if type(cell) is str else cell_text(cell)
    if not text.isascii():
        text = one_spelling(text)
    if "+" in text and re.fullmatch(r"\d(?:\.\d+)?[Ee]\+\d+", text):
        return None, _digits_lost(text)
    if len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit():
        return text, Flaw("number_is_date", f"“{text}”像是被表格改成日期的编号；请把该列设为文本后核对。")
    return (None if text in NOTHING else text), None


def _digits_lost(text: str) -> Flaw:
    return Flaw("digits_lost", f"“{text}”以数值存放，15 位以后的数字已被表格改掉，没有记入；请把该列设为文本后重填。")


def one_spelling(text: str) -> str:
    """A number without spaces and full-width forms: brackets, letters and digits in either width are the same."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKC", text).split())


def read_device_code(cell: Cell) -> Reading:
    """设备代码: catalogue code 4, maker 5 or area 6, year 4, serial 4 to 5 (regulations: warn, never reject)."""
    code, flaw = read_number(cell)
    if code is None or flaw:
        return code, flaw
    code = code.replace(" ", "").upper()
    if not (17 <= len(code) <= 19 and code.isalnum()):
        return code, Flaw("device_code_form", f"设备代码“{code}”一般为 17 至 19 位，请核对；已照原样记入。")
    return code, None


def read_registration_code(cell: Cell) -> Reading:
    """注册代码, the older 20 to 21 digits; many ledgers hold the newer device code in this column."""
    code, flaw = read_number(cell)
    if code is None or flaw:
        return code, flaw
    code = code.replace(" ", "").upper()
    if not (17 <= len(code) <= 21 and code.isalnum()):
        return code, Flaw("registration_code_form", f"注册代码“{code}”一般为 20 位，请核对；已照原样记入。")
    return code, None


def read_certificate(cell: Cell) -> Reading:
    """使用登记证编号; full-width brackets become plain ones so that one certificate has one spelling."""
    return read_number(cell)


def read_credit_code(cell: Cell) -> Reading:
    """统一社会信用代码 (GB 32100-2015); an organisation code of nine characters is not one."""
    text, flaw = read_number(cell)
    if text is None or flaw:
        return None, flaw
    code = text.replace(" ", "").upper()
    if len(code) in (9, 10):
        return None, None
    if not is_credit_code(code):
        return None, Flaw("credit_code", f"统一社会信用代码“{code}”的位数或校验位不对，没有记入；请核对营业执照。")
    return code, None


def read_phone(cell: Cell) -> Reading:
    """A mobile in its 11 digits, any other number as written."""
    text, flaw = read_number(cell)
    if text is None:
        return None, flaw
    compact = re.sub(r"[\s-]", "", text)
    if match := _MOBILE.match(compact):
        return match[1], None
    if compact.isdigit() and len(compact) in (10, 12) and compact.startswith("1"):
        return text, Flaw("phone_form", f"“{text}”不像手机号（应为 11 位），请核对；已照原样记入。")
    return text, None


def is_mobile(text: str) -> bool:
    return bool(re.fullmatch(r"1[3-9]\d{9}", text))


# --- words ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def _compact(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


# Only our own export has this column: without it a pipe installation would read like a line without a number.
_FORMS = {unicodedata.normalize("NFKC", label): id_ for id_, label in words.FORMS.items()}


def read_form(cell: Cell) -> Reading:
    return _FORMS.get(_compact(cell_text(cell))), None


STATUS_WORDS: dict[str, Status] = {
    "未投入使用": Status.NOT_YET_IN_USE,
    "未投用": Status.NOT_YET_IN_USE,
    "未使用": Status.NOT_YET_IN_USE,
    "在建": Status.NOT_YET_IN_USE,
    "在用": Status.IN_USE,
    "使用": Status.IN_USE,
    "使用中": Status.IN_USE,
    "正常": Status.IN_USE,
    "运行": Status.IN_USE,
    "投用": Status.IN_USE,
    "启用": Status.IN_USE,
    "在用未注册": Status.IN_USE,
    "在用未登记": Status.IN_USE,
    "停用": Status.STOPPED,
    "停运": Status.STOPPED,
    "停机": Status.STOPPED,
    "闲置": Status.STOPPED,
    "封存": Status.STOPPED,
    "备用": Status.IN_USE,
    "报废": Status.SCRAPPED,
    "已报废": Status.SCRAPPED,
    "判废": Status.SCRAPPED,
    "拆除": Status.DISMANTLED,
    "已拆除": Status.DISMANTLED,
    "迁出": Status.CANCELLED,
    "移装迁出": Status.CANCELLED,
    "注销": Status.CANCELLED,
    "已注销": Status.CANCELLED,
}
UNREGISTERED_WORDS = frozenset({"在用未注册", "在用未登记"})


def read_status(cell: Cell) -> Reading:
    text = _compact(cell_text(cell))
    if text in NOTHING:
        return None, None
    status = STATUS_WORDS.get(text) or STATUS_WORDS.get(
        text.removeprefix("已").removesuffix("中").removesuffix("状态")
    )
    if status is None:
        known = "未投入使用、在用、停用、报废、拆除、迁出、注销"
        return None, Flaw("status_unknown", f"不认识的使用状态“{text}”；请写 {known} 之一。", "error")
    if text in UNREGISTERED_WORDS:
        return status, Flaw("unregistered", "设备在用但未办使用登记；请督促使用单位在投用后 30 日内办理登记。")
    return status, None


CONCLUSION_WORDS = {
    **{term.value: term.value for term in Conclusion},
    "符合": "符合要求",
    "基本符合": "基本符合要求",
    "不符合": "不符合要求",
    "检验合格": "合格",
    "检验不合格": "不合格",
    "判废": "不合格",
    "监控运行": "监督运行",
    "监督使用": "监督运行",
    "监控使用": "监督运行",
    "整改后使用": "整改后运行",
}
_BAD_SIGNS = re.compile(r"不|禁|停|废|缺陷|超标")


def read_conclusion(cell: Cell) -> Reading:
    """An unknown word that may mean a failure refuses the row: it must not pass as a missing conclusion."""
    text = _compact(cell_text(cell)).rstrip("。.")
    if text in NOTHING or text in ("未检", "待检", "报告未出"):
        return None, None
    if text in CONCLUSION_WORDS:
        return CONCLUSION_WORDS[text], None
    message = f"不认识的检验结论“{text}”；请按报告写 符合要求、基本符合要求、不符合要求、合格、不合格 等。"
    return None, Flaw("conclusion_unknown", message, "error" if _BAD_SIGNS.search(text) else "warning")


def read_grade(cell: Cell) -> Reading:
    """安全状况等级 1 to 5: 3, 3级, 三级, Ⅲ."""
    text = _compact(cell_text(cell))
    if text in NOTHING:
        return None, None
    core = text.removeprefix("第").removesuffix("级").removesuffix(".0").upper()
    grade = _ROMAN.get(core) or _HAN_DIGITS.get(core) or (int(core) if core in {"1", "2", "3", "4", "5"} else None)
    if grade is None:
        return None, Flaw("grade_unknown", f"安全状况等级“{text}”读不出，没有记入；请写 1 至 5。")
    return grade, None


def read_yes_no(cell: Cell) -> Reading:
    text = _compact(cell_text(cell)).upper()
    if text in NOTHING:
        return None, None
    if text in _YES or text in _NO:
        return text in _YES, None
    return None, Flaw("yes_no_unknown", f"“{text}”读不出是或否，没有记入；请写 是 或 否。")


def read_stopped(cell: Cell) -> Reading:
    """是否停用, where people also write the status itself."""
    text = _compact(cell_text(cell))
    if text in STATUS_WORDS:
        return read_status(text)
    answer, flaw = read_yes_no(cell)
    if answer is None:
        return None, flaw
    return (Status.STOPPED if answer else Status.IN_USE), None


# --- measures ---------------------------------------------------------------------------------------------------

_LENGTH = re.compile(r"^约?(\d[\d,]*(?:\.\d+)?)(mm|cm|km|m|米|公里|千米|毫米)?$", re.IGNORECASE)
_UNITS = {"mm": 1, "毫米": 1, "cm": 10, "m": 1000, "米": 1000, "km": 1_000_000, "公里": 1_000_000, "千米": 1_000_000}


def read_length(cell: Cell, unit: str = "m") -> Reading:
    """Pipe length in millimetres from «12.5», «1.2km», «12,5», «1,200»; ``unit`` is the heading's."""
    text = _compact(cell_text(cell))
    if text in NOTHING:
        return None, None
    match = _LENGTH.match(text)
    if not match:
        return None, Flaw("length_unreadable", f"管道长度“{text}”读不出，没有记入；请写米数，如 12.5。")
    millimetres = round(_decimal(match[1]) * _UNITS[(match[2] or unit).lower()])
    if not 0 <= millimetres <= 1_000_000_000:
        return None, Flaw("length_range", f"管道长度“{text}”不合理（应在 1000 公里以内），没有记入；请核对单位。")
    return millimetres, None


def _decimal(digits: str) -> Decimal:
    """A comma before exactly three digits groups thousands; any other single comma is a decimal comma."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return Decimal(digits.replace(",", ""))
    if digits.count(",") == 1 and "." not in digits:
        return Decimal(digits.replace(",", "."))
    return Decimal(digits.replace(",", ""))


def read_count(cell: Cell) -> Reading:
    """A number of pieces."""
    text = _compact(cell_text(cell))
    if text in NOTHING:
        return None, None
    match = re.fullmatch(r"(\d{1,7})(?:\.0+)?(?:只|个|台|套|瓶|条)?", text)
    if not match or int(match[1]) == 0:
        return None, Flaw("count_unreadable", f"数量“{text}”读不出，没有记入；请写整数。")
    return int(match[1]), None


def read_years(cell: Cell) -> Reading:
    """设计使用年限."""
    text = _compact(cell_text(cell))
    if text in NOTHING:
        return None, None
    match = re.fullmatch(r"(\d{1,3})(?:\.0+)?年?", text)
    if not match or not 0 < int(match[1]) <= 100:
        return None, Flaw("years_unreadable", f"设计使用年限“{text}”读不出，没有记入；请写年数，如 20。")
    return int(match[1]), None


def read_text(cell: Cell) -> Reading:
    text = cell_text(cell)
    return (None if is_nothing(text) else text), None


_PIPE_GRADES = frozenset(
    grade
    for kind in Kind
    for trait in traits_of(kind).values()
    if trait.name == "pipe_grade"
    for grade in trait.values
)


def read_pipe_grade(cell: Cell) -> Reading:
    """管道级别: GC1, GC2, GC3, GCD, GB1-III, GB1-Ⅳ级 …"""
    text = _compact(cell_text(cell)).upper()
    if text in NOTHING:
        return None, None
    core = re.sub(r"[-—–_()]", "", text).removesuffix("级")
    grade = f"GB1-{core[3:]}" if re.fullmatch(r"GB1[IV]+", core) else core
    if grade in _PIPE_GRADES:
        return grade, None
    return None, Flaw("pipe_grade_unknown", f"管道级别“{text}”不认识，没有记入；请写 GC1、GC2、GCD、GB1-III 等。")


# --- traits -----------------------------------------------------------------------------------------------------


def trait_reader(name: str) -> Callable[[Cell], Reading]:
    """Reads one trait by its ids or its Chinese words; flags as yes or no."""
    traits = [trait for kind in Kind for trait in traits_of(kind).values() if trait.name == name]
    if traits[0].type == "flag":
        return read_yes_no
    if traits[0].type == "date":
        return _read_trait_date
    words = {
        _compact(word).upper(): id_
        for trait in traits
        for id_, label in trait.values.items()
        for word in (id_, label)
    }
    several = traits[0].type == "choices"
    return lambda cell: _read_choice(cell, words, traits[0], several)


def _read_choice(cell: Cell, words: dict[str, str], trait: Trait, several: bool) -> Reading:
    text = _compact(cell_text(cell)).upper()
    if text in NOTHING:
        return None, None
    parts = re.split(r"[、,;]", text) if several else [text]
    ids = [words.get(part) for part in parts]
    if None in ids:
        known = "、".join(trait.values.values())
        return None, Flaw("trait_unknown", f"{trait.label}“{text}”不认识，没有记入；可写：{known}。")
    return (sorted({str(id_) for id_ in ids}) if len(ids) > 1 else ids[0]), None


def _read_trait_date(cell: Cell) -> Reading:
    return day_only(*read_date(cell))


def day_only(value: str | None, flaw: Flaw | None) -> Reading:
    """For dates that count only when known to the day."""
    if value is not None and len(value) == 7:
        return None, Flaw("date_needs_day", f"“{value}”须精确到日，没有记入；请写成 {value}-01 的样子。")
    return value, flaw
