"""What the alarms look at, read in one statement: every page of reminders shows them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts.models import StationSetting
from inspect_station.db import run
from inspect_station.reminders.models import Message

LAST_TICK, SENDING_PAUSED = "last_tick", "sending_paused"  # the latter also set by a restore
REFUSED_SHOWN = timedelta(days=30)
BY_HAND_OLD = timedelta(days=5)
# A mail server that turns one recipient away and took another's letter is at work, and one group's robot is not the
# others'; several may well be what is wrong. Only the newest tries are looked through, as the table grows for years.
_RECENT = """(
SELECT a.id, a.message_id, a.outcome, m.channel,
  CASE WHEN substr(a.detail, 1, 5) = '收件人被拒' OR m.channel IN ('wecom', 'dingtalk', 'feishu') THEN 1 ELSE 0 END AS blamed
FROM attempt a JOIN message m ON m.id = a.message_id WHERE a.at > :yesterday ORDER BY a.id DESC LIMIT 3) recent"""
_AT_WORK = """
SELECT m.channel FROM (SELECT message_id, outcome, at FROM attempt ORDER BY id DESC LIMIT 200) a
JOIN message m ON m.id = a.message_id WHERE a.outcome = 'sent' AND a.at > :yesterday"""
_FIGURES = f"""SELECT
(SELECT value FROM station_setting WHERE key = 'sending_paused'),
(SELECT value FROM station_setting WHERE key = 'last_tick'),
(SELECT MAX(seen_at) FROM heartbeat),
(SELECT MIN(next_at) FROM message WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= :now),
(SELECT COUNT(*) FROM message WHERE state = 'refused' AND recipient <> '' AND done_at > :month),
(SELECT COUNT(*) FROM message WHERE channel IN ('phone', 'print') AND state = 'queued' AND created_at < :old),
(SELECT MIN(created_at) FROM message WHERE channel IN ('phone', 'print') AND state = 'queued' AND created_at < :old),
(SELECT COUNT(*) FROM {_RECENT}),
(SELECT COUNT(*) FROM {_RECENT} WHERE outcome NOT IN ('failed', 'uncertain')),
(SELECT COUNT(DISTINCT message_id) = 1 AND MIN(blamed) = 1 AND MIN(channel) IN ({_AT_WORK}) FROM {_RECENT}),
(SELECT detail FROM attempt WHERE at > :yesterday ORDER BY id DESC LIMIT 1)"""  # noqa: S608  our own words


@dataclass(frozen=True)
class Figures:
    """`waiting_since`: when the oldest letter that should be out was to go. `failed`: the last tries, where none succeeded."""

    paused: dict[str, Any] | None
    ticked: date | None
    seen_at: datetime | None
    waiting_since: datetime | None
    refused: int
    by_hand: int
    by_hand_since: datetime | None
    failed: int
    failure: str


def read(now: datetime) -> Figures:
    given = {
        "now": now,
        "month": now - REFUSED_SHOWN,
        "old": now - BY_HAND_OLD,
        "yesterday": now - timedelta(days=1),
    }
    (found,) = run(_FIGURES, {name: Message.next_at.db_value(value) for name, value in given.items()})
    paused, ticked, seen, waiting, refused, by_hand, since, tries, better, one_recipient, failure = found
    why, last = _setting(paused), _setting(ticked)
    return Figures(
        paused=why if isinstance(why, dict) else None,
        ticked=date.fromisoformat(last["on"]) if last else None,
        seen_at=_moment(seen),
        waiting_since=_moment(waiting),
        refused=refused,
        by_hand=by_hand,
        by_hand_since=_moment(since),
        failed=0 if better or one_recipient else tries,
        failure=failure or "",
    )


def _setting(text: str | None) -> Any:
    return StationSetting.value.python_value(text)


def _moment(value: Any) -> datetime | None:
    """An aggregate comes as the engine stores it; a field reads it back."""
    read_back: datetime | None = Message.next_at.python_value(value)
    return read_back
