"""tick, deliver: write what is owed to the outbox; send what is pending."""

from argparse import ArgumentTypeError, Namespace
from collections import Counter
from datetime import date
from typing import Any

from inspect_station import clock
from inspect_station.errors import InvalidInput
from inspect_station.reminders import routes, service
from inspect_station.reminders.staff import service as staff

_FATES = {
    "sent": "发出",
    "failed": "暂未送达（会再试）",
    "refused": "未能送达（转人工）",
    "uncertain": "不确定是否送达（会再试）",
    "interrupted": "上次发送中断（重新发送）",
    "suppressed": "不再需要",
    "quiet": "等到发送时段",
    "superseded": "已被后来的提醒取代",
}


def add(verbs: Any) -> None:
    tick = verbs.add_parser("tick", help="把到期该提醒的写入发件箱；--on 将来的日期只作预览")
    tick.add_argument("--on", type=_day, metavar="D", help="日期，如 2026-12-01；将来的日期只预览，写成 .eml 文件")
    tick.set_defaults(run=run_tick)
    deliver = verbs.add_parser("deliver", help="发送发件箱里待发的提醒")
    deliver.set_defaults(run=run_deliver)
    digest = verbs.add_parser("digest", help="写出站里人员的本周周报和新超期，用 deliver 发送")
    digest.set_defaults(run=run_digest)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}”不是日期，应写成 2026-12-01 的样子") from error


def run_tick(args: Namespace) -> int:
    today = clock.today()
    on = args.on or today
    if on < today:
        raise InvalidInput(
            f"--on {on} 已经过去，提醒不能补记到过去；漏掉的日子不必补跑，今天执行 tick 会一并写入该提醒的内容。"
        )
    return _preview(args, on) if on > today else _tick(args, today)


def _tick(args: Namespace, today: date) -> int:
    done = service.tick(args.settings, today, clock.now())
    print(f"{today}：新增提醒 {done.steps} 项，被取代 {done.superseded} 项，合成 {done.messages} 封。")
    if done.paused:
        print("发送已暂停，核对后请在“提醒”页恢复发送。")
    return 0


def _preview(args: Namespace, on: date) -> int:
    done = service.preview(args.settings, on, clock.now())
    print(f"预览 {on}：若资料不变，届时会写 {done.letters} 封提醒，共 {done.steps} 项。发件箱没有改动。")
    if done.letters:
        print(f"信件（.eml）在 {done.folder.resolve()}")
    return 0


def run_digest(args: Namespace) -> int:
    done = staff.compose(args.settings, clock.today(), clock.now())
    print(f"站内周报 {done.weekly} 封，新超期 {done.overdue} 封。")
    if done.without_address:
        names = "、".join(staff.without_address(args.settings))
        print(f"没有邮箱、收不到的：{names}。请本人在“我的账号”里填写邮箱。")
    return 0


def run_deliver(args: Namespace) -> int:
    total: Counter[str] = Counter()
    while True:
        done = service.deliver(args.settings, clock.now())
        total += done
        if not done.total() or done["paused"] or (done["failed"] and not done["sent"]):
            break
    if total["paused"]:
        print("发送已暂停，核对后请在“提醒”页恢复发送。", flush=True)
        return 1
    own = staff.deliver(args.settings, clock.now())
    if own:
        print(
            "给站里人员：" + "，".join(f"{words} {own[fate]}" for fate, words in _FATES.items() if own[fate]) + "。"
        )
    parts = [f"{words} {total[fate]}" for fate, words in _FATES.items() if total[fate]]
    print("，".join(parts) + "。" if parts else "没有待发的提醒。")
    if total["sent"] and routes.channel_in_use(args.settings) == "folder":
        print(f"没有配置邮件服务器（或装有示例数据）：信件写在 {args.settings.outbox_dir.resolve()}，没有真正发出。")
    return 1 if total["failed"] or total["uncertain"] else 0
