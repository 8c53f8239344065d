"""Subscribing, revoking, and what a feed holds: what its owner may see, as of today."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from inspect_station.accounts import audit, sessions
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, NotFound
from inspect_station.feeds import ics, visits
from inspect_station.feeds.events import Happening, happenings
from inspect_station.feeds.models import CalendarFeed, FeedEvent
from inspect_station.registry.models import Equipment
from schedules.terms import DoneBy

_FEEDS_MOST = 10
_CHUNK = 500


def create(actor: Actor, name: str, now: datetime) -> str:
    """The secret of a new feed for oneself, shown this once. Raises `Conflict` where there are ten already."""
    _need_person(actor)
    secret = sessions.new_token()
    with db.atomic():
        if _own(actor).where(CalendarFeed.revoked_at.is_null()).count() >= _FEEDS_MOST:
            raise Conflict(f"最多同时保留 {_FEEDS_MOST} 个日历订阅，请先停用不再使用的。")
        feed = CalendarFeed.create(
            token_hash=sessions.token_hash(secret), account=actor.account_id, name=name, created_at=now
        )
        _record(actor, "feed.create", feed.id, now)
    return secret


def own(actor: Actor) -> Sequence[CalendarFeed]:
    """One's own feeds, the latest first."""
    return list(_own(actor).order_by(CalendarFeed.id.desc()))


def revoke(actor: Actor, feed_id: int, now: datetime) -> None:
    """Let an address stop working. Raises `NotFound` for another person's feed."""
    with db.atomic():
        feed = _own(actor).where(CalendarFeed.id == feed_id).first()
        if feed is None:
            raise NotFound()
        if feed.revoked_at is None:
            CalendarFeed.update(revoked_at=now).where(CalendarFeed.id == feed_id).execute()
            _record(actor, "feed.revoke", feed_id, now)


def _need_person(actor: Actor) -> None:
    if actor.account_id is None:
        raise NotFound()


def _own(actor: Actor) -> Any:
    return CalendarFeed.select().where(CalendarFeed.account == actor.account_id)


def _record(actor: Actor, act: str, feed_id: int, now: datetime) -> None:
    audit.record(actor, act, "feed", feed_id, now=now, enterprise_id=actor.enterprise_id)


# --- what a feed holds ------------------------------------------------------------------------------------------------


def calendar(secret: str, now: datetime, link: Callable[[int], str]) -> bytes:
    """The feed behind a secret. Raises `NotFound` for an unknown or revoked one, or where its owner's account is closed."""
    feed = (
        CalendarFeed.select(CalendarFeed, Account)
        .join(Account)
        .where(
            CalendarFeed.token_hash == sessions.token_hash(secret),
            CalendarFeed.revoked_at.is_null(),
            Account.disabled_at.is_null(),
        )
        .first()
    )
    if feed is None:
        raise NotFound()
    actor = sessions.actor_of(feed.account)
    rows = list(_rows(actor, now.date()))
    found = happenings(rows, _installations([row["equipment_id"] for row in rows if row["form"] == "line"]))
    found += visits.happenings(actor, now.date())
    with db.atomic():
        told = _tell(found, now)
        CalendarFeed.update(fetched_at=now).where(CalendarFeed.id == feed.id).execute()
    return ics.write(_title(actor, rows), told, link)


def _title(actor: Actor, rows: Sequence[dict[str, Any]]) -> str:
    return "检验到期" if actor.is_staff or not rows else f"检验到期：{rows[0]['enterprise']}"


def _rows(actor: Actor, today: date) -> Iterator[dict[str, Any]]:
    """Rows with a date: of an enterprise all its own, of a person of the station what he inspects himself."""
    filters = duelist.Filters()
    if actor.is_staff:
        filters = duelist.Filters(responsible=actor.account_id, done_by=DoneBy.INSTITUTION.value)
    place: duelist.Place | None = duelist.Place()
    while place is not None:
        page = duelist.due_page(actor, filters, "due", place, 1000, today, counted=False)
        yield from (row for row in page.rows if row["answer"] == "due" and row["due_on"])
        place = duelist.Place(page.following) if page.following else None


def _installations(lines: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Of each line its installation's id and name."""
    parent = Equipment.alias()
    found: dict[int, tuple[int, str]] = {}
    for start in range(0, len(lines), _CHUNK):
        query: Any = (
            Equipment.select(Equipment.id, parent.id, parent.name)
            .join(parent, on=(Equipment.parent == parent.id))
            .where(Equipment.id.in_(lines[start : start + _CHUNK]))
        )
        found.update({line: (number, name) for line, number, name in query.tuples()})
    return found


def _tell(found: Sequence[Happening], now: datetime) -> list[tuple[Happening, int, datetime]]:
    """Each event with its sequence number, raised where it says something else than last time."""
    before = _told_before([happening.uid for happening in found])
    fresh = [happening for happening in found if happening.uid not in before]
    for start in range(0, len(fresh), _CHUNK):
        rows = [
            {"uid": h.uid, "told_on": h.on, "told": h.digest, "sequence": 0, "changed_at": now}
            for h in fresh[start : start + _CHUNK]
        ]
        FeedEvent.insert_many(rows).on_conflict_ignore().execute()
    return [(happening, *_raised(happening, before.get(happening.uid), now)) for happening in found]


def _told_before(uids: Sequence[str]) -> dict[str, FeedEvent]:
    held: dict[str, FeedEvent] = {}
    for start in range(0, len(uids), _CHUNK):
        chunk = FeedEvent.select().where(FeedEvent.uid.in_(uids[start : start + _CHUNK]))
        held.update({event.uid: event for event in chunk})
    return held


def _raised(happening: Happening, before: FeedEvent | None, now: datetime) -> tuple[int, datetime]:
    if before is None:
        return 0, now
    if (before.told_on, before.told) == (happening.on, happening.digest):
        return before.sequence, before.changed_at
    # Conditional: of two fetches at once one raises it, and both say the same number.
    FeedEvent.update(told_on=happening.on, told=happening.digest, sequence=before.sequence + 1, changed_at=now).where(
        FeedEvent.uid == happening.uid, FeedEvent.sequence == before.sequence
    ).execute()
    return before.sequence + 1, now
