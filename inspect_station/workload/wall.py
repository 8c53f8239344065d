"""The wall: a quiet page for the office display, at an address that can be revoked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inspect_station.accounts import audit, sessions
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, NotFound
from inspect_station.planning import service as planning
from inspect_station.registry.rows import dicts
from inspect_station.workload import forecast, month
from inspect_station.workload.models import WallLink
from inspect_station.workload.periods import around

LINKS_MOST = 10


def create(actor: Actor, name: str, now: datetime) -> str:
    """The secret of a new address, shown this once."""
    actor.need("approve")
    secret = sessions.new_token()
    with db.atomic():
        if WallLink.select().where(WallLink.revoked_at.is_null()).count() >= LINKS_MOST:
            raise Conflict(f"最多同时保留 {LINKS_MOST} 个大屏地址，请先停用不再使用的。")
        row = WallLink.create(
            token_hash=sessions.token_hash(secret),
            name=name.strip()[:60] or "办公室大屏",
            made_by=actor.name,
            created_at=now,
        )
        audit.record(actor, "wall.create", "wall", row.id, now=now)
    return secret


def links(actor: Actor) -> Sequence[dict[str, Any]]:
    actor.need_staff()
    columns = [f for f in WallLink._meta.sorted_fields if f.name != "token_hash"]
    return dicts(WallLink.select(*columns).order_by(WallLink.id.desc()).limit(50))


def revoke(actor: Actor, link_id: int, now: datetime) -> None:
    actor.need("approve")
    with db.atomic():
        found = WallLink.get_or_none(WallLink.id == link_id)
        if found is None:
            raise NotFound()
        if found.revoked_at is None:
            WallLink.update(revoked_at=now).where(WallLink.id == link_id).execute()
            audit.record(actor, "wall.revoke", "wall", link_id, now=now)


def by_secret(secret: str, now: datetime) -> Actor:
    """Who looks through this address: the station as a whole. Raises `NotFound` for an unknown or revoked one."""
    standing = (WallLink.token_hash == sessions.token_hash(secret)) & WallLink.revoked_at.is_null()
    if not WallLink.update(seen_at=now).where(standing).execute():
        raise NotFound()
    return Actor.system("大屏")


def shown(actor: Actor, now: datetime) -> dict[str, Any]:
    """What hangs on the wall: the month, what waits, today's and the next days' visits. No names of persons at firms."""
    actor.need_staff()
    today = now.date()
    plan = planning.plans.in_force_id()
    visits = planning.reading.visits(actor, plan, today) if plan else []
    return {
        "lines": month.lines(actor, around("month", today), today),
        "target": month.target(actor, today.year, today),
        "counts": duelist.counts(actor, duelist.Filters(done_by="institution"), today),
        "visits": visits[:8],
        "forecast": forecast.forecast(actor, today, 6),
    }
