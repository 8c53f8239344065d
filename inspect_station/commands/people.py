"""init, user add, user reset, token create: people and their keys."""

from argparse import Namespace
from typing import Any

from inspect_station import clock, db
from inspect_station.accounts import factors, service
from inspect_station.accounts.models import ROLES, Account
from inspect_station.accounts.scope import Actor
from inspect_station.clinic import library
from inspect_station.errors import Conflict
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar

_ACTOR = Actor.system("命令行")


def add(verbs: Any) -> None:
    init = verbs.add_parser("init", help="建立一个空的检验站，给出第一位管理员的一次性登录链接")
    init.add_argument("--login", default="admin")
    init.add_argument("--name", default="管理员")
    init.set_defaults(run=initialise)
    user = verbs.add_parser("user", help="人员").add_subparsers(dest="what", required=True)
    _add_user(user)
    token = verbs.add_parser("token", help="接口令牌").add_subparsers(dest="what", required=True)
    create = token.add_parser("create", help="为某人建立接口令牌，只显示这一次")
    create.add_argument("name", help="用途，例如“数据大屏”")
    create.add_argument("--login", default="admin", help="令牌代表的人员")
    create.add_argument("--days", type=int, help="有效天数；不填为长期")
    create.set_defaults(run=create_token)


def _add_user(user: Any) -> None:
    new = user.add_parser("add", help="新增人员，给出一次性登录链接")
    new.add_argument("login")
    new.add_argument("--name", required=True)
    new.add_argument("--role", choices=ROLES, required=True)
    new.add_argument("--enterprise-id", type=int, help="企业用户所属企业的编号")
    new.set_defaults(run=add_user)
    reset = user.add_parser("reset", help="忘记密码：给出新的一次性登录链接")
    reset.add_argument("login")
    reset.add_argument("--drop-second-step", action="store_true", help="手机和恢复码都没有了：同时关闭他的两步验证")
    reset.set_defaults(run=reset_user)


def initialise(args: Namespace) -> int:
    db.migrate()
    workcalendar.seed(clock.now())
    library.seed(clock.now())
    staffing.seed(clock.now())
    if Account.select().exists():
        raise Conflict("这个数据库里已有人员，不能再次初始化；要新增人员请用 user add。")
    account = service.create_account(_ACTOR, login=args.login, name=args.name, role="admin", now=clock.now())
    return _print_link(args, account)


def add_user(args: Namespace) -> int:
    account = service.create_account(
        _ACTOR,
        login=args.login,
        name=args.name,
        role=args.role,
        enterprise_id=args.enterprise_id,
        now=clock.now(),
    )
    return _print_link(args, account)


def reset_user(args: Namespace) -> int:
    account = service.find_login(args.login)
    if args.drop_second_step:
        factors.drop(_ACTOR, account, clock.now())
    return _print_link(args, account)


def create_token(args: Namespace) -> int:
    account = service.find_login(args.login)
    print(service.create_token(_ACTOR, account, args.name, clock.now(), args.days))
    return 0


def _print_link(args: Namespace, account: Account) -> int:
    token = service.issue_link(_ACTOR, account, clock.now(), args.settings.link_hours)
    print(f"{account.name}（{account.login}）的一次性登录链接，{args.settings.link_hours} 小时内有效：")
    print(f"{args.settings.base_url.rstrip('/')}/login/{token}")
    return 0
