"""export WHAT FILE.xlsx: the lists of the screens as workbooks. Each area declares its own beneath the verb."""

from typing import Any

from inspect_station.commands import clinic, due, equipment, visits, workload

# Each takes the choices of `export` and declares one of them.
LISTS = (equipment.add_export, due.add_export, visits.add_export, clinic.add_export, workload.add_export)


def add(verbs: Any) -> None:
    verb = verbs.add_parser("export", help="把清单导出为工作簿")
    what = verb.add_subparsers(dest="what", required=True, metavar="WHAT")
    for declare in LISTS:
        declare(what)
