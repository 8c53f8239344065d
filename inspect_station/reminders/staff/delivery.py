"""Sending the station's own letters: claimed, sent and recorded as those to enterprises are."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.db import db, is_sqlite
from inspect_station.reminders.channels import CHANNELS, Channel, ChannelError, Outgoing
from inspect_station.reminders.claiming import LEASE
from inspect_station.reminders.delivery import paused, worker_name
from inspect_station.reminders.models import StaffLetter
from inspect_station.reminders.recording import GIVE_UP_AFTER

_MINUTES = (1, 5, 15, 60)
_LATER_MINUTES = 240

_CLAIM = """
UPDATE staff_letter SET state = 'claimed', lease_until = {p}, claimed_by = {p}, tries = tries + 1
WHERE id = (SELECT id FROM staff_letter WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= {p}
            ORDER BY next_at, id LIMIT 1{lock}) RETURNING id
"""


def deliver(settings: Settings, now: datetime) -> Counter[str]:
    """Send what waits; returns how many met which fate. Several processes at once send each letter once."""
    if paused():
        return Counter()
    counts: Counter[str] = Counter(interrupted=_recover(now))
    channels: dict[str, Channel] = {}
    try:
        while (letter := _claim(now)) is not None:
            fate = _send(letter, settings, channels, now)
            counts[fate.removesuffix("!")] += 1
            if fate.endswith("!"):  # the channel itself is down
                break
    finally:
        for channel in channels.values():
            channel.close()
    return +counts


def _claim(now: datetime) -> StaffLetter | None:
    sql = _CLAIM.format(p=db.obj.param, lock="" if is_sqlite() else " FOR UPDATE SKIP LOCKED")
    as_stored = StaffLetter.lease_until.db_value
    with db.atomic():
        row = db.execute_sql(sql, (as_stored(now + LEASE), f"{worker_name()}/s", as_stored(now))).fetchone()
        return StaffLetter.get_by_id(row[0]) if row else None


def _recover(now: datetime) -> int:
    """Claims whose sender died: the letter may be out, so it goes again, marked."""
    return int(
        StaffLetter.update(state="uncertain", doubtful=True, next_at=now, reason="发送进程中断，可能已送达")
        .where(StaffLetter.state == "claimed", StaffLetter.lease_until < now)
        .execute()
    )


def _send(letter: StaffLetter, settings: Settings, channels: dict[str, Channel], now: datetime) -> str:
    # With the sample park loaded nothing leaves this machine, whatever was queued before.
    name = "folder" if station.sample_loaded() else letter.channel
    if name not in channels:
        channels[name] = CHANNELS[name][1](settings)
    try:
        channels[name].send(_outgoing(letter))
    except ChannelError as error:
        return _failed(letter, error, now) + ("!" if error.down else "")
    return _finish(letter, "sent", "", now)


def _outgoing(letter: StaffLetter) -> Outgoing:
    return Outgoing(
        message_id=letter.message_id,
        number=f"ZN{letter.day:%Y%m%d}-{letter.id:06d}",
        recipient=letter.recipient,
        recipient_name=letter.account.name,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        written_at=letter.created_at,
    )


def _failed(letter: StaffLetter, error: ChannelError, now: datetime) -> str:
    if error.permanent or now - letter.queued_at > GIVE_UP_AFTER:
        return _finish(letter, "refused", error.sentence, now)
    wait = _MINUTES[letter.tries - 1] if letter.tries <= len(_MINUTES) else _LATER_MINUTES
    outcome = "uncertain" if error.uncertain else "failed"
    _ours(
        letter,
        {
            "state": outcome,
            "reason": error.sentence[:300],
            "next_at": now + timedelta(minutes=wait),
            "doubtful": letter.doubtful or error.uncertain,
        },
    )
    return outcome


def _finish(letter: StaffLetter, state: str, reason: str, now: datetime) -> str:
    _ours(letter, {"state": state, "reason": reason[:300], "next_at": None, "done_at": now})
    return state


def _ours(letter: StaffLetter, changes: dict[str, Any]) -> None:
    """Record the fate, unless the lease ran out and another sender has the letter now."""
    mine = (StaffLetter.id == letter.id) & (StaffLetter.state == "claimed")
    StaffLetter.update(**changes, lease_until=None).where(mine, StaffLetter.claimed_by == letter.claimed_by).execute()
