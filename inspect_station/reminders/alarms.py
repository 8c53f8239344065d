"""What must not stay unseen: the worker, the tick, the queue, the channel, enterprises nobody can reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts import station
from inspect_station.db import db
from inspect_station.reminders import hands, routes
from inspect_station.reminders.delivery import paused
from inspect_station.reminders.models import Attempt, Heartbeat, Message
from inspect_station.reminders.reading import tuples
from inspect_station.workcalendar import service as workcalendar

LAST_TICK = "last_tick"

BEAT_SECONDS = 30
_BEAT_STALE = timedelta(seconds=2 * BEAT_SECONDS)
_QUEUE_OLD = timedelta(minutes=30)
_REFUSED_SHOWN = timedelta(days=30)
_TICK_HOUR = 8

CODES = ("paused", "worker", "tick", "channel", "queue", "refused", "no_address", "by_hand")

_PAUSED_WORDS = {
    "by_hand": "有人在提醒页暂停了发送",
    "restored": "数据库刚从备份恢复，备份之后发过什么无从知道",
    "downtime": "系统停用超过 45 天，积压的提醒请先核对",
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
    seen = Heartbeat.select(Heartbeat.seen_at).order_by(Heartbeat.seen_at.desc()).first()
    return max(now - seen.seen_at, timedelta(0)) if seen else None


def worker_alive(now: datetime) -> bool:
    age = worker_heartbeat(now)
    return age is not None and age <= _BEAT_STALE


def last_tick() -> date | None:
    """The day for which reminders were last written."""
    value = station.get(LAST_TICK)
    return date.fromisoformat(value["on"]) if value else None


def queue_age(now: datetime) -> timedelta | None:
    """How long the oldest letter that should have gone has been waiting."""
    due = Message.select(fn.MIN(Message.next_at)).where(
        Message.state.in_(("queued", "failed", "uncertain")), Message.next_at <= now
    )
    oldest = due.scalar()
    return now - _moment(oldest) if oldest else None


def _moment(value: Any) -> datetime:
    """An aggregate comes as SQLite stores it; a field reads it back."""
    read = Message.next_at.python_value(value)
    assert isinstance(read, datetime)
    return read


def counts() -> dict[str, int]:
    """How many letters stand in each state, for the metrics."""
    query = Message.select(Message.state, fn.COUNT(Message.id)).group_by(Message.state)
    return {str(state): int(count) for state, count in tuples(query)}


def alarms(now: datetime, *, grave: bool = False) -> list[Alarm]:
    """All that is wrong now, the gravest first; `grave`: only what keeps letters from going at all."""
    checks = (_paused, _worker, _tick, _channel, _queue)
    asked = checks if grave else (*checks, _refused, _no_address, _by_hand)
    return [alarm for check in asked if (alarm := check(now)) is not None]


def _paused(_now: datetime) -> Alarm | None:
    value = paused()
    if value is None:
        return None
    return Alarm(
        "paused", f"提醒已暂停发送：{paused_words(value)}。", "在“提醒”页点“核对积压”，再决定恢复发送还是作废积压。"
    )


def paused_words(value: Mapping[str, Any]) -> str:
    """Why sending waits for a person's word."""
    return _PAUSED_WORDS.get(value.get("why", ""), "发送已暂停")


def _worker(now: datetime) -> Alarm | None:
    if worker_alive(now):
        return None
    age = worker_heartbeat(now)
    since = f"已 {_words(age)}没有动静" if age is not None else "从未运行"
    return Alarm(
        "worker", f"后台进程{since}，提醒不会自动发出。", "运行 python -m inspect_station worker（或 serve）。"
    )


def _tick(now: datetime) -> Alarm | None:
    last, expected = last_tick(), _expected_tick(now)
    if last is not None and last >= expected:
        return None
    since = f"最近一次是 {last.isoformat()}" if last else "从未生成过"
    return Alarm(
        "tick", f"{expected.isoformat()} 的提醒还没有生成，{since}。", "运行 python -m inspect_station tick。"
    )


def _expected_tick(now: datetime) -> date:
    """The last working day whose tick should be done by now."""
    working = workcalendar.calendar(now.date())
    day = now.date() if now.hour > _TICK_HOUR else now.date() - timedelta(days=1)
    while not working.is_workday(day):
        day -= timedelta(days=1)
    return day


def _channel(now: datetime) -> Alarm | None:
    """The last tries all failed and none has succeeded since."""
    recent = tuples(
        Attempt.select(Attempt.outcome, Attempt.detail)
        .where(Attempt.at > now - timedelta(days=1))
        .order_by(Attempt.id.desc())
        .limit(3)
    )
    if not recent or any(outcome not in {"failed", "uncertain"} for outcome, _ in recent):
        return None
    return Alarm(
        "channel",
        f"最近 {len(recent)} 次发送都没有成功：{recent[0][1]}。",
        "检查网络、“设置 › 渠道”和邮件服务器（STATION_SMTP_*）。",
    )


def _queue(now: datetime) -> Alarm | None:
    age = queue_age(now)
    if age is None or age < _QUEUE_OLD or paused():
        return None
    return Alarm("queue", f"有提醒该发而未发，最早的已等了 {_words(age)}。", "看后台进程和邮件服务器是否正常。")


def _refused(now: datetime) -> Alarm | None:
    query = Message.select().where(
        Message.state == "refused", Message.recipient != routes.NO_ADDRESS, Message.done_at > now - _REFUSED_SHOWN
    )
    count = query.count()
    if not count:
        return None
    return Alarm(
        "refused",
        f"近 30 天有 {count} 条提醒被对方拒收。",
        "在“提醒”页查看原因；有下一个渠道的已改发，地址失效的请改正联系人。",
        count,
    )


def _no_address(now: datetime) -> Alarm | None:
    firms = routes.without_address(now.date())
    if not firms:
        return None
    named = "、".join(name for _, name in firms[:3]) + ("等" if len(firms) > 3 else "")
    sentence = f"{len(firms)} 家企业没有可用的地址，提醒到不了：{named}。"
    return Alarm(
        "no_address", sentence, "补录联系人的邮箱、群机器人或手机；在此之前到“电话名单”逐家通知。", len(firms)
    )


def _by_hand(now: datetime) -> Alarm | None:
    old = hands.oldest(now)
    if old is None:
        return None
    count, age = old
    sentence = f"电话名单上有 {count} 家企业还没有人通知，最早的已等了 {_words(age)}。"
    return Alarm("by_hand", sentence, "请负责的检验员打电话或送书面通知，并登记结果。", count)


def _words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


# --- for /readyz and /metrics -------------------------------------------------------------------------------------


def probe(now: datetime) -> tuple[str, bool, str]:
    """Whether the timetable is running: a probe of `health`."""
    alarm = _worker(now)
    return "worker", alarm is None, alarm.sentence if alarm else ""


def letters_gauge(_now: datetime) -> tuple[str, str, dict[str, float]]:
    return (
        "station_letters",
        "Letters of the outbox in each state",
        {state: float(n) for state, n in counts().items()},
    )


def seconds_gauge(now: datetime) -> tuple[str, str, dict[str, float]]:
    """Ages that should stay small; -1 where there is nothing to measure."""
    last = last_tick()
    ages = {
        "heartbeat": worker_heartbeat(now),
        "queue": queue_age(now),
        "tick": now.date() - last if last else None,
    }
    seconds = {name: age.total_seconds() if age is not None else -1.0 for name, age in ages.items()}
    return (
        "station_reminder_age_seconds",
        "Age of the last heartbeat, the oldest waiting letter, the last tick",
        seconds,
    )
