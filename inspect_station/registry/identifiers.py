"""Identifiers people write: credit codes, pinyin initials."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def credit_code_check(body: str) -> str:
    """The check character of the first 17 characters (GB 32100-2015, 5.1.5)."""
    total = sum(_ALPHABET.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def is_credit_code(code: str) -> bool:
    """Whether `code` is a 统一社会信用代码 of 18 characters with a right check character."""
    return len(code) == 18 and all(c in _ALPHABET for c in code) and credit_code_check(code[:17]) == code[17]


def initials(name: str) -> str:
    """Lower-case pinyin initials for searching: 长江重工 → cjzg; what is no word character is left out."""
    from pypinyin import (
        Style,
        lazy_pinyin,
    )  # its dictionary takes a sixth of a second: for those who give a name only

    letters = lazy_pinyin(name, style=Style.FIRST_LETTER)  # what is no hanzi comes back as it is
    return "".join(c for part in letters for c in part.lower() if c.isalnum())[:100]
