"""Sending what is pending: claim with a lease, look again whether it still stands, send, record.

A claim is one conditional update, so any number of senders and workers share the outbox. The letter goes outside any
transaction. A sender that dies leaves its claim; when the lease ends the letter is tried again with the same
Message-ID and marked doubtful: at most one repeat for each death, never a loss.
"""

import os
import socket
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from inspect_station import clock
from inspect_station.accounts import station
from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service as clinic
from inspect_station.config import Settings
from inspect_station.db import connection, db, is_sqlite, patiently
from inspect_station.planning import service as planning
from inspect_station.reminders import fallback, ladder, letter, limits, paper, policies, quiets, routes, short, source
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import CHANNELS, Channel, ChannelError, Outgoing, Target, config
from inspect_station.reminders.models import Attempt, Message, OwedStep
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.steps import MOVED, RECIPIENT_GONE
from inspect_station.sealing import SealError
from inspect_station.workcalendar import service as workcalendar

log = structlog.get_logger()

SENDING_PAUSED = "sending_paused"  # also set by a restore
LEASE = timedelta(minutes=10)  # a run takes RUN_SECONDS, one letter at most a few time-outs of 30 s
RUN_SECONDS = 50
_MINUTES = (1, 5, 15, 60)
_LATER_MINUTES = 240  # then every four hours: at most ten tries in 24 hours
GIVE_UP_AFTER = timedelta(days=5)
_NEAR = timedelta(seconds=5)  # a run waits for a limited receiver's next place no longer than so
POSTPONED = "postponed"
_IN_TURN = "按对方的限速排队，稍后发出"
stopping = threading.Event()  # set when the process is asked to end: no further letter is begun


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
    if patiently(paused):
        return Counter(paused=1)
    outcome = Counter(interrupted=patiently(lambda: _recover(now)))
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
        self.started = clock.monotonic()
        self.down: set[str] = set()  # channels whose fault it is: their letters wait, the others' go on

    def work_in_thread(self, sender: str) -> Counter[str]:
        with connection():
            return self.work(sender)

    def moment(self) -> datetime:
        return self.now + timedelta(seconds=clock.monotonic() - self.started)

    def _goes_on(self) -> bool:
        return clock.monotonic() - self.started < RUN_SECONDS and not stopping.is_set() and not patiently(paused)

    def work(self, sender: str) -> Counter[str]:
        """Letters one after the other until none is left, time is up, or every channel is down."""
        counts: Counter[str] = Counter()
        open_channels: dict[str, Channel] = {}
        try:
            while sum(counts.values()) < self.most and self._goes_on():
                claimed = patiently(lambda: claim(self.settings, self.moment(), sender, frozenset(self.down)))
                if claimed is None:
                    if self._waits_for_a_place():
                        continue
                    break
                fate = self._send(claimed, open_channels) if isinstance(claimed, Claimed) else claimed
                counts += Counter() if fate == POSTPONED else Counter({fate: 1})
        finally:
            for channel in open_channels.values():
                channel.close()
        return counts

    def _waits_for_a_place(self) -> bool:
        """Whether it was worth waiting for a limited receiver's next place: then there is something to claim again."""
        moment, limited = self.moment(), [n for n, kind in CHANNELS.items() if kind.limit and n not in self.down]
        soon = Message.select(Message.next_at).where(
            Message.state.in_(("queued", "failed", "uncertain")),
            Message.channel.in_(limited),
            Message.next_at > moment,
            Message.next_at <= moment + _NEAR,
        )
        first = soon.order_by(Message.next_at).first()
        if first is not None:
            clock.pause(max((first.next_at - moment).total_seconds(), 0.001))
        return first is not None

    def _send(self, claimed: Claimed, open_channels: dict[str, Channel]) -> str:
        """The fate of one letter. Whatever a channel does, the queue behind it keeps flowing."""
        message = claimed.message
        try:
            target = _target(message)
            ready = patiently(lambda: self._place(message, target))
            if ready is not None:
                return _postpone(message, ready)
            words = self._channel(message, open_channels).send(
                replace(claimed.outgoing, target=target, at=self.moment())
            )
        except ChannelError as error:
            return self._after(message, error)
        except Exception as error:
            log.exception("channel failed", channel=message.channel, message=message.id)
            return self._after(message, ChannelError(f"发送时出错（{type(error).__name__}）", uncertain=True))
        # The letter is out: were it not recorded for a restart of the database, it would go out twice.
        return patiently(lambda: record_sent(message, words, self.now))

    def _channel(self, message: Message, open_channels: dict[str, Channel]) -> Channel:
        name = message.channel
        if name not in open_channels:
            open_channels[name] = CHANNELS[name].open(self.settings)
        return open_channels[name]

    def _place(self, message: Message, target: Target) -> datetime | None:
        """None where the receiver may be written to now, else from when on."""
        limit = CHANNELS[message.channel].limit
        if limit is None:
            return None
        second = limits.take(_limit_key(message, target), limit, self.moment().timestamp())
        return None if second is None else datetime.fromtimestamp(second, clock.SHANGHAI)

    def _after(self, message: Message, error: ChannelError) -> str:
        if error.wait is not None:
            limits.block(_limit_key(message, _target(message)), (self.moment() + error.wait).timestamp())
        if error.down:
            self.down.add(message.channel)
        return patiently(lambda: record_failure(message, error, self.now, self.settings))


