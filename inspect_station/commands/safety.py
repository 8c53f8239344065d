"""backup, restore: a copy while in use, and back into an empty database."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from inspect_station import clock
from inspect_station.accounts.scope import Actor
from inspect_station.backup import service
from inspect_station.clinic import library
from inspect_station.errors import InvalidInput
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar


def add(verbs: Any) -> None:
    backup = verbs.add_parser("backup", help="使用中也可执行的完整备份（自动校验）")
    backup.add_argument("file", type=Path, nargs="?")
    backup.add_argument("--into", type=Path, metavar="DIR", help="在这个文件夹里按时间命名")
    backup.add_argument("--keep", type=int, default=30, metavar="N", help="与 --into 合用：只留最近 N 份（默认 30）")
    backup.add_argument("--verify", action="store_true", help="不备份，只检查 FILE 是否完整")
    backup.set_defaults(run=back_up)
    reseal = verbs.add_parser("reseal", help="换了密钥之后：立即用新密钥重新加密")
    reseal.set_defaults(run=seal_anew)
    restore = verbs.add_parser("restore", help="把备份恢复到空数据库，逐表核对；之后发送须由人放行")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=bring_back)


def back_up(args: Namespace) -> int:
    if (args.file is None) == (args.into is None) or (args.verify and args.file is None) or args.keep < 1:
        raise InvalidInput("请写明备份文件名，或用 --into 写明文件夹（--keep 至少为 1），二者取一。")
    if args.verify:
        manifest = service.verify(args.file)
        print(f"备份完整：{manifest['made_at'][:16].replace('T', ' ')} 做的，{len(manifest['tables'])} 张表。")
        return 0
    actor, files_dir = Actor.system("命令行"), args.settings.files_dir
    if args.into:
        path, dropped = service.back_up_into(actor, args.into, args.keep, files_dir, clock.now())
        print(f"已备份并校验：{path}" + (f"；删去最旧的 {len(dropped)} 份" if dropped else ""))
        return 0
    manifest = service.back_up(actor, args.file, files_dir, clock.now())
    rows = sum(t["rows"] for t in manifest["tables"])
    print(f"已备份并校验：{len(manifest['tables'])} 张表 {rows} 行，{len(manifest['files'])} 个文件 → {args.file}")
    return 0


def seal_anew(args: Namespace) -> int:
    """0 where no older key is needed any more."""
    from inspect_station import jobs  # the worker's table reads more than a small verb should
    from inspect_station.settings import checks

    jobs.reseal(args.settings, clock.now())
    found = checks.keys(args.settings, clock.now())
    print(f"{found.text}。")
    return 0 if found.level == "ok" else 1


def bring_back(args: Namespace) -> int:
    from inspect_station.settings import checks  # only here: a backup must not pay for reading the pages

    manifest = service.restore(args.file, args.settings.files_dir, clock.now())
    workcalendar.seed(clock.now())  # an older backup holds no calendar
    staffing.seed(clock.now())  # nor a table of qualification codes
    library.seed(clock.now())  # nor a library of common findings
    rows = sum(t["rows"] for t in manifest["tables"])
    print(f"已恢复并逐表核对一致：{rows} 行。为避免重复打扰企业，提醒已暂停发送，请站长核对后在“提醒”页放行。")
    sealed = checks.keys(args.settings, clock.now())  # no backup holds the key
    if sealed.level == "bad":
        print(f"{sealed.text}。{sealed.mend}")
    return 0
