"""Sending what is pending: claim a few with a lease, look again whether they still stand, send each, record.

A claim is one conditional update, so any number of senders and workers share the outbox. The letter goes outside any
transaction. A sender that dies leaves its claims; when the lease ends the letter it had in hand is tried again with the
same Message-ID and marked doubtful: at most one repeat for each death, never a loss. Those it had set aside just go.
"""

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from inspect_station import clock
from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.db import connection, patiently
from inspect_station.reminders import claiming, limits, recording, routes
from inspect_station.reminders.channels import CHANNELS, Channel, ChannelError, Outgoing, Target
from inspect_station.reminders.figures import SENDING_PAUSED
from inspect_station.reminders.models import Message
from inspect_station.reminders.outgoing import Written, outgoing_of
from inspect_station.sealing import SealError

log = structlog.get_logger()

RUN_SECONDS = 50  # well within a claim's lease
_HANDFUL = 8  # letters a sender takes together: what they have in common is looked up once
_HANDFUL_SECONDS = 0.6
_STALE_SECONDS = 5  # a letter that was looked at longer ago is given back, to be looked at anew
_NEAR = timedelta(seconds=5)  # a run waits for a limited receiver's next place no longer than so
stopping = threading.Event()  # set when the process is asked to end: no further letter is begun


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
    outcome = Counter(interrupted=patiently(lambda: claiming.recover(now)))
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
        return clock.monotonic() - self.started < RUN_SECONDS and not stopping.is_set()

    def _claim(self, sender: str, most: int) -> claiming.Hand | None:
        """The next letters, unless a person has stopped the sending since the last ones: then there are none."""
        with station.together(SENDING_PAUSED, *claiming.SETTINGS):
            if paused():
                return None
            return claiming.claim(self.settings, self.moment(), sender, frozenset(self.down), most)

    def work(self, sender: str) -> Counter[str]:
        """Letters one after the other until none is left, time is up, or every channel is down."""
        counts: Counter[str] = Counter()
        open_channels: dict[str, Channel] = {}
        handful = 1
        try:
            while (left := self.most - counts.total()) > 0 and self._goes_on():
                hand = patiently(partial(self._claim, sender, min(handful, left)))
                if hand is None:
                    if not patiently(paused) and self._waits_for_a_place():
                        continue
                    break
                counts.update(hand.ended)
                begun = clock.monotonic()
                counts.update(self._work_off(hand.letters, open_channels))
                handful = _next_handful(handful, clock.monotonic() - begun)
        finally:
            for channel in open_channels.values():
                channel.close()
        return counts

    def _work_off(self, letters: Sequence[Written], open_channels: dict[str, Channel]) -> Iterator[str]:
        """The fates of the letters in a hand. What cannot go soon is given back for another sender to take."""
        taken, in_hand = clock.monotonic(), False
        for place, letter in enumerate(letters):
            if not in_hand and self._may_begin(letter, taken):
                in_hand = patiently(partial(claiming.begin, letter.message))
            if not in_hand:
                patiently(partial(claiming.give_back, [one.message for one in letters[place:]]))
                return
            fate, in_hand = self._send(letter, open_channels, letters[place + 1 : place + 2], taken)
            if fate != recording.POSTPONED:
                yield fate

    def _may_begin(self, letter: Written, taken: float) -> bool:
        fresh = clock.monotonic() - taken < _STALE_SECONDS
        return fresh and self._goes_on() and letter.message.channel not in self.down

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

    def _send(
        self, letter: Written, open_channels: dict[str, Channel], following: Sequence[Written], taken: float
    ) -> tuple[str, bool]:
        """The fate of one letter, and whether the one following has begun. Whatever a channel does, the queue behind it
        keeps flowing."""
        message = letter.message
        try:
            target = _target(message)
            ready = patiently(lambda: self._place(message, target))
            if ready is not None:
                return recording.postpone(message, target, ready), False
            outgoing = _made(letter, self.settings)
            words = self._channel(message, open_channels).send(replace(outgoing, target=target, at=self.moment()))
        except ChannelError as error:
            return self._after(message, error), False
        except Exception as error:
            log.exception("channel failed", channel=message.channel, message=message.id)
            return self._after(message, ChannelError(f"发送时出错（{type(error).__name__}）", uncertain=True)), False
        then = next((one.message for one in following if self._may_begin(one, taken)), None)
        # The letter is out: were it not recorded for a restart of the database, it would go out twice.
        return patiently(lambda: recording.record_sent(message, words, self.now, then))

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
        return patiently(lambda: recording.record_failure(message, error, self.now, self.settings))


def _made(letter: Written, settings: Settings) -> Outgoing:
    """With its files. What goes wrong here is no fault of a channel, and nothing has gone out."""
    try:
        return outgoing_of(letter, settings)
    except Exception as error:
        log.exception("letter not made", message=letter.message.id)
        raise ChannelError(f"这封提醒的附件做不出来（{type(error).__name__}），请联系系统维护人员") from error


def _next_handful(now: int, seconds: float) -> int:
    """More where letters go fast; one alone where a server is slow, for what is in a hand waits for nobody else."""
    return min(2 * now, _HANDFUL) if seconds < _HANDFUL_SECONDS else max(now // 2, 1)


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
