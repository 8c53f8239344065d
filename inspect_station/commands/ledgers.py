"""import: a ledger by hand, previewed or written."""

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock
from inspect_station.accounts.scope import Actor
from inspect_station.duelist import service as duelist
from inspect_station.errors import InvalidInput
from inspect_station.registry.ledgers import service, work
from inspect_station.registry.ledgers.fates import FATES
from inspect_station.registry.ledgers.refusals import LedgerRefused
from schedules.terms import Clock

_ACTOR = Actor.system("命令行")
_SHOWN_PROBLEMS = 50


def add(verbs: Any) -> None:
    verb = verbs.add_parser("import", help="导入设备台账（.xlsx .xls .csv）")
    verb.add_argument("file")
    verb.add_argument("--dry-run", action="store_true", help="只预览，不写入")
    verb.add_argument("--json", action="store_true", help="以 JSON 输出结果")
    verb.add_argument("--enterprise", metavar="NAME", help="台账所属的使用单位")
    verb.add_argument("--mapping", metavar="FILE", help='表头对应关系，JSON：{"表头": "字段"}')
    verb.add_argument(
        "--boiler-clock",
        choices=[Clock.EXTERNAL, Clock.INTERNAL, Clock.PRESSURE_TEST],
        default=Clock.INTERNAL,
        help="锅炉未注明种类的检验日期属于哪项检验",
    )
    verb.set_defaults(run=run)
    step = verbs.add_parser("import-work", help="继续一次网页上发起的导入（由网页自动启动）")
    step.add_argument("id", type=int)
    step.set_defaults(run=continue_import)


def run(args: Namespace) -> int:
    if not args.dry_run:
        duelist.refresh(clock.today())
    result = service.import_file(
        _ACTOR,
        Path(args.file),
        clock.now(),
        folder=args.settings.data_path / "imports",
        write=not args.dry_run,
        enterprise=args.enterprise,
        mapping=read_mapping(args.mapping),
        boiler_clock=Clock(args.boiler_clock),
        settle=_settle,
    )
    if args.json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    else:
        _tell(result, dry_run=args.dry_run)
    return 1 if result["refused"] else 0


def _settle() -> None:
    """What is due follows each handful of rows at once, or whoever reads the due list next would wait for all of them."""
    duelist.settle(clock.today())


def read_mapping(file: str | None) -> dict[str, str | None] | None:
    """Raises `LedgerRefused` for what is no JSON object of headings and fields."""
    if file is None:
        return None
    try:
        mapping = json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise LedgerRefused("mapping_file", f"{file} 读不了") from error
    except ValueError as error:
        raise LedgerRefused("mapping_file", f"{file} 不是有效的 JSON") from error
    return service.check_mapping(mapping)


def _tell(result: dict[str, Any], dry_run: bool) -> None:
    for sheet in result["sheets"]:
        print(f"工作表“{sheet['sheet']}”：表头在第 {sheet['header_row']} 行，认出 {len(sheet['mapped'])} 列", end="")
        print(f"，未认出：{'、'.join(sheet['unmapped'])}" if sheet["unmapped"] else "")
    for problem in result["problems"][:_SHOWN_PROBLEMS]:
        sign = "退回" if problem["severity"] == "error" else "提醒"
        print(f"{sign} {problem['sheet']} {problem['column']}{problem['row']}：{problem['message']}")
    if len(result["problems"]) > _SHOWN_PROBLEMS:
        print(f"另有 {len(result['problems']) - _SHOWN_PROBLEMS} 条，用 --json 看全部。")
    counts = "，".join(f"{word} {result[fate]}" for fate, word in FATES.items())
    print(f"{'预览' if dry_run else '导入完成'}：共 {result['rows']} 行，{counts}。")


def continue_import(args: Namespace) -> int:
    try:
        duelist.refresh(clock.today())
        work.work(_ACTOR, args.id, args.settings.data_path / "imports", clock.now, _settle)
    except InvalidInput as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0
