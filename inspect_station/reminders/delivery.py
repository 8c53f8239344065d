"""Sending what is pending: claim with a lease, look again whether it still stands, send, record.

A claim is one conditional update, so any number of senders and workers share the outbox. The letter goes outside any
transaction. A sender that dies leaves its claim; when the lease ends the letter is tried again with the same
Message-ID and marked doubtful: at most one repeat for each death, never a loss.
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from inspect_station import clock
from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.db import connection, db, is_sqlite
from inspect_station.reminders import ladder, letter, paper, policies, quiets, routes, source
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import CHANNELS, Channel, ChannelError, Outgoing
from inspect_station.reminders.models import Attempt, Message, OwedStep
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.steps import MOVED, RECIPIENT_GONE
from inspect_station.workcalendar import service as workcalendar

log = structlog.get_logger()

SENDING_PAUSED = "sending_paused"  # also set by a restore
LEASE = timedelta(minutes=10)  # a run takes RUN_SECONDS, one letter at most a few time-outs of 30 s
RUN_SECONDS = 50
_MINUTES = (1, 5, 15, 60)
_LATER_MINUTES = 240  # then every four hours: at most ten tries in 24 hours
GIVE_UP_AFTER = timedelta(days=5)
_NO_ADDRESS_SENTENCE = "这家企业没有可用的邮箱地址，请电话通知或打印送达，并补录联系人邮箱。"


@dataclass(frozen=True)
class Claimed:
    message: Message
    outgoing: Outgoing


def paused() -> dict[str, Any] | None:
    """Why sending waits for a person's word, if it does: {"since", "why"}."""
    value = station.get(SENDING_PAUSED)
    return value if isinstance(value, dict) else None


def deliver(settings: Settings, now: datetime, *, senders: int = 1, most: int = 100_000) -> Counter[str]:
    """Send what is pending; returns how many letters met which fate. One run lasts less than a minute or so.

    Several runs at once, in several processes, deliver each letter once.
    """
    if paused():
        return Counter(paused=1)
    outcome = Counter(interrupted=_recover(now))
    run = _Run(settings, now, most)
    if senders == 1:
        return outcome + run.work(f"{worker_name()}/0")
    with ThreadPoolExecutor(senders) as pool:
        for counts in pool.map(run.work_in_thread, [f"{worker_name()}/{n}" for n in range(senders)]):
            outcome += counts
    return outcome


def worker_name() -> str:
    return f"{socket.gethostname()[:50]}:{os.getpid()}"


class _Run:
    """One run of letters by one sender, or by several threads that share nothing but the database."""

    def __init__(self, settings: Settings, now: datetime, most: int) -> None:
        self.settings = settings
        self.now = now
        self.most = most
        self.ends = clock.monotonic() + RUN_SECONDS

    def work_in_thread(self, sender: str) -> Counter[str]:
        with connection():
            return self.work(sender)

    def work(self, sender: str) -> Counter[str]:
        """Letters one after the other until none is left, time is up, or the channel is down."""
        counts: Counter[str] = Counter()
        open_channels: dict[str, Channel] = {}
        try:
            while sum(counts.values()) < self.most and clock.monotonic() < self.ends and not paused():
                claimed = claim(self.settings, self.now, sender)
                if claimed is None:
                    break
                fate = self._send(claimed, open_channels) if isinstance(claimed, Claimed) else claimed
                counts[fate.removesuffix("!")] += 1
                if fate.endswith("!"):
                    break
        finally:
            for channel in open_channels.values():
                channel.close()
        return counts

    def _send(self, claimed: Claimed, open_channels: dict[str, Channel]) -> str:
        """The fate of one letter; with "!" where the channel itself is down."""
        name = claimed.message.channel
        if name not in open_channels:
            open_channels[name] = CHANNELS[name][1](self.settings)
        try:
            words = open_channels[name].send(claimed.outgoing)
        except ChannelError as error:
            return record_failure(claimed.message, error, self.now) + ("!" if error.down else "")
        return record_sent(claimed.message, words, self.now)


# --- claiming -----------------------------------------------------------------------------------------------------

_CLAIM = """
UPDATE message SET state = 'claimed', lease_until = {p}, claimed_by = {p}, tries = tries + 1, revision = revision + 1
WHERE id = (SELECT id FROM message WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= {p}
            ORDER BY next_at, id LIMIT 1{lock}) RETURNING id
"""


def claim(settings: Settings, now: datetime, sender: str) -> Claimed | str | None:
    """The next letter, ready to go; the fate of one that no longer needs to go; None where nothing is pending."""
    today = now.date()
    source.refresh(today)  # in its own transactions, so that the claim stays short
    with db.atomic():
        number = _claim_one(now, sender)
        if number is None:
            return None
        message = Message.get_by_id(number)
        opens = quiet_until(message, now)
        if opens is not None:
            return _wait_until(message, opens)
        _obey_the_sample(message, settings)
        standing = _recheck(message, today, now)
        if not standing:
            return _end_unsent(message, now)
        written = _write(message, standing, settings, today)
    return Claimed(message, outgoing_of(message, written, settings))


