"""Which kind of equipment a row is: from its words, its catalogue code, or the beginning of its device code."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from schedules.terms import kind_of

from .problems import Flaw

# 特种设备目录 (2014 no. 114), longest words first. A code ending in 00 names a class, not a variety.
_WORDS: tuple[tuple[str, str], ...] = (
    ("超高压", "2110"),
    ("(?:第三类|三类|III类|3类)(?:低|中|高)?压?(?:压力)?容器|^(?:第三类|三类|III类|III)$", "2130"),
    ("(?:第二类|二类|II类|2类)(?:低|中|高)?压?(?:压力)?容器|^(?:第二类|二类|II类|II)$", "2150"),
    ("(?:第一类|一类|I类|1类)(?:低|中|高)?压?(?:压力)?容器|^(?:第一类|一类|I类|I)$", "2170"),
    ("铁路罐车", "2210"),
    ("汽车罐车|槽车|罐车", "2220"),
    ("长管拖车", "2230"),
    ("罐式集装箱", "2240"),
    ("管束式集装箱", "2250"),
    ("无缝气瓶|无缝钢瓶", "2310"),
    ("焊接气瓶|焊接钢瓶|液化石油气钢瓶|液化气钢瓶", "2320"),
    ("特种气瓶|乙炔瓶|乙炔气瓶|内装填料气瓶|缠绕气瓶|低温绝热气瓶|绝热气瓶", "23T0"),
    ("气瓶|钢瓶", "2300"),
    ("医用氧舱", "2410"),
    ("高气压舱", "2420"),
    ("氧舱", "2400"),
    ("移动式", "2200"),
    ("固定式", "2100"),
    ("气相(?:炉|有机热载体)|有机热载体气相", "1310"),
    ("液相(?:炉|有机热载体)|有机热载体液相", "1320"),
    ("有机热载体|导热油", "1300"),
    ("蒸汽锅炉", "1100"),
    ("热水锅炉", "1200"),
    ("锅炉", "1000"),
    ("输油管", "8110"),
    ("输气管", "8120"),
    ("长输", "8100"),
    ("燃气管", "8210"),
    ("热力管", "8220"),
    ("公用管", "8200"),
    ("工艺管", "8310"),
    ("动力管", "8320"),
    ("制冷管", "8330"),
    ("工业管", "8300"),
    ("紧急切断阀", "F230"),
    ("气瓶阀", "F260"),
    ("安全阀", "7310"),
    ("爆破片", "F220"),
    ("压力表", "F000"),
    ("安全附件", "F000"),
)
_PATTERNS = tuple((re.compile(pattern), code) for pattern, code in _WORDS)
# Words too wide for a code of their own: what they stand for unless something else in the row says more.
_WIDE = ((re.compile("压力管道|管道"), "8300"), (re.compile("压力容器|容器|储罐"), "2100"))
_OUTSIDE = re.compile(
    "电梯|起重|行车|吊车|叉车|场车|场(?:厂)?内|厂内(?:专用)?机动车|机动车辆|游乐|索道|升降机|观光车|扶梯|葫芦|牵引车"
)
# Lifts, cranes, works vehicles, rides, cableways. Narrow on purpose: 3501… is an area code of this province.
_OUTSIDE_CODES = re.compile(r"^(?:3[1-4]\d0|4\d\d0|5[12][12]0|6\d\d0|9[1-3]\d0)$")
_SHEET_CODES = {"vessels": "2100", "boilers": "1000", "pipes": "8300", "cylinders": "2300"}
_GAUGE = re.compile("压力表")


@dataclass(frozen=True, slots=True)
class KindFound:
    """``code`` empty: nothing in the row says what it is; ``outside``: not pressure equipment."""

    code: str = ""
    outside: bool = False
    gauge: bool = False
    flaw: Flaw | None = None


@lru_cache(maxsize=20_000)
def resolve(
    words: tuple[str, ...],
    stated_code: str,
    code_prefixes: tuple[str, ...],
    name: str,
    sheet_kind: str,
    pipe_grade: str,
) -> KindFound:
    """The kind of one row; the finest of what agrees, the words before the codes where they contradict."""
    texts = [_compact(word) for word in words if word]
    codes = [code for code in (_code_in(stated_code), *map(_known, code_prefixes)) if code]
    if _is_outside(texts, _compact(name), [stated_code, *code_prefixes], sheet_kind):
        return KindFound(outside=True)
    by_words = [code for text in texts for code in [_code_in(text) or code_of_words(text)] if code]
    found = _finest(by_words + codes)
    gauge = any(_GAUGE.search(text) for text in [*texts, _compact(name)])
    if found:
        return _with_grade(found, by_words, codes, gauge, pipe_grade)
    return _assumed(texts, _compact(name), sheet_kind, gauge, pipe_grade)


def code_of_words(text: str) -> str:
    """The catalogue code that words name, or nothing where they are too wide."""
    return next((code for pattern, code in _PATTERNS if pattern.search(text)), "")


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()


def _code_in(text: str) -> str:
    """A catalogue code that stands in the cell itself: «2150», «2150 第二类压力容器»."""
    match = re.match(r"^([1-9F][0-9T]{3})(?![0-9A-Z])", _compact(text))
    return _known(match[1]) if match else ""


def _known(code: str) -> str:
    accessory = code in ("F000", "F220", "F230", "F260", "7310")
    return code if accessory or (kind_of(code) and not code.startswith("F")) else ""


def _is_outside(texts: list[str], name: str, codes: list[str], sheet_kind: str) -> bool:
    """Words decide; without any, a code or a name does, but never in a sheet that is about pressure equipment."""
    if texts:
        return any(_OUTSIDE.search(text) for text in texts)
    if sheet_kind != "mixed":
        return False
    if any(_OUTSIDE_CODES.match(_compact(code)[:4]) for code in codes if code):
        return True
    return not any(codes) and not code_of_words(name) and bool(re.search(rf"(?:{_OUTSIDE.pattern})\w?$", name))


def _finest(codes: list[str]) -> str:
    """The first code, made finer by later ones of the same class."""
    if not codes:
        return ""
    chosen = codes[0]
    for code in codes[1:]:
        stem = chosen.rstrip("0")
        if code.startswith(stem) and len(code.rstrip("0")) > len(stem):
            chosen = code
    return chosen


def _with_grade(found: str, by_words: list[str], codes: list[str], gauge: bool, pipe_grade: str) -> KindFound:
    flaw = None
    clash = next((code for code in codes if by_words and code[:1] != by_words[0][:1]), None)
    if clash:
        message = f"设备类别（{found}）与设备代码开头（{clash}）不是一类，暂按设备类别记入；请核对。"
        flaw = Flaw("kind_conflict", message)
    return KindFound(_by_pipe_grade(found, pipe_grade), gauge=gauge and found == "F000", flaw=flaw)


def _by_pipe_grade(code: str, pipe_grade: str) -> str:
    return "8200" if code == "8300" and pipe_grade.startswith("GB") else code


def _assumed(texts: list[str], name: str, sheet_kind: str, gauge: bool, pipe_grade: str) -> KindFound:
    """From wide words, the kind of the sheet, a pipe's grade or the name: good enough to begin with, and said so."""
    wide = next((code for text in texts for pattern, code in _WIDE if pattern.search(text)), "")
    if wide:
        return _assume(_by_pipe_grade(wide, pipe_grade), "设备类别写得较宽")
    if pipe_grade:
        return KindFound(_by_pipe_grade("8300", pipe_grade))
    if sheet_kind in _SHEET_CODES:
        finer = code_of_words(name)
        base = _SHEET_CODES[sheet_kind]
        return KindFound(finer if finer.startswith(base[0]) else base)
    by_name = code_of_words(name)
    if by_name and (by_name[0] in "7F" or sheet_kind == "accessories"):
        return KindFound(by_name, gauge=gauge)
    return _assume(by_name, "没有设备类别") if by_name else KindFound()


def _assume(code: str, why: str) -> KindFound:
    message = f"{why}，暂按目录代码 {code} 记入；请补充设备品种（如 第二类压力容器）。"
    return KindFound(code, flaw=Flaw("kind_assumed", message))