def _target(message: Message) -> Target:
    if message.channel == "folder":
        return Target()
    try:
        return routes.target_of(message.recipient)
    except SealError as error:
        raise ChannelError(f"读不出地址或密钥：{error.sentence}", permanent=True) from error


def _limit_key(message: Message, target: Target) -> str:
    limit = CHANNELS[message.channel].limit
    alone = limit is not None and limit.shared
    return message.channel if alone else f"{message.channel}:{target.digest or message.recipient}"[:80]


def _postpone(message: Message, ready: datetime) -> str:
    """Put a letter back until its receiver may be written to; what else waits for the same receiver waits as long."""
    state = "uncertain" if message.doubtful else "failed" if message.tries > 1 else "queued"
    with db.atomic():
        changes = {"state": state, "next_at": ready, "tries": message.tries - 1, "reason": _IN_TURN}
        if _ours(message, changes):
            OwedStep.update(state=state).where(OwedStep.message == message.id, OwedStep.state == "claimed").execute()
        same = Message.channel == message.channel
        if not CHANNELS[message.channel].limit.shared:  # type: ignore[union-attr]
            same &= Message.recipient == message.recipient
        Message.update(next_at=ready).where(
            same, Message.state.in_(("queued", "failed", "uncertain")), Message.next_at < ready
        ).execute()
    return POSTPONED


# --- claiming -----------------------------------------------------------------------------------------------------

_CLAIM = """
UPDATE message SET state = 'claimed', lease_until = {p}, claimed_by = {p}, tries = tries + 1, revision = revision + 1
WHERE id = (SELECT id FROM message WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= {p}{without}
            ORDER BY next_at, id LIMIT 1{lock}) RETURNING id
"""


def claim(settings: Settings, now: datetime, sender: str, without: Collection[str] = ()) -> Claimed | str | None:
    """The next letter, ready to go; the fate of one that no longer needs to go; None where nothing is pending.

    `without`: channels whose letters are left alone.
    """
    today = now.date()
    source.refresh(today)  # in its own transactions, so that the claim stays short
    with db.atomic():
        number = _claim_one(now, sender, without)
        if number is None:
            return None
        message = Message.get_by_id(number)
        opens = quiet_until(message, now)
        if opens is not None:
            return _wait_until(message, opens)
        if message.tries == 1:  # however long it waited: the days after which it is given up count from now
            message.queued_at = now
            Message.update(queued_at=now).where(Message.id == number).execute()
        _obey_the_sample(message, settings)
        standing = _recheck(message, today, now)
        if not standing:
            return _end_unsent(message, now)
        written = _write(message, standing, settings, today)
    return Claimed(message, outgoing_of(message, written, settings))


def _claim_one(now: datetime, sender: str, without: Collection[str]) -> int | None:
    p, names = db.obj.param, sorted(without)
    others = f" AND channel NOT IN ({', '.join([p] * len(names))})" if names else ""
    # SKIP LOCKED: senders side by side take different letters instead of queueing for the same one.
    sql = _CLAIM.format(p=p, without=others, lock="" if is_sqlite() else " FOR UPDATE SKIP LOCKED")
    as_stored = Message.lease_until.db_value
    row = db.execute_sql(sql, (as_stored(now + LEASE), sender, as_stored(now), *names)).fetchone()
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
    expired = tuples(Message.select(Message.id, Message.claimed_by).where(_is_dead(now)))
    return sum(_recover_one(int(number), str(sender), now) for number, sender in expired)


def _is_dead(now: datetime) -> Any:
    """The lease has ended; or it ends later than any can, given on a clock that has been set right since."""
    ended = (Message.lease_until < now) | (Message.lease_until > now + 2 * LEASE)
    return (Message.state == "claimed") & ended


def _recover_one(number: int, sender: str, now: datetime) -> int:
    with db.atomic():
        freed = Message.update(
            state="uncertain", doubtful=True, next_at=now, reason="发送进程中断，可能已送达"
        ).where(Message.id == number, _is_dead(now))
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
    """The steps that still stand, claimed; the others are suppressed with the reason."""
    standing = still_standing(message, today, now)
    OwedStep.update(state="claimed").where(OwedStep.id.in_([s.id for s in standing])).execute()
    return standing


