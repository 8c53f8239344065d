"""The command line: a table of verbs. 0: done; 1: it ran and says no; 2: unusable input, one sentence on stderr."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from peewee import InterfaceError, OperationalError

from inspect_station import config, db, logs
from inspect_station.errors import StationError

# In which module of `commands` a verb is at home. Its `add(verbs)` declares it; a verb's function takes the arguments
# and returns the exit code. Only the module asked for is imported: the whole house takes longer than most verbs.
VERBS = {
    "migrate": "schema",
    "init": "people",
    "user": "people",
    "token": "people",
    "person": "persons",
    "import": "ledgers",
    "import-work": "ledgers",
    "due": "due",
    "export": "export",
    "demo": "demo",
    "plan-work": "plans",
    "tick": "reminders",
    "deliver": "reminders",
    "digest": "reminders",
    "worker": "processes",
    "serve": "processes",
    "backup": "safety",
    "restore": "safety",
    "reseal": "safety",
    "doctor": "doctor",
}


def main(argv: Sequence[str]) -> int:
    args = _parser(argv[0] if argv else "").parse_args(argv)
    try:
        settings = config.ensure_secret(config.load())
        # A person reads what a verb prints; only the worker's log is for machines.
        logs.configure(settings, quiet=args.verb != "worker")
        args.settings = settings
        db.bind(settings.database)
        try:
            with db.connection():
                return int(args.run(args))
        finally:
            db.release()
    except StationError as error:
        print(error.message, file=sys.stderr)
        return 2
    except (OperationalError, InterfaceError) as error:
        print(
            f"数据库现在用不了：{_first_line(error)}。请看它是否在运行，STATION_DATABASE_URL 是否正确。",
            file=sys.stderr,
        )
        return 2


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".。")


def _parser(verb: str) -> argparse.ArgumentParser:
    """A parser that knows the module of this verb; of all verbs, where it is none of ours."""
    parser = argparse.ArgumentParser(prog="python -m inspect_station", description="检验站：登记、到期、提醒、计划")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in [VERBS[verb]] if verb in VERBS else dict.fromkeys(VERBS.values()):
        import_module(f"inspect_station.commands.{module}").add(verbs)
    return parser
