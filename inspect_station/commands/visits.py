"""export inspection_visits: the published visits of the plan in force as a workbook."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock, export
from inspect_station.accounts.scope import Actor
from inspect_station.planning import service
from inspect_station.planning.schemas import VisitsOnPaperSchema
from inspect_station.validation import load

_ACTOR = Actor.system("命令行")
_FILTERS = {"since": "from", "until": "to", "enterprise": "enterprise_id", "inspector": "inspector"}


def add_export(what: Any) -> None:
    """`export inspection_visits FILE.xlsx`, declared beneath the verb `export`."""
    verb = what.add_parser("inspection_visits", help="执行中计划里已发布的到访")
    verb.add_argument("file", type=Path, help="扩展名 .xlsx 或 .csv")
    verb.add_argument("--since", help="到访日期起，例如 2026-12-01")
    verb.add_argument("--until", help="到访日期止")
    verb.add_argument("--enterprise", help="企业编号")
    verb.add_argument("--inspector", help="检验员的编号")
    verb.set_defaults(run=export_visits)


def export_visits(args: Namespace) -> int:
    given = {field: getattr(args, name) for name, field in _FILTERS.items() if getattr(args, name) is not None}
    asked = load(VisitsOnPaperSchema(), given)
    visits = service.published(
        _ACTOR, asked["since"], asked["until"], person=asked["inspector"], enterprise_id=asked["enterprise_id"]
    )
    columns = service.columns
    count = export.write(args.file, columns.VISITS, columns.rows(visits), sheet="到访", created=clock.now())
    print(f"已写出 {count} 项到 {args.file}。")
    return 0