def still_standing(message: Message, today: date, now: datetime) -> list[OwedStep]:
    """The steps of a message that still stand; the others are suppressed with the reason."""
    steps = list(
        OwedStep.select().where(OwedStep.message == message.id, OwedStep.state.not_in(("superseded", "suppressed")))
    )
    known = routes.every_route(message.enterprise_id, _mail_goes_by(message.channel), today)
    if message.recipient not in {r.recipient for r in known} and not message.manual:
        _suppress(steps, RECIPIENT_GONE, now)
        return []
    present = source.present((s.equipment_id for s in steps), today)
    moved = [s for s in steps if not _stands(s, present.get((s.equipment_id, s.clock)))]
    _suppress(moved, MOVED, now)
    gone = {s.id for s in moved} | _rest([s for s in steps if s not in moved], message, today, now)
    return [s for s in steps if s.id not in gone]


def _mail_goes_by(channel: str) -> str:
    return "folder" if channel == "folder" else "mail"


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


def asks_stop(enterprise_id: int, rows: Sequence[OwedStep | ladder.LadderRow], today: date) -> bool:
    """Whether one of these needs a standstill of an enterprise that has told us of none."""
    wanted = [(r.equipment_id, r.clock) for r in rows]
    return bool(wanted) and planning.sites.lacks_stop(Actor.system(), enterprise_id, wanted, today)


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
        clinic.owed(today, [message.enterprise_id]).get(message.enterprise_id, ()),
        ask_stop=asks_stop(message.enterprise_id, steps, today),
    )
    _keep_notice(message, steps, settings, today)
    worded = worded_for(message, written, settings, link)
    Message.update(
        subject=worded.subject,
        text=links.hidden(worded.text, link),
        html=links.hidden(worded.html, link),
        file_name=worded.file_name,
    ).where(Message.id == message.id).execute()
    return worded


def worded_for(message: Message, written: letter.Letter, settings: Settings, link: str) -> letter.Letter:
    """The letter in the words of the message's channel: all of it, a few lines, or an approved template."""
    kind = routes.worded_as(message.channel, message.recipient)
    if kind in {"letter", "none"}:
        return written
    if kind == "short":
        return replace(written, text=short.text(settings, written, link), html="", file_name="")
    template = config.switches().gateway.template
    return replace(written, text=short.sms(template, short.values(settings, written, link)), html="", file_name="")


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
        values=short.values(settings, written, links.url_for(message, settings)),
        notice_name=paper.file_name(written.number),
        notice=paper.file_of(message.id, message.day, links.url_for(message, settings)),
    )


# --- recording ----------------------------------------------------------------------------------------------------


def record_sent(message: Message, words: str, now: datetime) -> str:
    return _record(message, "sent", words, now, final=True)


def record_failure(message: Message, error: ChannelError, now: datetime, settings: Settings | None = None) -> str:
    """What comes of a letter that was not taken; refused for good, the next channel takes over (given `settings`)."""
    if error.wait is not None and now - message.queued_at <= GIVE_UP_AFTER:
        return _record(message, "limited", error.sentence, now, wait=error.wait)
    if not error.permanent and now - message.queued_at <= GIVE_UP_AFTER:
        return _record(message, "uncertain" if error.uncertain else "failed", error.sentence, now)
    long = "" if error.permanent else f"连续 {GIVE_UP_AFTER.days} 天未能送达："
    with db.atomic():
        outcome = _record(message, "refused", long + error.sentence, now, final=True)
        if error.dead:
            fallback.mark_dead(message, error.sentence, now)
        if settings is not None:
            fallback.after_refusal(message, settings, now)
    return outcome


def _record(
    message: Message,
    outcome: str,
    sentence: str,
    now: datetime,
    *,
    final: bool = False,
    wait: timedelta | None = None,
) -> str:
    log.info("letter", number=message.id, outcome=outcome, channel=message.channel, tries=message.tries)
    with db.atomic():
        Attempt.insert(
            message=message.id, at=now, sender=message.claimed_by, outcome=outcome, detail=sentence[:500]
        ).execute()
        if final:
            _finish(message, outcome, "" if outcome == "sent" else sentence, now)
        elif wait is not None:
            # Not this letter's failure: the count of its tries, and with it the back-off, stays.
            _put_back(message, "failed", sentence, now + wait, tries=message.tries - 1)
        else:
            minutes = _MINUTES[message.tries - 1] if message.tries <= len(_MINUTES) else _LATER_MINUTES
            _put_back(message, outcome, sentence, now + timedelta(minutes=minutes), tries=message.tries)
    return outcome


def _put_back(message: Message, outcome: str, sentence: str, next_at: datetime, *, tries: int) -> None:
    doubtful = message.doubtful or outcome == "uncertain"
    changes = {"state": outcome, "reason": sentence[:300], "next_at": next_at, "doubtful": doubtful, "tries": tries}
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
