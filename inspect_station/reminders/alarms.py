"""What must not stay unseen: the worker, the tick, the queue, the channel, enterprises nobody can reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts import station
from inspect_station.db import db
from inspect_station.reminders import figures, routes
from inspect_station.reminders.figures import LAST_TICK, Figures
from inspect_station.reminders.models import Heartbeat, Message
from inspect_station.reminders.reading import tuples
from inspect_station.workcalendar import service as workcalendar

BEAT_SECONDS = 30
_BEAT_STALE = timedelta(seconds=2 * BEAT_SECONDS)
_QUEUE_OLD = timedelta(minutes=30)
_TICK_HOUR = 8

CODES = ("paused", "worker", "tick", "channel", "queue", "refused", "no_address", "by_hand")

_PAUSED_WORDS = {
    "by_hand": "有人在提醒页暂停了发送",
    "restored": "数据库刚从备份恢复，备份之后发过什么无从知道",
    "downtime": "距上次写提醒已超过 45 天（停用过，或系统日期不对），请先核对今天的日期；恢复后立即补写，每家企业每人一封",
    "clock_jump": "工作进程运行中时钟突然跳动",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should act on. `code` is stable: worker, tick, paused, queue, channel, refused, no_address,
    by_hand."""

    code: str
    sentence: str
    mend: str
    count: int = 1


def beat(worker: str, started_at: datetime, now: datetime) -> None:
    """A worker's sign of life."""
    with db.atomic():
        Heartbeat.insert(worker=worker, started_at=started_at, seen_at=now).on_conflict(
            conflict_target=[Heartbeat.worker], update={"seen_at": now, "started_at": started_at}
        ).execute()
        Heartbeat.delete().where(Heartbeat.seen_at < now - timedelta(days=2)).execute()


def worker_heartbeat(now: datetime) -> timedelta | None:
    """How long ago a worker last gave a sign of life; None where none ever did. Stale after a minute."""
    return _age(figures.read(now).seen_at, now)


def last_tick() -> date | None:
    """The day for which reminders were last written."""
    value = station.get(LAST_TICK)
    return date.fromisoformat(value["on"]) if value else None


def counts() -> dict[str, int]:
    """How many letters stand in each state, for the metrics."""
    query = Message.select(Message.state, fn.COUNT(Message.id)).group_by(Message.state)
    return {str(state): int(count) for state, count in tuples(query)}


def alarms(now: datetime, *, grave: bool = False) -> list[Alarm]:
    """All that is wrong now, the gravest first: two statements, and on a morning after days off the calendar's.

    `grave`: only what keeps letters from going at all, and enterprises that nobody and nothing has told.
    """
    found = figures.read(now)
    refused = () if grave else (_refused,)
    asked = (_paused, _worker, _tick, _channel, _queue, *refused, _no_address, _by_hand)
    return [alarm for check in asked if (alarm := check(found, now)) is not None]


def _paused(found: Figures, _now: datetime) -> Alarm | None:
    if found.paused is None:
        return None
    return Alarm(
        "paused",
        f"提醒已暂停发送：{paused_words(found.paused)}。",
        "在“提醒”页点“核对积压”，再决定恢复发送还是作废积压。",
    )


def paused_words(value: Mapping[str, Any]) -> str:
    """Why sending waits for a person's word."""
    return _PAUSED_WORDS.get(value.get("why", ""), "发送已暂停")


def _worker(found: Figures, now: datetime) -> Alarm | None:
    age = _age(found.seen_at, now)
    if age is not None and age <= _BEAT_STALE:
        return None
    since = f"已 {_words(age)}没有动静" if age is not None else "从未运行"
    return Alarm(
        "worker", f"后台进程{since}，提醒不会自动发出。", "运行 python -m inspect_station worker（或 serve）。"
    )