def _claim_one(now: datetime, sender: str) -> int | None:
    # SKIP LOCKED: senders side by side take different letters instead of queueing for the same one.
    sql = _CLAIM.format(p=db.obj.param, lock="" if is_sqlite() else " FOR UPDATE SKIP LOCKED")
    as_stored = Message.lease_until.db_value
    row = db.execute_sql(sql, (as_stored(now + LEASE), sender, as_stored(now))).fetchone()
    return int(row[0]) if row else None


def quiet_until(message: Message, now: datetime) -> datetime | None:
    """When a letter of the timetable may leave, if not now. What a person sends goes when he sends it."""
    hours = policies.of_enterprise(message.enterprise_id).hours
    if message.manual or hours.is_always:
        return None
    opens = hours.next_open(now, workcalendar.calendar(now.date()))
    return opens if opens > now else None


def _wait_until(message: Message, opens: datetime) -> str:
    """Put back as it was; this was no try."""
    before = "uncertain" if message.doubtful else "failed" if message.tries > 1 else "queued"
    Message.update(state=before, next_at=opens, lease_until=None, tries=Message.tries - 1).where(
        Message.id == message.id
    ).execute()
    return "quiet"


def _recover(now: datetime) -> int:
    """Claims whose sender died: their letters may be out, so they go again, marked."""
    dead = (Message.state == "claimed") & (Message.lease_until < now)
    expired = tuples(Message.select(Message.id, Message.claimed_by).where(dead))
    return sum(_recover_one(int(number), str(sender), now) for number, sender in expired)


def _recover_one(number: int, sender: str, now: datetime) -> int:
    with db.atomic():
        freed = Message.update(
            state="uncertain", doubtful=True, next_at=now, reason="发送进程中断，可能已送达"
        ).where(Message.id == number, Message.state == "claimed", Message.lease_until < now)
        if not freed.execute():
            return 0
        OwedStep.update(state="uncertain").where(OwedStep.message == number, OwedStep.state == "claimed").execute()
        Attempt.insert(message=number, at=now, sender=sender, outcome="interrupted", detail="没有留下结果").execute()
    return 1


def _obey_the_sample(message: Message, settings: Settings) -> None:
    """Whatever was queued before: with the sample park loaded nothing leaves this machine."""
    if message.channel != "folder" and station.sample_loaded():
        message.channel = "folder"
        Message.update(channel="folder").where(Message.id == message.id).execute()


def _recheck(message: Message, today: date, now: datetime) -> list[OwedStep]:
    """The steps that still stand; the others are suppressed with the reason."""
    steps = list(
        OwedStep.select().where(OwedStep.message == message.id, OwedStep.state.not_in(("superseded", "suppressed")))
    )
    known = routes.of_enterprise(message.enterprise_id, message.channel, today)
    if message.recipient not in {r.recipient for r in known} and not message.manual:
        _suppress(steps, RECIPIENT_GONE, now)
        return []
    present = source.present((s.equipment_id for s in steps), today)
    moved = [s for s in steps if not _stands(s, present.get((s.equipment_id, s.clock)))]
    _suppress(moved, MOVED, now)
    gone = {s.id for s in moved} | _rest([s for s in steps if s not in moved], message, today, now)
    standing = [s for s in steps if s.id not in gone]
    OwedStep.update(state="claimed").where(OwedStep.id.in_([s.id for s in standing])).execute()
    return standing


def _rest(steps: Sequence[OwedStep], message: Message, today: date, now: datetime) -> set[int]:
    """Suppress what has become quiet since it was written. What a person asked for by hand goes."""
    if message.manual:
        return set()
    resting, held = quiets.standing(today, [message.enterprise_id]), set()
    for step in steps:
        quiet = resting.over(step.equipment_id, step.clock, step.step, step.week, today)
        if quiet is not None:
            _suppress([step], quiet.reason[:300], now)
            held.add(step.id)
    return held


def _stands(step: OwedStep, row: ladder.LadderRow | None) -> bool:
    """The same enterprise still owes the same clock on the same date."""
    return row is not None and row.enterprise_id == step.enterprise_id and row.due == step.due


def _suppress(steps: Sequence[OwedStep], reason: str, now: datetime) -> None:
    for chunk in _chunks([s.id for s in steps]):
        OwedStep.update(state="suppressed", reason=reason, done_at=now).where(OwedStep.id.in_(chunk)).execute()


