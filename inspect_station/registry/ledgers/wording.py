"""What a single heading means: our field for it, or technical text, near enough spellings included."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .fields import FIELDS, SERIAL_HEADINGS, TECHNICAL, TECHNICAL_STEMS

LONGEST_HEADING = 60
EXACT, NEAR, TECHNICAL_TEXT, SERIAL = 1.0, 0.8, 0.6, 0.3
_UNIT = re.compile(
    r"\((?:mpa|kpa|pa|bar|mm|cm|m|km|m2|m3|m³|㎡|米|公里|千米|℃|°c|c|l|kg|t|t/h|mw|年|月|天|个|只|台|套|必填|选填|dn|kw)\)$"
)
_BRACKETS = re.compile(r"\([^()]*\)$")


def normalise(heading: str) -> str:
    """One spelling for a heading: no full-width forms, spaces, numbering, asterisks or trailing colon."""
    text = re.sub(r"[\s*★☆_]+", "", unicodedata.normalize("NFKC", heading)).lower()
    text = re.sub(r"^(?:\d{1,3}[.、)]|\(\d{1,3}\)|[①-⑳])", "", text)
    return text.rstrip(":.。").replace("[", "(").replace("]", ")").replace("【", "(").replace("】", ")")


_KNOWN: dict[str, str] = {normalise(heading): f.id for f in FIELDS.values() for heading in f.headings}
_LONGEST_KNOWN = max(map(len, _KNOWN))
_STEMS = tuple(normalise(stem) for stem in TECHNICAL_STEMS)
_SERIALS = frozenset(normalise(heading) for heading in SERIAL_HEADINGS)


@lru_cache(maxsize=20_000)
def meaning(heading: str) -> tuple[str | None, float]:
    """The field a single heading names and how sure that is; ``technical`` for text that is kept as it stands."""
    text = normalise(heading)
    if not text or len(text) > LONGEST_HEADING or text.replace(".", "").replace("-", "").isdigit():
        return None, 0.0
    for form in _spellings(text):
        if form in _KNOWN:
            return _KNOWN[form], EXACT
    if text in _SERIALS:
        return None, SERIAL
    if starts_technical(text, shortest=4):
        return TECHNICAL, TECHNICAL_TEXT
    near = nearest_field(_forms(text)[-1])
    if near:
        return near, NEAR
    return (TECHNICAL, TECHNICAL_TEXT) if starts_technical(text, shortest=2) else (None, 0.0)


# The same moment under many names: of the last inspection, of the next, and for a date.
_LAST = re.compile("^(?:最近一次|最后一次|上一次|前一次|最近|前次|末次|上次|本次)")
_NEXT = re.compile("^(?:下一次|下回)")
_WHEN = re.compile("(?:时间|年月|年月日)$")


def _spellings(text: str) -> list[str]:
    """The heading's forms, then the same in the words our own headings have: 最近一次全面检验时间 is 上次全面检验日期."""
    found = _forms(text)
    for form in list(found):
        dated = _WHEN.sub("日期", _NEXT.sub("下次", form))
        found += [dated, _LAST.sub("上次", dated), _LAST.sub("", dated)]
    return list(dict.fromkeys(form for form in found if form))


def _forms(text: str) -> list[str]:
    """The heading, without its unit, without its last brackets."""
    forms = [text, _UNIT.sub("", text), _BRACKETS.sub("", text)]
    return list(dict.fromkeys(form for form in forms if form))


def starts_technical(text: str, shortest: int) -> bool:
    return any(text == stem or (len(stem) >= shortest and text.startswith(stem)) for stem in _STEMS)


# Characters that turn one heading into the name of something else: 内部检验 and 外部检验 are one letter apart.
_TELLING = frozenset("内外上下部定年初末制使设安投出进起止终未不停启移换校检注登证地长高宽号码名称日期状型类品单")


@lru_cache(maxsize=20_000)
def nearest_field(text: str) -> str | None:
    """The one field whose heading is a slip of the pen away; ``None`` where two are equally near."""
    if not 4 <= len(text) <= _LONGEST_KNOWN + 2 or any(character.isdigit() for character in text):
        return None
    best: dict[str, int] = {}
    allowed = 1 if len(text) < 7 else 2
    letters = set(text)
    for known, field_id in _KNOWN.items():
        near = len(known) >= 4 and abs(len(known) - len(text)) <= allowed
        if near and len(letters.difference(known)) <= allowed:
            distance = _slips(text, known, allowed)
            if distance is not None:
                best[field_id] = min(distance, best.get(field_id, 99))
    if not best:
        return None
    shortest = min(best.values())
    winners = [field_id for field_id, distance in best.items() if distance == shortest]
    return winners[0] if len(winners) == 1 else None


def _slips(typed: str, known: str, allowed: int) -> int | None:
    """Edit distance up to ``allowed``, where swapping, adding or losing a telling character is no slip."""
    rows = [[0.0] * (len(known) + 1) for _ in range(len(typed) + 1)]
    for i in range(1, len(typed) + 1):
        rows[i][0] = rows[i - 1][0] + _cost(typed[i - 1], "")
    for j in range(1, len(known) + 1):
        rows[0][j] = rows[0][j - 1] + _cost("", known[j - 1])
    for i in range(1, len(typed) + 1):
        for j in range(1, len(known) + 1):
            rows[i][j] = min(
                rows[i - 1][j] + _cost(typed[i - 1], ""),
                rows[i][j - 1] + _cost("", known[j - 1]),
                rows[i - 1][j - 1] + _cost(typed[i - 1], known[j - 1]),
                _swap(rows, typed, known, i, j),
            )
    distance = rows[-1][-1]
    return int(distance) if distance <= allowed else None


def _cost(typed: str, known: str) -> float:
    """A plain character too many or too few is a slip, and so is a plain one in the place of any other."""
    if typed == known:
        return 0
    if typed in _TELLING and typed:
        return 9
    return 9 if not typed and known in "内外上下未不停启年定" else 1


def _swap(rows: list[list[float]], typed: str, known: str, i: int, j: int) -> float:
    if i > 1 and j > 1 and typed[i - 1] == known[j - 2] and typed[i - 2] == known[j - 1]:
        return rows[i - 2][j - 2] + 1
    return 99
