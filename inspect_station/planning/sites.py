"""When an enterprise stands still or lets nobody in: typed by staff, or by the enterprise about itself."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import among, db, run
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.planning import efforts
from inspect_station.planning.models import Site, SiteWindow
from inspect_station.registry.models import Enterprise
from schedules.terms import kind_of

LONGEST = timedelta(days=366)
_LISTED = (
    SiteWindow.id, SiteWindow.enterprise.alias("enterprise_id"), SiteWindow.sort, SiteWindow.first_on,
    SiteWindow.last_on, SiteWindow.units, SiteWindow.note, SiteWindow.made_by, SiteWindow.by_enterprise,
    SiteWindow.made_at, SiteWindow.revision, Enterprise.name.alias("enterprise"),
)  # fmt: skip


def windows(actor: Actor, since: date, enterprise_id: int | None = None) -> list[dict[str, Any]]:
    """The windows that end on or after `since`, in order of their beginning."""
    conditions = [visible(actor, SiteWindow.enterprise), SiteWindow.last_on >= since]
    if enterprise_id is not None:
        conditions.append(SiteWindow.enterprise == enterprise_id)
    query: Any = SiteWindow.select(*_LISTED).join(Enterprise).where(*conditions)
    return list(query.order_by(SiteWindow.first_on, SiteWindow.id).dicts())


def window(actor: Actor, window_id: int) -> dict[str, Any]:
    row = (
        SiteWindow.select(*_LISTED)
        .join(Enterprise)
        .where(SiteWindow.id == window_id, visible(actor, SiteWindow.enterprise))
        .dicts()
        .first()
    )
    if row is None:
        raise NotFound()
    return dict(row)


def add(
    actor: Actor, enterprise_id: int, *, sort: str, first_on: date, last_on: date, units: Sequence[str] = (),
    note: str = "", now: datetime,
) -> int:  # fmt: skip
    """A new window's id. Raises `InvalidInput` for one that ends before it begins or is over, `Conflict` for a double."""
    _may_write(actor, enterprise_id)
    _check(sort, first_on, last_on, now.date())
    with db.atomic():
        _refuse_double(enterprise_id, sort, first_on, last_on, list(units), None)
        row = SiteWindow.create(
            enterprise=enterprise_id, sort=sort, first_on=first_on, last_on=last_on, units=list(units) or None,
            note=note, made_by=actor.name, by_enterprise=not actor.is_staff, made_at=now,
        )  # fmt: skip
        _record(actor, "window.add", row.id, enterprise_id, sort, first_on, last_on, now)
    return int(row.id)


def told(
    actor: Actor, enterprise_id: int, first_on: date, last_on: date, note: str, now: datetime
) -> int | None:  # fmt: skip
    """A standstill of the whole works named in passing; None where one that covers or meets it is known already."""
    try:
        return add(
            actor, enterprise_id, sort="shutdown", first_on=first_on, last_on=last_on, note=note, now=now
        )  # fmt: skip
    except Conflict:
        return None


# Written out, for it is asked with every letter.
_NO_STANDSTILL = (
    "NOT EXISTS(SELECT 1 FROM site_window WHERE enterprise_id = :firm AND sort = 'shutdown' AND last_on >= :today)"
)


def needing_stop() -> frozenset[tuple[str, str]]:
    """The (kind, clock) that are inspected during a standstill."""
    return frozenset(pair for pair, figures in efforts.figures().items() if figures.state == "shutdown")


def lacks_stop(
    actor: Actor,
    enterprise_id: int,
    wanted: Collection[tuple[int, str]],
    today: date,
    stopping: Collection[tuple[str, str]] | None = None,
) -> bool:
    """Whether one of these (device, clock) is inspected during a standstill and none of the enterprise's is known.

    `stopping`: what `needing_stop` says, where it is known already.
    """
    actor.check(enterprise_id)
    stopping = needing_stop() if stopping is None else stopping
    clocks = {clock for _, clock in stopping}
    devices = sorted({device for device, clock in wanted if clock in clocks})
    if not devices:
        return False
    chosen, values = among("device", devices[:500])
    asked = f"SELECT id, catalogue_code FROM equipment WHERE id {chosen} AND {_NO_STANDSTILL}"  # noqa: S608
    codes = run(asked, {**values, "firm": enterprise_id, "today": today.isoformat()})
    kinds = {device: kind_of(code) for device, code in codes}
    return any((kinds.get(device), clock) in stopping for device, clock in wanted)


