"""What came of a letter: sent, put back for another try, postponed for its receiver, refused for good."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from inspect_station.config import Settings
from inspect_station.db import bulk_insert, db, is_sqlite, run
from inspect_station.reminders import fallback, routes
from inspect_station.reminders.channels import CHANNELS, ChannelError, Target
from inspect_station.reminders.figures import SENDING_PAUSED
from inspect_station.reminders.models import Attempt, Message, OwedStep

log = structlog.get_logger()

_MINUTES = (1, 5, 15, 60)
_LATER_MINUTES = 240  # then every four hours: at most ten tries in 24 hours
GIVE_UP_AFTER = timedelta(days=5)
POSTPONED = "postponed"
_IN_TURN = "按对方的限速排队，稍后发出"


def record_sent(message: Message, words: str, now: datetime, then: Message | None = None) -> tuple[str, bool]:
    """The fate of a letter that is out; and whether the one set aside next may begin (`BEGIN`), in the same transaction."""
    said = {"id": message.id, "by": message.claimed_by, "at": _AS_STORED(now), "detail": words[:500]}
    following = {"next": then.id if then else 0, "by": message.claimed_by}
    if is_sqlite():
        with db.atomic():
            _record(message, "sent", words, now, final=True)
            return "sent", bool(then and run(BEGIN, following))
    log.info("letter", number=message.id, outcome="sent", channel=message.channel, tries=message.tries)
    return "sent", bool(run(_SENT, said | following)[0][0])


# A letter that was set aside is in hand from here on, unless somebody else has it or the sending was stopped meanwhile.
BEGIN = f"""
UPDATE message SET set_aside = FALSE WHERE id = :next AND state = 'claimed' AND claimed_by = :by AND set_aside
  AND NOT EXISTS (SELECT 1 FROM station_setting WHERE key = '{SENDING_PAUSED}' AND value IS NOT NULL) RETURNING id
"""  # noqa: S608  our own name

# All that `_record` does for a letter that is out, in one statement and so in one transaction without a round trip for each
# part: with a server that is the half of it. SQLite has no such statement and no such trips.
_SENT = f"""
WITH mine AS (UPDATE message SET state = 'sent', reason = '', next_at = NULL, done_at = :at, lease_until = NULL,
                revision = revision + 1
              WHERE id = :id AND state = 'claimed' AND claimed_by = :by RETURNING id),
  steps AS (UPDATE owed_step s SET state = 'sent', reason = '', done_at = :at FROM mine
            WHERE s.message_id = mine.id AND s.state = 'claimed'),
  following AS ({BEGIN})
INSERT INTO attempt (message_id, at, sender, outcome, detail) VALUES (:id, :at, :by, 'sent', :detail)
RETURNING (SELECT id FROM following)
"""  # noqa: S608


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
        bulk_insert(
            Attempt,
            [
                {
                    "message": message.id,
                    "at": now,
                    "sender": message.claimed_by,
                    "outcome": outcome,
                    "detail": sentence[:500],
                }
            ],
        )
        if final:
            finish(message, outcome, "" if outcome == "sent" else sentence, now)
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


def finish(message: Message, outcome: str, reason: str, now: datetime) -> None:
    changes = {"state": outcome, "reason": reason[:300], "next_at": None, "done_at": now}
    if _ours(message, changes):
        run(_END_STEPS, {"state": outcome, "reason": reason[:300], "at": _AS_STORED(now), "id": message.id})


_AS_STORED = OwedStep.done_at.db_value
_END_STEPS = (
    "UPDATE owed_step SET state = :state, reason = :reason, done_at = :at "
    "WHERE message_id = :id AND state = 'claimed' RETURNING id"
)


def _ours(message: Message, changes: dict[str, Any]) -> bool:
    """Record the fate, unless the lease ran out and another sender has the letter now."""
    names = ", ".join(f"{name} = :{name}" for name in changes)
    held = {name: getattr(Message, name).db_value(value) for name, value in changes.items()}
    sql = (
        f"UPDATE message SET {names}, lease_until = NULL, set_aside = FALSE, revision = revision + 1 "  # noqa: S608  our own names
        "WHERE id = :id AND state = 'claimed' AND claimed_by = :by RETURNING id"
    )
    return bool(run(sql, {**held, "id": message.id, "by": message.claimed_by}))


def postpone(message: Message, target: Target, ready: datetime) -> str:
    """Put a letter back until its receiver may be written to; what else waits for the same receiver waits as long."""
    state = "uncertain" if message.doubtful else "failed" if message.tries > 1 else "queued"
    with db.atomic():
        changes = {"state": state, "next_at": ready, "tries": message.tries - 1, "reason": _IN_TURN}
        if _ours(message, changes):
            OwedStep.update(state=state).where(OwedStep.message == message.id, OwedStep.state == "claimed").execute()
        same = Message.channel == message.channel
        if not CHANNELS[message.channel].limit.shared:  # type: ignore[union-attr]
            same &= Message.recipient.in_(routes.sharing(message.recipient, target.digest))
        Message.update(next_at=ready).where(
            same, Message.state.in_(("queued", "failed", "uncertain")), Message.next_at < ready
        ).execute()
    return POSTPONED