def _chunks(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _end_unsent(message: Message, now: datetime) -> str:
    """A letter of which nothing is left: overtaken where later steps took over, else suppressed."""
    kept = OwedStep.select().where(OwedStep.message == message.id, OwedStep.state == "suppressed")
    found = kept.order_by(OwedStep.id.desc()).first()
    state, reason = ("suppressed", found.reason) if found else ("superseded", "")
    _finish(message, state, reason, now)
    return state


# --- the letter ---------------------------------------------------------------------------------------------------


def number_of(message: Message) -> str:
    """The number printed in the letter; the folder's file is named after it."""
    return number_for(message.id, message.day)


def number_for(message_id: int, day: date) -> str:
    return f"CJ{day:%Y%m%d}-{message_id:06d}"


def items_of(steps: Sequence[OwedStep], today: date) -> list[letter.Item]:
    devices = source.devices(sorted({s.equipment_id for s in steps}))
    return [letter.item_of(s.facts, s.clock, devices[s.equipment_id], today) for s in steps]


def _write(message: Message, steps: Sequence[OwedStep], settings: Settings, today: date) -> letter.Letter:
    """The final wording, kept as it goes out but for the link."""
    link = links.url_for(message, settings)
    written = letter.write(
        settings,
        number_of(message),
        source.enterprise_name(message.enterprise_id),
        message.recipient_name,
        items_of(steps, today),
        today,
        link,
    )
    _keep_notice(message, steps, settings, today)
    Message.update(
        subject=written.subject,
        text=links.hidden(written.text, link),
        html=links.hidden(written.html, link),
        file_name=written.file_name,
    ).where(Message.id == message.id).execute()
    return written


def _keep_notice(message: Message, steps: Sequence[OwedStep], settings: Settings, today: date) -> None:
    if not settings.mail_pdf or message.channel not in paper.CHANNELS or message.recipient == routes.NO_ADDRESS:
        return
    clocks = ((s.equipment_id, s.clock) for s in steps)
    sheets = paper.sheets_of(
        settings, number_of(message), message.enterprise_id, message.recipient_name, clocks, today
    )
    paper.keep(message.id, sheets)


def outgoing_of(message: Message, written: letter.Letter, settings: Settings) -> Outgoing:
    return Outgoing(
        message_id=message.message_id,
        number=written.number,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        subject=written.subject,
        text=written.text,
        html=written.html,
        written_at=message.created_at,
        file_name=written.file_name,
        file=letter.workbook(written.every, settings, message.created_at) if written.file_name else b"",
        notice_name=paper.file_name(written.number),
        notice=paper.file_of(message.id, message.day, links.url_for(message, settings)),
    )


# --- recording ----------------------------------------------------------------------------------------------------


def record_sent(message: Message, words: str, now: datetime) -> str:
    """A letter that lies in the folder because nobody could be reached was not sent: it goes to the human list."""
    if message.recipient == routes.NO_ADDRESS:
        return _record(message, "refused", _NO_ADDRESS_SENTENCE, now, final=True)
    return _record(message, "sent", words, now, final=True)


def record_failure(message: Message, error: ChannelError, now: datetime) -> str:
    if error.permanent:
        return _record(message, "refused", error.sentence, now, final=True)
    if now - message.queued_at > GIVE_UP_AFTER:
        return _record(message, "refused", f"连续 {GIVE_UP_AFTER.days} 天未能送达：{error.sentence}", now, final=True)
    return _record(message, "uncertain" if error.uncertain else "failed", error.sentence, now, final=False)


def _record(message: Message, outcome: str, sentence: str, now: datetime, *, final: bool) -> str:
    log.info("letter", number=message.id, outcome=outcome, channel=message.channel, tries=message.tries)
    with db.atomic():
        Attempt.insert(
            message=message.id, at=now, sender=message.claimed_by, outcome=outcome, detail=sentence[:500]
        ).execute()
        if final:
            _finish(message, outcome, "" if outcome == "sent" else sentence, now)
        else:
            wait = _MINUTES[message.tries - 1] if message.tries <= len(_MINUTES) else _LATER_MINUTES
            _put_back(message, outcome, sentence, now + timedelta(minutes=wait))
    return outcome


def _put_back(message: Message, outcome: str, sentence: str, next_at: datetime) -> None:
    doubtful = message.doubtful or outcome == "uncertain"
    changes = {"state": outcome, "reason": sentence[:300], "next_at": next_at, "doubtful": doubtful}
    if _ours(message, changes):
        OwedStep.update(state=outcome).where(OwedStep.message == message.id, OwedStep.state == "claimed").execute()


def _finish(message: Message, outcome: str, reason: str, now: datetime) -> None:
    changes = {"state": outcome, "reason": reason[:300], "next_at": None, "done_at": now}
    if _ours(message, changes):
        OwedStep.update(state=outcome, reason=reason[:300], done_at=now).where(
            OwedStep.message == message.id, OwedStep.state == "claimed"
        ).execute()


def _ours(message: Message, changes: dict[str, Any]) -> bool:
    """Record the fate, unless the lease ran out and another sender has the letter now."""
    mine = (Message.id == message.id) & (Message.state == "claimed") & (Message.claimed_by == message.claimed_by)
    return bool(Message.update(**changes, lease_until=None, revision=Message.revision + 1).where(mine).execute())
