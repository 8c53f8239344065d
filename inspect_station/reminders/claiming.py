"""Taking the next letters: claim a handful with a lease, look again whether they still stand, word them.

Of letters taken together one is in hand; the others are set aside. Whoever sends them says with each that its turn has
come (`begin`), so that of a sender that died only the one in hand may have gone out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from peewee import PeeweeException

from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.db import among, db, is_sqlite, run
from inspect_station.reminders import outgoing, policies, prescriptions, recording, source, standing
from inspect_station.reminders.channels import DISTURBING, ChannelError, config
from inspect_station.reminders.common import Common
from inspect_station.reminders.models import Attempt, Message, OwedStep
from inspect_station.reminders.outgoing import Written
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.recording import finish
from inspect_station.workcalendar import service as workcalendar

log = structlog.get_logger()

# What the station has decided and each letter asks for, some of it several times.
SETTINGS = (policies.STATION_LADDER, config.KEY, station.SAMPLE)
LEASE = timedelta(minutes=10)  # a run takes RUN_SECONDS, one letter at most a few time-outs of 30 s


@dataclass(frozen=True)
class Hand:
    """Letters taken together: those ready to go, in order; the fates of those that no longer need to go."""

    letters: Sequence[Written] = ()
    ended: Sequence[str] = ()


_FIELDS = Message._meta.sorted_fields
# However long a letter has waited: the days after which it is given up count from its first try.
_CLAIM = """
WITH taken AS MATERIALIZED (SELECT id FROM message WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= {p}{without}
                            ORDER BY next_at, id LIMIT {p}{lock})
UPDATE message SET state = 'claimed', lease_until = {p}, claimed_by = {p}, tries = tries + 1, revision = revision + 1,
  set_aside = TRUE, queued_at = CASE WHEN tries = 0 THEN {p} ELSE queued_at END
