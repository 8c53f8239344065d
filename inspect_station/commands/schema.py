"""migrate: bring the database to the newest schema."""

from argparse import Namespace
from typing import Any

from inspect_station import clock, db
from inspect_station.clinic import library
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar


def add(verbs: Any) -> None:
    verb = verbs.add_parser("migrate", help="数据库升级到最新结构（可多处同时执行）")
    verb.set_defaults(run=migrate)


def migrate(_args: Namespace) -> int:
    applied = db.migrate()
    print("\n".join(f"已执行 {name}" for name in applied) or "数据库已是最新结构。")
    years = workcalendar.seed(clock.now())
    library.seed(clock.now())
    staffing.seed(clock.now())
    if years:
        print(f"已装入 {years[0]} 至 {years[-1]} 年的节假日历。")
    return 0
