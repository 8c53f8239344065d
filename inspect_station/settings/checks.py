"""What `doctor` says: one line for each thing the station rests on, with the mend where it is not in order."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from inspect_station import db, sealing, wall
from inspect_station.accounts import audit, factors, station
from inspect_station.accounts import service as accounts
from inspect_station.backup.service import LAST_BACKUP
from inspect_station.config import Settings
from inspect_station.duelist import rules as duel_rules
from inspect_station.registry import contacts
from inspect_station.reminders import alarms
from inspect_station.reminders.channels import config as channels
from inspect_station.reminders.staff import service as staff
from inspect_station.workcalendar import service as workcalendar
from schedules import rulebook

_BACKUP_OLD = timedelta(days=2)
_DISK_LEAST = 1 << 30
_DISK_SHARE = 0.1
_RULES_WAIT = timedelta(days=90)


@dataclass(frozen=True)
class Check:
    """One line: `ok` | `warn` | `bad`; `mend` says what to do."""

    name: str
    level: str
    text: str
    mend: str = ""
    count: int = 1


Checker = Callable[[Settings, datetime], Check]


def configuration(settings: Settings, _now: datetime) -> Check:
    text = f"可用，数据库是 {'SQLite' if settings.is_sqlite else 'PostgreSQL'}"
    if not settings.station_phone or settings.station_phone.endswith("-00000000"):
        return Check("配置", "warn", text, "设置 STATION_STATION_PHONE，企业才知道打哪个电话。")
    if (urlsplit(settings.base_url).hostname or "").endswith(".example"):
        return Check("配置", "warn", text, "STATION_BASE_URL 还是样例里的网址：信里的链接会打不开，请改成本站的。")
    return Check("配置", "ok", text)


def mail(settings: Settings, _now: datetime) -> Check:
    """Without a server every letter ends in a folder, and counts as sent."""
    if station.sample_loaded():
        return Check("邮件", "ok", "装有示例数据，信件只写进发件文件夹")
    if settings.smtp_host:
        return Check("邮件", "ok", f"经 {settings.smtp_host} 发出")
    return Check(
        "邮件", "warn", "没有配置邮件服务器，信件只写进发件文件夹，不会真正发出",
        "设置 STATION_SMTP_HOST 和 STATION_MAIL_FROM 后重启，再到“设置 › 渠道”发测试消息。",
    )  # fmt: skip


def keys(_settings: Settings, _now: datetime) -> Check:
    """Whether what is sealed can still be opened, and whether an older key is still needed."""
    ring = sealing.ring()
    kept = [*factors.kept_sealed(), *contacts.kept_sealed(), *channels.kept_sealed()]
    lost = sum(not ring.knows(sealed) for sealed in kept)
    older = sum(not ring.is_current(sealed) for sealed in kept) - lost
    if lost:
        return Check(
            "密钥", "bad", f"{lost} 项加密的内容打不开（两步验证、群机器人地址、短信网关），密钥不是加密时的那把",
            "把原来的密钥写进 STATION_OLD_SECRET_KEYS 后重启；找不到了就请各人重新设置。",
        )  # fmt: skip
    if older:
        return Check(
            "密钥", "warn", f"还有 {older} 项用旧密钥加密",
            "执行 python -m inspect_station reseal（每天 03:50 也会自动执行），之后才能去掉 STATION_OLD_SECRET_KEYS。",
        )  # fmt: skip
    return Check("密钥", "ok", "加密的内容都用现在的密钥")


def schema(_settings: Settings, _now: datetime) -> Check:
    pending = db.pending_migrations()
    if pending:
        return Check("数据库结构", "bad", f"还有 {len(pending)} 步未升级", "执行 python -m inspect_station migrate。")
    return Check("数据库结构", "ok", "最新")


def rules(_settings: Settings, _now: datetime) -> Check:
    try:
        book = rulebook.load()
    except rulebook.RulebookError as error:
        return Check("规则", "bad", str(error), "改正规则文件后重新启动。")
    confirmed = duel_rules.confirmed_digests()
    open_versions = sum(version.digest not in confirmed for version in book.unverified())
    text = f"{len(book.rules)} 条规则可用，{open_versions} 个版本待核实"
    return Check(
        "规则",
        "warn" if open_versions else "ok",
        text,
        "请技术负责人在“规则”页逐条核对原文。" if open_versions else "",
    )


def rules_waiting(settings: Settings, now: datetime) -> Check:
    """Open versions are a person's work; nobody having confirmed one for months means that nobody does it."""
    found = rules(settings, now)
    since = duel_rules.last_confirmed_at() or accounts.opened_at() or now
    if found.level == "ok" or now - since < _RULES_WAIT:
        return Check("规则核实", "ok", f"没有搁置超过 {_RULES_WAIT.days} 天")
    return Check("规则核实", "warn", f"{found.text}，已 {(now - since).days} 天没有人核实", found.mend)