WHERE id IN (SELECT id FROM taken) RETURNING {columns}
"""


def claim(
    settings: Settings, now: datetime, sender: str, without: Collection[str] = (), most: int = 1
) -> Hand | None:
    """The next letters, at most so many, all set aside; None where nothing is pending.

    `without`: channels whose letters are left alone.
    """
    source.refresh(now.date())  # in its own transactions, so that the claim stays short
    with db.atomic():
        taken = _take(now, sender, without, most)
        if not taken:
            return None
        steps = standing.steps_of([message.id for message in taken])
        common = standing.common_to(steps, now.date())
        written: list[Written] = []
        ended: list[str] = []
        standing_steps: list[int] = []
        for message in taken:
            found = _ready(message, steps[message.id], settings, common, now)
            if isinstance(found, str):
                ended.append(found)
            else:
                one, left = found
                written.append(one)
                standing_steps += left
        _claim_steps(standing_steps)
        return Hand(outgoing.keep(written), ended)


def _claim_steps(numbers: Sequence[int]) -> None:
    if numbers:
        chosen, values = among("step", numbers)
        run(f"UPDATE owed_step SET state = 'claimed' WHERE id {chosen} RETURNING id", values)  # noqa: S608


def _take(now: datetime, sender: str, without: Collection[str], most: int) -> list[Message]:
    p, names = db.obj.param, sorted(without)
    others = f" AND channel NOT IN ({', '.join([p] * len(names))})" if names else ""
    # SKIP LOCKED: senders side by side take different letters instead of queueing for the same one.
    lock = "" if is_sqlite() else " FOR UPDATE SKIP LOCKED"
    sql = _CLAIM.format(p=p, without=others, lock=lock, columns=", ".join(f.column_name for f in _FIELDS))
    as_stored = Message.lease_until.db_value
    values = (as_stored(now), *names, most, as_stored(now + LEASE), sender, as_stored(now))
    found = [_message(row) for row in db.execute_sql(sql, values).fetchall()]
    return sorted(found, key=lambda message: (message.next_at, message.id))


def _message(row: Sequence[Any]) -> Message:
    return Message(**{field.name: field.python_value(value) for field, value in zip(_FIELDS, row, strict=True)})


def _ready(
    message: Message, steps: Sequence[OwedStep], settings: Settings, common: Common, now: datetime
) -> tuple[Written, Sequence[int]] | str:
    """The letter as it goes out with the steps it says, or what became of it instead."""
    opens = _opens(message, common, now)
    if opens is not None:
        return _wait_until(message, opens)
    _obey_the_sample(message)
    left = standing.sifted(message, steps, common, now)
    if not left and not prescriptions.stands(message, common.today):
        return _end_unsent(message, now)
    try:
        return outgoing.write(message, left, settings, common), [step.id for step in left]
    except PeeweeException:
        raise
    except Exception as error:  # its own facts are to blame: the queue behind it keeps flowing
        log.exception("letter not written", message=message.id)
        _claim_steps([step.id for step in left])  # what becomes of the letter becomes of them
        sentence = f"这封提醒写不出来（{type(error).__name__}），请联系系统维护人员"
        return recording.record_failure(message, ChannelError(sentence), now, settings)


def _opens(message: Message, common: Common, now: datetime) -> datetime | None:
    """When a letter of the timetable may leave, if not now. What a person sends goes when he sends it."""
    if message.manual:
        return None
    hours = common.policy(message.enterprise_id).hours
    if message.channel in DISTURBING:
        hours = hours.by_day()  # a mail waits in its box; a telephone rings
    if hours.is_always:
        return None
    opens = hours.next_open(now, workcalendar.calendar(now.date()))
    return opens if opens > now else None


_BEFORE = "CASE WHEN doubtful THEN 'uncertain' WHEN tries > 1 THEN 'failed' ELSE 'queued' END"
_PUT_BACK = f"""
UPDATE message SET state = {_BEFORE}, lease_until = NULL, tries = tries - 1, set_aside = FALSE, next_at = {{next_at}}
WHERE id {{some}} AND state = 'claimed' AND claimed_by = :by AND set_aside RETURNING id, state
"""  # noqa: S608  our own names


def _wait_until(message: Message, opens: datetime) -> str:
    """Put back as it was; this was no try."""
    _put_back([message], {"opens": Message.next_at.db_value(opens)}, ":opens")
    return "quiet"


def give_back(messages: Sequence[Message]) -> None:
    """Letters that were set aside and will not be sent now: another may take them at once."""
    with db.atomic():
        for state, numbers in _put_back(messages, {}, "next_at").items():
            OwedStep.update(state=state).where(OwedStep.message.in_(numbers), OwedStep.state == "claimed").execute()


def _put_back(messages: Sequence[Message], more: dict[str, Any], next_at: str) -> dict[str, list[int]]:
    if not messages:
        return {}
    chosen, values = among("message", [message.id for message in messages])
    sql = _PUT_BACK.format(some=chosen, next_at=next_at)
    found: dict[str, list[int]] = {}
    for number, state in run(sql, {**values, **more, "by": messages[0].claimed_by}):
        found.setdefault(state, []).append(number)
    return found


def begin(message: Message) -> bool:
    """Its turn has come. False where it must not go: it is no longer ours, or somebody has stopped the sending."""
    return bool(run(recording.BEGIN, {"next": message.id, "by": message.claimed_by}))


def recover(now: datetime) -> int:
    """Claims whose sender died: those in hand may be out, so they go again, marked. What was set aside just goes."""
    expired = tuples(Message.select(Message.id, Message.claimed_by, Message.set_aside).where(_is_dead(now)))
    waiting = [Message(id=number, claimed_by=sender) for number, sender, set_aside in expired if set_aside]
    for message in waiting:
        give_back([message])
    in_hand = [(int(number), str(sender)) for number, sender, set_aside in expired if not set_aside]
    return sum(_recover_one(number, sender, now) for number, sender in in_hand)


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


def _obey_the_sample(message: Message) -> None:
    """Whatever was queued before: with the sample park loaded nothing leaves this machine."""
    if message.channel != "folder" and station.sample_loaded():
        message.channel = "folder"
        Message.update(channel="folder").where(Message.id == message.id).execute()


def _end_unsent(message: Message, now: datetime) -> str:
    """A letter of which nothing is left: overtaken where later steps took over, else suppressed."""
    kept = OwedStep.select().where(OwedStep.message == message.id, OwedStep.state == "suppressed")
    found = kept.order_by(OwedStep.id.desc()).first()
    state, reason = ("suppressed", found.reason) if found else ("superseded", "")
    finish(message, state, reason, now)
    return state
