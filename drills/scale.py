"""How long a drill goes on: `make drill` is the short form, `make drill FULL=1` the long one."""

import os

FULL = os.environ.get("FULL", "") not in {"", "0"}


def times(short: int, full: int) -> int:
    return full if FULL else short
