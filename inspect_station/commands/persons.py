"""person export, person forget: what is kept about somebody, handed out or taken out."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import orjson

from inspect_station import clock
from inspect_station.accounts import service
from inspect_station.accounts.scope import Actor
from inspect_station.errors import Conflict
from inspect_station.settings import persons

_ACTOR = Actor.system("命令行")


def add(verbs: Any) -> None:
    person = verbs.add_parser("person", help="个人信息：导出或删除某人的全部信息").add_subparsers(
        dest="what", required=True
    )
    export = person.add_parser("export", help="导出我们保存的关于此人的全部信息（JSON）")
    export.add_argument("file", type=Path, help="写到这个文件")
    export.set_defaults(run=hand_out)
    forget = person.add_parser("forget", help="删除此人的姓名和联系方式；审计记录依法保留")
    forget.set_defaults(run=take_out)
    for verb in (export, forget):
        who = verb.add_mutually_exclusive_group(required=True)
        who.add_argument("--login", help="系统账号的登录名")
        who.add_argument("--contact", type=int, help="企业联系人的编号")
        verb.add_argument("--reason", default="", help="依据，记入审计：谁提出、怎样核实身份")


def hand_out(args: Namespace) -> int:
    if args.file.exists():
        raise Conflict(f"文件 {args.file} 已存在，请换一个文件名。")
    told = persons.export(_ACTOR, *_who(args), clock.now(), args.reason)
    args.file.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2, default=str))
    args.file.chmod(0o600)
    print(f"已导出到 {args.file}（只有您能读）。请交给本人后删除。")
    return 0


def take_out(args: Namespace) -> int:
    persons.forget(_ACTOR, *_who(args), clock.now(), args.reason)
    print("已删除姓名和联系方式。审计记录、已发出的提醒依法保留；旧备份到期后不再含有这些信息。", file=sys.stdout)
    return 0


def _who(args: Namespace) -> tuple[persons.Kind, int]:
    return ("account", service.find_login(args.login).id) if args.login else ("contact", args.contact)
