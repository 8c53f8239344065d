"""due, export due: the due list by hand, and as a workbook."""

import sys
from argparse import Namespace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from inspect_station import clock
from inspect_station.accounts.scope import Actor
from inspect_station.duelist import exports, service
from inspect_station.duelist.query import Filters
from inspect_station.duelist.schemas import DueFilterSchema
from inspect_station.validation import load
from schedules.terms import Bucket, Clock

_ACTOR = Actor.system("命令行")
_FILTERS = (
    "until", "bucket", "enterprise", "kind", "clock", "grade", "month", "responsible", "mark", "done_by", "rule", "q",
)  # fmt: skip


def add(verbs: Any) -> None:
    verb = verbs.add_parser("due", help="到期清单")
    _add_filters(verb)
    verb.add_argument("--json", action="store_true", help="以 JSON 输出，字段同 /api/v1/due")
    verb.set_defaults(run=print_due)


def add_export(what: Any) -> None:
    """`export due FILE.xlsx`, declared beneath the verb `export`."""
    verb = what.add_parser("due", help="到期清单")
    verb.add_argument("file", type=Path, help="扩展名 .xlsx 或 .csv")
    _add_filters(verb)
    verb.set_defaults(run=export_due)


def _add_filters(verb: Any) -> None:
    verb.add_argument("--until", help="到期不晚于这一天，例如 2026-12-31")
    verb.add_argument("--bucket", help="、".join(f"{b.value}（{b.label}）" for b in Bucket))
    verb.add_argument("--enterprise", help="企业编号")
    verb.add_argument("--kind", help="设备种类")
    verb.add_argument("--clock", help="检验项目")
    verb.add_argument("--grade", help="安全状况等级")
    verb.add_argument("--month", help="到期月份，例如 2026-12")
    verb.add_argument("--responsible", help="责任检验员的编号")
    verb.add_argument("--mark", help="unverified（待核实）或 verified（已核实）")
    verb.add_argument("--done-by", help="由谁做")
    verb.add_argument("--rule", help="所依据的规则")
    verb.add_argument("--q", help="名称、编号、证号、拼音首字母")
    verb.add_argument("--sort", default="due", help="次序：due、enterprise、name、bucket，倒序写作 --sort=-due")


def _filters(args: Namespace) -> Filters:
    given = {name: getattr(args, name) for name in _FILTERS if getattr(args, name) is not None}
    return Filters(**load(DueFilterSchema(), given))


def _sort(text: str) -> str:
    """Raises `InvalidInput` for an unknown order."""
    service.key_count(text)
    return text


def print_due(args: Namespace) -> int:
    today = clock.today()
    items = list(service.due_items(_ACTOR, _filters(args), today, _sort(args.sort)))
    if args.json:
        answer = {"on": today, "items": items, "total": len(items)}
        sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
        return 0
    print("\n".join(_line(item, today) for item in items) or "没有符合条件的项目。")
    print(f"{today.isoformat()}，共 {len(items)} 项。")
    return 0


def _line(item: dict[str, Any], today: date) -> str:
    on = item.get("on") or item.get("latest") or item.get("earliest") or "——"
    labels = {clock.value: clock.label for clock in Clock}
    number = item["own_number"] or item["line_number"] or item["certificate_number"]
    word = labels.get(item["clock"], "资料有误")
    return "\t".join((Bucket(item["bucket"]).label, on, item["enterprise"], item["name"], number, word))


def export_due(args: Namespace) -> int:
    count = exports.write(_ACTOR, _filters(args), args.file, _sort(args.sort), clock.today(), clock.now())
    print(f"已写出 {count} 项到 {args.file}。")
    return 0