def disk(settings: Settings, _now: datetime) -> Check:
    free, of = disk_space(settings)
    text = f"数据目录所在的盘还有 {free / (1 << 30):.1f} GB（{100 * free // of}%）"
    mend = "清理磁盘或把数据目录移到更大的盘；写满后提醒停发，录入会失败。"
    if free < _DISK_LEAST:
        return Check("磁盘", "bad", text, mend)
    return Check("磁盘", "warn", text, mend) if free < of * _DISK_SHARE else Check("磁盘", "ok", text)


def disk_space(settings: Settings) -> tuple[int, int]:
    """Bytes free and in all where the data lies."""
    settings.data_path.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(settings.data_path)
    return usage.free, usage.total


def tenant_wall(settings: Settings, _now: datetime) -> Check:
    """PostgreSQL's own wall between enterprises; it needs a role that not every database user may make."""
    if settings.is_sqlite or wall.role_ready(db.db.obj):
        return Check(
            "企业间隔离", "ok", "每次查询都按企业过滤" + ("" if settings.is_sqlite else "，数据库行级策略也已启用")
        )
    mend = f"请数据库管理员执行 CREATE ROLE {wall.ROLE} NOLOGIN; GRANT {wall.ROLE} TO 本系统的数据库用户; 再执行 migrate。"
    return Check("企业间隔离", "warn", "数据库行级策略未启用，只有程序自身的过滤", mend)


def two_steps(_settings: Settings, _now: datetime) -> Check:
    names = factors.without(("admin", "head"))
    if names:
        text = f"还没有开启两步验证的管理员和站长：{'、'.join(names)}"
        return Check("两步验证", "warn", text, "请本人在“我的账号 › 两步验证”开启。")
    return Check("两步验证", "ok", "用密码登录的管理员和站长都已开启")


def backup(_settings: Settings, now: datetime) -> Check:
    last = station.get(LAST_BACKUP)
    mend = "执行 python -m inspect_station backup 文件名.zip，并把文件存到另一台机器。"
    if not last:
        return Check("备份", "warn", "从未备份", mend)
    age = now - datetime.fromisoformat(last["at"])
    text = f"上次备份在 {last['at'][:16].replace('T', ' ')}"
    return Check("备份", "warn", text, mend) if age > _BACKUP_OLD else Check("备份", "ok", text)


def backup_age(now: datetime) -> float:
    """Seconds since the last backup; -1 where there never was one."""
    last = station.get(LAST_BACKUP)
    return (now - datetime.fromisoformat(last["at"])).total_seconds() if last else -1.0


def trail(_settings: Settings, _now: datetime) -> Check:
    broken = next(audit.broken_links(), None)
    if broken is not None:
        return Check("审计记录", "bad", f"第 {broken} 条与记录链不符", "立即保全数据库，查明是谁改动了它。")
    return Check("审计记录", "ok", "记录链完好")