def _tick(found: Figures, now: datetime) -> Alarm | None:
    latest = now.date() if now.hour > _TICK_HOUR else now.date() - timedelta(days=1)
    if found.ticked is not None and found.ticked >= latest:
        return None
    expected = _working_day(latest)
    if found.ticked is not None and found.ticked >= expected:
        return None
    since = f"最近一次是 {found.ticked.isoformat()}" if found.ticked else "从未生成过"
    return Alarm(
        "tick", f"{expected.isoformat()} 的提醒还没有生成，{since}。", "运行 python -m inspect_station tick。"
    )


def _working_day(day: date) -> date:
    """The last working day by then: its tick should be done."""
    working = workcalendar.calendar(day)
    while not working.is_workday(day):
        day -= timedelta(days=1)
    return day


def _channel(found: Figures, _now: datetime) -> Alarm | None:
    """The last tries all failed and none has succeeded since."""
    if not found.failed:
        return None
    return Alarm(
        "channel",
        f"最近 {found.failed} 次发送都没有成功：{found.failure}。",
        "检查网络、“设置 › 渠道”和邮件服务器（STATION_SMTP_*）。",
    )


def _queue(found: Figures, now: datetime) -> Alarm | None:
    age = _age(found.waiting_since, now)
    if age is None or age < _QUEUE_OLD or found.paused:
        return None
    return Alarm("queue", f"有提醒该发而未发，最早的已等了 {_words(age)}。", "看后台进程和邮件服务器是否正常。")


def _refused(found: Figures, _now: datetime) -> Alarm | None:
    if not found.refused:
        return None
    return Alarm(
        "refused",
        f"近 {figures.REFUSED_SHOWN.days} 天有 {found.refused} 条提醒被对方拒收。",
        "在“提醒”页查看原因；有下一个渠道的已改发，地址失效的请改正联系人。",
        found.refused,
    )


def _no_address(_found: Figures, now: datetime) -> Alarm | None:
    firms = routes.without_address(now.date())
    if not firms:
        return None
    named = "、".join(name for _, name in firms[:3]) + ("等" if len(firms) > 3 else "")
    sentence = f"{len(firms)} 家企业没有可用的地址，提醒到不了：{named}。"
    return Alarm(
        "no_address", sentence, "补录联系人的邮箱、群机器人或手机；在此之前到“电话名单”逐家通知。", len(firms)
    )


def _by_hand(found: Figures, now: datetime) -> Alarm | None:
    age = _age(found.by_hand_since, now)
    if age is None:
        return None
    sentence = f"电话名单上有 {found.by_hand} 家企业还没有人通知，最早的已等了 {_words(age)}。"
    return Alarm("by_hand", sentence, "请负责的检验员打电话或送书面通知，并登记结果。", found.by_hand)


def _age(since: datetime | None, now: datetime) -> timedelta | None:
    return max(now - since, timedelta(0)) if since is not None else None


def _words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


# --- for /readyz and /metrics -------------------------------------------------------------------------------------


def probe(now: datetime) -> tuple[str, bool, str]:
    """Whether the timetable is running: a probe of `health`."""
    alarm = _worker(figures.read(now), now)
    return "worker", alarm is None, alarm.sentence if alarm else ""


def letters_gauge(_now: datetime) -> tuple[str, str, dict[str, float]]:
    return (
        "station_letters",
        "Letters of the outbox in each state",
        {state: float(n) for state, n in counts().items()},
    )


def seconds_gauge(now: datetime) -> tuple[str, str, dict[str, float]]:
    """Ages that should stay small; -1 where there is nothing to measure."""
    found = figures.read(now)
    ages = {
        "heartbeat": _age(found.seen_at, now),
        "queue": _age(found.waiting_since, now),
        "tick": now.date() - found.ticked if found.ticked else None,
    }
    seconds = {name: age.total_seconds() if age is not None else -1.0 for name, age in ages.items()}
    return (
        "station_reminder_age_seconds",
        "Age of the last heartbeat, the oldest waiting letter, the last tick",
        seconds,
    )
