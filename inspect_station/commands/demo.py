"""demo: the sample park, into an empty database only."""

from argparse import Namespace
from typing import Any

from inspect_station import clock, db
from inspect_station.accounts import service, station
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import ROLE_NAMES, Actor
from inspect_station.clinic import library
from inspect_station.planning import launcher
from inspect_station.sample import load, months, paper, plan, told
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar

_SHOWN = ("zhanzhang", "chenjian", "jishu", "admin", "shenji", "qiye01")


def add(verbs: Any) -> None:
    demo = verbs.add_parser("demo", help="把示例园区装入空数据库（55 家虚构企业，标明“示例数据”）")
    demo.add_argument("--seed", type=int, default=20261122, help="同一个数得到同一个园区")
    demo.add_argument("--scale", type=int, default=1, help="企业数乘以几，供压力测试")
    demo.add_argument("--if-empty", action="store_true", help="已有数据时不报错，保留原样")
    demo.add_argument("--links", action="store_true", help="显示示例人员的一次性登录链接")
    demo.set_defaults(run=demonstrate)


def demonstrate(args: Namespace) -> int:
    db.migrate()
    workcalendar.seed(clock.now())
    library.seed(clock.now())
    staffing.seed(clock.now())
    if not (args.if_empty and Account.select().exists()):
        done = load.load(args.seed, args.scale, clock.today(), clock.now(), better=True)
        if args.scale == 1:  # printing needs the whole due list, which a load test wants to compute itself
            told.load(args.settings, clock.today(), clock.now())
            paper.load(args.settings, clock.today(), clock.now())
            months.load(clock.today(), clock.now())
        if done.better_plan:
            launcher.start(args.settings, done.better_plan, plan.STEPS)
        print(
            f"示例数据已装入：{done.enterprises} 家企业，{done.equipment} 台（条）设备，{done.inspections} 次检验。"
        )
    if args.links and station.sample_loaded():
        _print_links(args)
    return 0


def _print_links(args: Namespace) -> None:
    base = args.settings.base_url.rstrip("/")
    print("\n示例人员的登录链接（每个只能用一次，重新执行 make run 会给出新的）：")
    for login in _SHOWN:
        account = service.find_login(login)
        token = service.issue_link(Actor.system("命令行"), account, clock.now(), args.settings.link_hours)
        print(f"  {ROLE_NAMES[account.role]} {account.name}（{login}）  {base}/login/{token}")
    print()
