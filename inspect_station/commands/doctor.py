"""doctor: one line for each thing the station rests on, with the mend."""

from argparse import Namespace
from typing import Any

from inspect_station import clock
from inspect_station.settings import checks

_MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


def add(verbs: Any) -> None:
    verbs.add_parser("doctor", help="逐项体检，指出怎么修").set_defaults(run=examine)


def examine(args: Namespace) -> int:
    found = checks.run_all(args.settings, clock.now())
    for check in found:
        print(f"{_MARKS[check.level]} {check.name}：{check.text}" + (f"　→ {check.mend}" if check.mend else ""))
    return 1 if any(check.level == "bad" for check in found) else 0
