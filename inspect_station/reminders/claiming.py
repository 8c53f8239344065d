"""Taking the next letter: claim it with a lease, look again whether it still stands, word it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.db import among, db, is_sqlite, run
from inspect_station.reminders import ladder, outgoing, policies, prescriptions, quiets, routes, source
from inspect_station.reminders.channels import DISTURBING, Outgoing, config
from inspect_station.reminders.models import Attempt, Message, OwedStep
from inspect_station.reminders.owed import MOVED, RECIPIENT_GONE
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.recording import finish
from inspect_station.workcalendar import service as workcalendar

# What the station has decided and each letter asks for, some of it several times.
SETTINGS = (policies.STATION_LADDER, config.KEY, station.SAMPLE)
LEASE = timedelta(minutes=10)  # a run takes RUN_SECONDS, one letter at most a few time-outs of 30 s


@dataclass(frozen=True)
class Claimed:
    message: Message
    outgoing: Outgoing


_FIELDS = Message._meta.sorted_fields
# However long a letter has waited: the days after which it is given up count from its first try.
_CLAIM = """
UPDATE message SET state = 'claimed', lease_until = {p}, claimed_by = {p}, tries = tries + 1, revision = revision + 1,
  queued_at = CASE WHEN tries = 0 THEN {p} ELSE queued_at END
WHERE id = (SELECT id FROM message WHERE state IN ('queued', 'failed', 'uncertain') AND next_at <= {p}{without}
            ORDER BY next_at, id LIMIT 1{lock}) RETURNING {columns}
"""
_STEP_FIELDS = OwedStep._meta.sorted_fields
_STEPS = (
    f"SELECT {', '.join(f.column_name for f in _STEP_FIELDS)} FROM owed_step "  # noqa: S608  our own names
    "WHERE message_id = :message AND state NOT IN ({without}) ORDER BY id"
)


def claim(settings: Settings, now: datetime, sender: str, without: Collection[str] = ()) -> Claimed | str | None:
    """The next letter, ready to go; the fate of one that no longer needs to go; None where nothing is pending.

    `without`: channels whose letters are left alone.
    """
    today = now.date()
    source.refresh(today)  # in its own transactions, so that the claim stays short
    with db.atomic():
        message = _claim_one(now, sender, without)
        if message is None:
            return None
        opens = quiet_until(message, now)
        if opens is not None:
            return _wait_until(message, opens)
        _obey_the_sample(message, settings)
        standing = _recheck(message, today, now)
        if not standing and not prescriptions.stands(message, today):
            return _end_unsent(message, now)
        written, sheets = outgoing.write(message, standing, settings, today)
    return Claimed(message, outgoing.outgoing_of(message, written, sheets, settings))


def _claim_one(now: datetime, sender: str, without: Collection[str]) -> Message | None:
    p, names = db.obj.param, sorted(without)
    others = f" AND channel NOT IN ({', '.join([p] * len(names))})" if names else ""
    # SKIP LOCKED: senders side by side take different letters instead of queueing for the same one.
    lock = "" if is_sqlite() else " FOR UPDATE SKIP LOCKED"
    sql = _CLAIM.format(p=p, without=others, lock=lock, columns=", ".join(f.column_name for f in _FIELDS))
    as_stored = Message.lease_until.db_value
    row = db.execute_sql(sql, (as_stored(now + LEASE), sender, as_stored(now), as_stored(now), *names)).fetchone()
    return _message(row) if row else None


def _message(row: Sequence[Any]) -> Message:
    return Message(**{field.name: field.python_value(value) for field, value in zip(_FIELDS, row, strict=True)})


def quiet_until(message: Message, now: datetime) -> datetime | None:
    """When a letter of the timetable may leave, if not now. What a person sends goes when he sends it."""
    if message.manual:
        return None
    hours = policies.of_enterprise(message.enterprise_id).hours
    if message.channel in DISTURBING:
        hours = hours.by_day()  # a mail waits in its box; a telephone rings
    if hours.is_always:
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


def recover(now: datetime) -> int:
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
    if standing:
        chosen, values = among("step", [s.id for s in standing])
        run(f"UPDATE owed_step SET state = 'claimed' WHERE id {chosen} RETURNING id", values)  # noqa: S608
    return standing


def still_standing(message: Message, today: date, now: datetime) -> list[OwedStep]:
    """The steps of a message that still stand; the others are suppressed with the reason."""
    judged = _judged(message, _steps_of(message, ("superseded", "suppressed")), today)
    for reason, found in groupby(sorted(judged, key=_reason), key=_reason):
        if reason:
            _suppress([step for step, _ in found], reason[:300], now)
    return [step for step, reason in judged if not reason]


def why_nothing_stands(message: Message, today: date) -> str:
    """Why a message sent again would not leave: the reason of its last step; empty where something of it would."""
    judged = _judged(message, _steps_of(message, ("superseded",)), today)
    return judged[-1][1] if judged and all(reason for _, reason in judged) else ""


def _steps_of(message: Message, without: Sequence[str]) -> list[OwedStep]:
    left_out = ", ".join(f"'{state}'" for state in without)
    return [_step(row) for row in run(_STEPS.format(without=left_out), {"message": message.id})]


def _step(row: Sequence[Any]) -> OwedStep:
    return OwedStep(**{f.name: f.python_value(value) for f, value in zip(_STEP_FIELDS, row, strict=True)})


def _reason(judged: tuple[OwedStep, str]) -> str:
    return judged[1]


def _judged(message: Message, steps: Sequence[OwedStep], today: date) -> list[tuple[OwedStep, str]]:
    """Each step and why it need not be said any more; what a person asked for by hand goes in spite of a quiet."""
    known = routes.every_route(message.enterprise_id, _mail_goes_by(message.channel), today)
    if message.recipient not in {r.recipient for r in known} and not message.manual:
        return [(step, RECIPIENT_GONE) for step in steps]
    present = source.present((s.equipment_id for s in steps), today)
    resting = quiets.Quiets() if message.manual else quiets.standing(today, [message.enterprise_id])
    return [(step, _why_not(step, present, resting, today)) for step in steps]


def _why_not(
    step: OwedStep, present: Mapping[tuple[int, str], ladder.LadderRow], resting: quiets.Quiets, today: date
) -> str:
    if not _stands(step, present.get((step.equipment_id, step.clock))):
        return MOVED
    quiet = resting.over(step.equipment_id, step.clock, step.step, step.week, today)
    return quiet.reason if quiet else ""


def _mail_goes_by(channel: str) -> str:
    return "folder" if channel == "folder" else "mail"


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
    finish(message, state, reason, now)
    return state
