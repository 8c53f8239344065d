"""Showing a value in a Chinese sentence as it was written, not as Python prints it."""

from __future__ import annotations

import json
from datetime import date

LONGEST = 60


def show(value: object) -> str:
    """“text”, 空 for nothing, anything else as JSON; cut where it is long."""
    if value is None:
        return "空"
    text = f"“{value}”" if isinstance(value, str) else _plain(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "…"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)
