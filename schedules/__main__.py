"""The same functions by hand: `due`, `plan`, `check`. Exit 0: done; 1: ran and says no; 2: unusable input."""

from __future__ import annotations

import io
import sys

from schedules import commands

USAGE = "用法：python -m schedules due|plan|check …（各命令加 --help 查看参数）"


def main(argv: list[str]) -> int:
    verb, rest = (argv[0], argv[1:]) if argv else ("", [])
    if verb in ("-h", "--help"):
        print(USAGE)
        return 0
    try:
        if verb == "due":
            return commands.due(rest)
        if verb == "check":
            return commands.check(rest)
        if verb == "plan":
            return _plan(rest)
    except commands.UnusableInputError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read us has seen enough (`| head`)
        sys.stdout = None  # nothing left to flush into
        return 1
    print(f"没有命令 {verb!r}。{USAGE}" if verb else USAGE, file=sys.stderr)
    return 2


def _plan(argv: list[str]) -> int:
    from schedules.planning.cli import main as plan_main  # late: only planning needs the solver

    return int(plan_main(argv))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
