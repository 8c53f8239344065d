"""Closing a month: its figures stand as told; what changed since is shown as a correction. Remarks for its report."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.workload import counting, people, reasons, shares
from inspect_station.workload.counting import Figure
from inspect_station.workload.definitions import DEFINITIONS
from inspect_station.workload.models import MonthClose, MonthRemark
from inspect_station.workload.narrowing import Narrowed
from inspect_station.workload.periods import Period

REMARK_MOST = 4000


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure of a closed month that would be told differently today."""

    told: Figure
    now: Figure

    @property
    def label(self) -> str:
        return self.told.definition.label


@dataclass(frozen=True, slots=True)
class Closed:
    closed_by: str
    closed_at: datetime
    figures: dict[str, Figure]
    parts: dict[str, list[dict[str, Any]]]
    people: list[dict[str, Any]]


def close(actor: Actor, period: Period, now: datetime) -> None:
    """Freeze the station's figures of a month that is over. Raises `Conflict` where it is closed or not over."""
    actor.need("approve")
    today = now.date()
    if period.kind != "month":
        raise InvalidInput("只有月份可以结账。", {"of": ["请选择月份"]})
    if period.last >= today:
        raise Conflict(f"{period.label}还没有过完，到 {period.after().first.isoformat()} 才能结账。")
    everything = Narrowed()
    figures = counting.figures(actor, period, today, everything)
    if figures["due"].value is None:
        raise Conflict(f"{period.label}还没有数据，不能结账。")
    kept = {
        "figures": {key: [f.value, f.counted, f.total] for key, f in figures.items()},
        "parts": {
            **{by: shares.parts(actor, period, today, by, everything) for by in shares.BY},
            **{name: split(actor, period, today, everything) for name, split in reasons.SPLITS.items()},
        },
        # The plan in force moves on: later it no longer tells what was planned in this month.
        "people": [asdict(each) for each in people.people(actor, period)],
    }
    with db.atomic():
        try:
            with db.atomic():
                MonthClose.create(
                    month=period.key, figures=kept, closed_at=now, closed_by=actor.name, account=actor.account_id
                )
        except IntegrityError as error:
            raise Conflict(f"{period.label}已经结账，数字不再改动；之后的更正会另行列出。") from error
        audit.record(actor, "workload.close", "month", period.key, now=now)


def closed(actor: Actor, period: Period) -> Closed | None:
    """The month as it was closed; None while it is open. Part of a month and an inspector's own view are never closed."""
    actor.need_staff()
    if period.kind != "month" or period.upto is not None or counting.view_of(actor).responsible is not None:
        return None
    row = MonthClose.get_or_none(MonthClose.month == period.key)
    if row is None:
        return None
    held = row.figures["figures"]
    figures = {key: Figure(key, *held.get(key, (None, None, None))) for key in DEFINITIONS}
    return Closed(row.closed_by, row.closed_at, figures, row.figures["parts"], row.figures.get("people", []))


def told(
    actor: Actor,
    period: Period,
    today: date,
    narrowed: Narrowed | None = None,
    since: Mapping[str, date | None] | None = None,
) -> dict[str, Figure]:
    """The figures of a period: of a closed month as they were told, else as they are. `since` as for `counting.figures`."""
    kept = None if narrowed else closed(actor, period)
    return kept.figures if kept else counting.figures(actor, period, today, narrowed, since=since)


APART = (*shares.BY, *reasons.SPLITS)


def told_apart(
    actor: Actor, period: Period, today: date, names: Sequence[str] = APART
) -> dict[str, list[dict[str, Any]]]:
    """The figures taken apart, by `shares.BY` and `reasons.SPLITS`; of a closed month as they were told.

    What was not kept yet when a month was closed is told as it is.
    """
    kept = closed(actor, period)
    held = kept.parts if kept else {}
    return {name: held[name] if name in held else _apart(actor, period, today, name) for name in names}


def _apart(actor: Actor, period: Period, today: date, name: str) -> list[dict[str, Any]]:
    if name in shares.BY:
        return shares.parts(actor, period, today, name)
    return reasons.SPLITS[name](actor, period, today, None)


def told_people(actor: Actor, period: Period) -> list[people.Person]:
    """The inspectors' numbers; of a closed month as they were told."""
    kept = closed(actor, period)
    return [people.Person(**each) for each in kept.people] if kept and kept.people else people.people(actor, period)


def corrections(actor: Actor, period: Period, today: date) -> list[Correction]:
    """What a closed month's figures would be today, where that differs."""
    kept = closed(actor, period)
    if kept is None:
        return []
    now = counting.figures(actor, period, today, Narrowed())
    pairs = [Correction(kept.figures[key], now[key]) for key in DEFINITIONS]
    return [
        p for p in pairs if (p.told.value, p.told.counted, p.told.total) != (p.now.value, p.now.counted, p.now.total)
    ]


def remark(period: Period) -> dict[str, Any]:
    row = MonthRemark.get_or_none(MonthRemark.month == period.key) if period.kind == "month" else None
    return (
        {"text": row.text, "by": row.changed_by, "revision": row.revision}
        if row
        else {"text": "", "by": "", "revision": 0}
    )


def write_remark(actor: Actor, period: Period, text: str, revision: int, now: datetime) -> None:
    """The head's words on a month. Raises `Stale` where somebody wrote others since they were read."""
    actor.need("approve")
    if period.kind != "month":
        raise InvalidInput("评语按月填写，请选择月份。", {"text": ["请选择月份"]})
    if len(text) > REMARK_MOST:
        raise InvalidInput(f"评语最多 {REMARK_MOST} 个字。", {"text": [f"最多 {REMARK_MOST} 个字"]})
    values = {"text": text.strip(), "changed_at": now, "changed_by": actor.name}
    with db.atomic():
        if not (_first(period, values) if revision == 0 else _next(period, values, revision)):
            raise Stale("评语刚被别人改过，请核对后再保存；您填写的内容还在。")
        audit.record(actor, "workload.remark", "month", period.key, now=now)


def _first(period: Period, values: dict[str, Any]) -> bool:
    try:
        with db.atomic():
            MonthRemark.create(month=period.key, **values)
    except IntegrityError:
        return False
    return True


def _next(period: Period, values: dict[str, Any], revision: int) -> bool:
    query = MonthRemark.update(**values, revision=revision + 1)
    return bool(query.where(MonthRemark.month == period.key, MonthRemark.revision == revision).execute())