def working_days(_settings: Settings, now: datetime) -> Check:
    """Next year's holidays are announced in November: after 1 December their lack is a person's to mend."""
    wanted = range(now.year, now.year + (2 if now.month == 12 else 1))
    missing = [str(year) for year in wanted if not workcalendar.announced(year)]
    if missing:
        text = f"{'、'.join(missing)} 年还没有放假通知，暂按星期一至星期五计算"
        return Check("节假日历", "warn", text, "在“设置 › 节假日历”导入国务院办公厅的放假通知，并写明文件。")
    return Check("节假日历", "ok", f"{'、'.join(map(str, wanted))} 年已按放假通知")


def digests(settings: Settings, now: datetime) -> Check:
    """People who should get the weekly digest and cannot be written to, or whose server refused it."""
    refused = staff.refused_lately(now)
    if refused:
        text = f"近七天被拒收的周报：{'、'.join(refused)}"
        return Check("站内周报", "warn", text, "在“提醒 › 站内周报”看原因，请本人改正邮箱后重新发送。")
    names = staff.without_address(settings)
    if names:
        return Check(
            "站内周报", "warn", f"没有邮箱、收不到周报的：{'、'.join(names)}", "请本人在“我的账号”里填写邮箱。"
        )
    return Check("站内周报", "ok", "该收周报的人都能收到")


CHECKS: Sequence[Checker] = (
    configuration, schema, mail, rules, rules_waiting, working_days, disk, backup, keys, trail, tenant_wall, two_steps,
    digests,
)  # fmt: skip

# What must reach the head without being looked for: the name of each in /metrics, with the check behind it. What the
# reminders themselves complain of comes on top.
STANDING: Mapping[str, Checker] = {
    "disk": disk, "backup": backup, "calendar": working_days, "rules": rules_waiting,
}  # fmt: skip


def telling(now: datetime) -> list[Check]:
    """Whether enterprises are being told: the reminders' alarms, a line each, or that there is none."""
    found = alarms.alarms(now)
    if not found:
        return [Check("提醒", "ok", f"后台进程在运行，最近一次生成在 {alarms.last_tick()}")]
    return [Check("提醒", "bad" if a.code in {"worker", "channel"} else "warn", a.sentence, a.mend) for a in found]


_NOT_TOLD = ("no_address", "by_hand")  # the machine runs, a person has to act


def standing(settings: Settings, now: datetime) -> list[Check]:
    """What is wrong now with the ground everything rests on, the gravest first: for the head's page."""
    told = [
        Check("提醒", "warn" if a.code in _NOT_TOLD else "bad", a.sentence, a.mend)
        for a in alarms.alarms(now, grave=True)
    ]
    found = [check(settings, now) for check in STANDING.values()]
    return sorted((c for c in (*told, *found) if c.level != "ok"), key=lambda c: c.level != "bad")


def alarms_gauge(settings: Settings, now: datetime) -> tuple[str, str, dict[str, float]]:
    """Every alarm by its name, 0 where all is well: a series that is missing would alarm nobody."""
    found = dict.fromkeys((*alarms.CODES, *STANDING), 0.0)
    found |= {alarm.code: float(alarm.count) for alarm in alarms.alarms(now)}
    found |= {name: float(check(settings, now).level != "ok") for name, check in STANDING.items()}
    return "station_alarms", "What a person should act on", found


def ground_gauge(settings: Settings, now: datetime) -> tuple[str, str, dict[str, float]]:
    free, of = disk_space(settings)
    values = {"backup_age_seconds": backup_age(now), "disk_free_bytes": float(free), "disk_free_share": free / of}
    return "station_ground", "Age of the last backup (-1: never), room on the disk of the data", values


def run_all(settings: Settings, now: datetime) -> list[Check]:
    """Every check, in order; a database without its tables ends the list there."""
    done = []
    for check in CHECKS:
        done.append(check(settings, now))
        if check is schema and done[-1].level == "bad":
            return done
    return [*done, *telling(now)]
