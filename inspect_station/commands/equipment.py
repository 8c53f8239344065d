"""export equipment: the register as a workbook that can be imported again unchanged."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock, export
from inspect_station.accounts.scope import Actor
from inspect_station.registry import columns, listing
from inspect_station.registry.schemas import EquipmentQuery
from inspect_station.registry.words import FORMS, KINDS, STATUSES
from inspect_station.validation import load

_ACTOR = Actor.system("命令行")
_FILTERS = ("q", "enterprise_id", "parent_id", "responsible_id", "kind", "form", "status", "grade", "unregistered")


def add_export(what: Any) -> None:
    """`export equipment FILE.xlsx`, with the filters of the page."""
    verb = what.add_parser("equipment", help="设备台账")
    verb.add_argument("file", type=Path, help="扩展名 .xlsx 或 .csv")
    verb.add_argument("--q", help="名称、编号、证号、拼音首字母")
    verb.add_argument("--enterprise", dest="enterprise_id", help="企业编号")
    verb.add_argument("--kind", choices=KINDS, help="设备种类")
    verb.add_argument("--form", choices=FORMS, help="设备形式")
    verb.add_argument("--status", choices=STATUSES, help="使用状态")
    verb.add_argument("--grade", help="安全状况等级")
    verb.add_argument("--responsible", dest="responsible_id", help="负责检验员的编号")
    verb.add_argument("--parent", dest="parent_id", help="所属设备（装置）的编号")
    verb.add_argument("--unregistered", action="store_true", default=None, help="只要在用未注册的")
    verb.set_defaults(run=export_equipment)


def export_equipment(args: Namespace) -> int:
    given = load(
        EquipmentQuery(), {name: getattr(args, name) for name in _FILTERS if getattr(args, name) is not None}
    )
    filters = listing.Filters(
        **{name: value for name, value in given.items() if name in listing.Filters.__annotations__}
    )
    rows = listing.stream(_ACTOR, filters)
    count = export.write(args.file, columns.EQUIPMENT, rows, sheet="设备台账", created=clock.now())
    print(f"已写出 {count} 台（条）到 {args.file}。")
    return 0
