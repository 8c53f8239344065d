"""The command line: a table of verbs. 0: done; 1: it ran and says no; 2: unusable input, one sentence on stderr."""

import argparse
import sys
from collections.abc import Sequence

from inspect_station import config, db, logs
from inspect_station.commands import (
    demo,
    doctor,
    due,
    export,
    ledgers,
    people,
    persons,
    plans,
    processes,
    reminders,
    safety,
    schema,
)
from inspect_station.errors import StationError

# Each module's `add(verbs)` declares its verbs; a verb's function takes the arguments and returns the exit code.
GROUPS = (
    schema,
    people,
    persons,
    ledgers,
    due,
    export,
    demo,
    plans,
    reminders,
    processes,
    safety,
    doctor,
)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m inspect_station", description="检验站：登记、到期、提醒、计划")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for group in GROUPS:
        group.add(verbs)
    args = parser.parse_args(argv)
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