def change(
    actor: Actor, window_id: int, *, sort: str, first_on: date, last_on: date, units: Sequence[str] = (),
    note: str = "", now: datetime, revision: int | None = None,
) -> None:  # fmt: skip
    found = window(actor, window_id)
    _may_write(actor, found["enterprise_id"])
    _check(sort, first_on, last_on, now.date())
    if revision is not None and revision != found["revision"]:
        raise Stale()
    with db.atomic():
        _refuse_double(found["enterprise_id"], sort, first_on, last_on, list(units), window_id)
        changed = (
            SiteWindow.update(
                sort=sort, first_on=first_on, last_on=last_on, units=list(units) or None, note=note,
                made_by=actor.name, by_enterprise=not actor.is_staff, made_at=now, revision=found["revision"] + 1,
            )
            .where(SiteWindow.id == window_id, SiteWindow.revision == found["revision"])
            .execute()
        )  # fmt: skip
        if not changed:
            raise Stale()
        _record(actor, "window.change", window_id, found["enterprise_id"], sort, first_on, last_on, now)


def remove(actor: Actor, window_id: int, now: datetime) -> None:
    found = window(actor, window_id)
    _may_write(actor, found["enterprise_id"])
    with db.atomic():
        SiteWindow.delete().where(SiteWindow.id == window_id).execute()
        _record(
            actor, "window.remove", window_id, found["enterprise_id"], found["sort"], found["first_on"],
            found["last_on"], now,
        )  # fmt: skip


def _may_write(actor: Actor, enterprise_id: int) -> None:
    """An enterprise writes about itself; of the station, who may edit."""
    actor.check(enterprise_id)
    if actor.is_staff:
        actor.need("edit")
    if not Enterprise.select().where(Enterprise.id == enterprise_id).exists():
        raise NotFound()


def _check(sort: str, first_on: date, last_on: date, today: date) -> None:
    problems: dict[str, list[str]] = {}
    if sort not in {"shutdown", "closed"}:
        problems["sort"] = ["请选择停车检修或谢绝入厂"]
    if last_on < first_on:
        problems["last_on"] = [f"止于 {last_on}，早于开始的 {first_on}"]
    elif last_on < today:
        problems["last_on"] = ["这段时间已经过去"]
    elif last_on - first_on > LONGEST:
        problems["last_on"] = ["一段最长一年，更长的请分开填写"]
    if problems:
        raise InvalidInput("时段有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def _refuse_double(
    enterprise_id: int, sort: str, first_on: date, last_on: date, units: list[str], except_id: int | None
) -> None:
    for row in SiteWindow.select().where(
        SiteWindow.enterprise == enterprise_id,
        SiteWindow.sort == sort,
        SiteWindow.first_on <= last_on,
        SiteWindow.last_on >= first_on,
    ):
        if row.id != except_id and (row.units or []) == units:
            raise Conflict(
                f"与已登记的时段（{row.first_on} 至 {row.last_on}）重叠，请直接修改那一段。",
                {"first_on": ["与已登记的重叠"]},
            )


def _record(
    actor: Actor, act: str, number: int, enterprise_id: int, sort: str, first_on: date, last_on: date, now: datetime
) -> None:
    detail = {"sort": sort, "from": first_on.isoformat(), "to": last_on.isoformat()}
    audit.record(actor, act, "window", number, now=now, enterprise_id=enterprise_id, detail=detail)


def continuous(actor: Actor, enterprise_id: int) -> bool:
    """Whether deep inspections are possible only while the enterprise stands still."""
    actor.check(enterprise_id)
    row = Site.get_or_none(Site.enterprise == enterprise_id)
    return bool(row and row.continuous)


def set_continuous(actor: Actor, enterprise_id: int, value: bool, now: datetime) -> None:
    _may_write(actor, enterprise_id)
    values = {"continuous": value, "changed_at": now}
    with db.atomic():
        Site.insert(enterprise=enterprise_id, **values).on_conflict(
            conflict_target=[Site.enterprise], update=values
        ).execute()
        detail = {"continuous": value}
        audit.record(
            actor, "window.site", "enterprise", enterprise_id, now=now, enterprise_id=enterprise_id, detail=detail
        )


def all_continuous() -> set[int]:
    rows: Any = Site.select(Site.enterprise).where(Site.continuous).tuples()
    return {number for (number,) in rows}
