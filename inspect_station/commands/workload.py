"""export workload: a period's report as a workbook, the same numbers as the page."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock, config
from inspect_station.accounts.scope import Actor
from inspect_station.errors import InvalidInput
from inspect_station.workload import service

_ACTOR = Actor.system("命令行")


def add_export(what: Any) -> None:
    verb = what.add_parser("workload", help="工作量报表")
    verb.add_argument("file", type=Path, help="扩展名 .xlsx 或 .pdf")
    verb.add_argument("--of", default="", help="时段：2026-11、2026-Q4、2026-W48 或 2026；不写是本月")
    verb.set_defaults(run=export_workload)


def export_workload(args: Namespace) -> int:
    form = args.file.suffix.lower()
    if form not in {".xlsx", ".pdf"}:
        raise InvalidInput(f"{args.file.name} 的扩展名应为 .xlsx 或 .pdf。")
    today = clock.today()
    period = service.read(args.of) if args.of else service.around("month", today)
    made = service.report.make(_ACTOR, period, today, config.load().station_name)
    data = service.report.as_pdf(made) if form == ".pdf" else service.report.as_workbook(made, clock.now())
    try:
        args.file.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"{args.file} 写不了，请检查文件夹是否存在、文件是否正被打开。") from error
    print(f"已写出{made.title}到 {args.file}。")
    return 0
