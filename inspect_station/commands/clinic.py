"""export clinic_visits: the visits of the clinic as a workbook."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock, export
from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service
from inspect_station.clinic.schemas import VisitQuery
from inspect_station.clinic.visits import Filters
from inspect_station.validation import load

_ACTOR = Actor.system("命令行")
_FILTERS = ("state", "enterprise", "inspector", "since", "until", "q")


def add_export(what: Any) -> None:
    """`export clinic_visits FILE.xlsx`, declared beneath the verb `export`."""
    verb = what.add_parser("clinic_visits", help="工业诊所的出诊")
    verb.add_argument("file", type=Path, help="扩展名 .xlsx 或 .csv")
    verb.add_argument("--state", help="planned、open、finished、closed、cancelled 或 live（未办结）")
    verb.add_argument("--enterprise", help="企业编号")
    verb.add_argument("--inspector", help="检验员的编号")
    verb.add_argument("--since", help="出诊日期起，例如 2026-01-01")
    verb.add_argument("--until", help="出诊日期止")
    verb.add_argument("--q", help="企业、小结、来由")
    verb.set_defaults(run=export_visits)


def export_visits(args: Namespace) -> int:
    given = {name: getattr(args, name) for name in _FILTERS if getattr(args, name) is not None}
    asked = load(VisitQuery(), given)
    filters = Filters(
        asked["state"], asked.get("enterprise"), asked.get("inspector"), asked["since"], asked["until"], asked["q"]
    )
    rows = service.visits.stream(_ACTOR, filters)
    columns = service.columns.VISITS
    count = export.write(args.file, columns, rows, sheet="出诊", created=clock.now())
    print(f"已写出 {count} 项到 {args.file}。")
    return 0
