"""What inspections take and what plans weigh: defaults, and what the station changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, run
from inspect_station.errors import InvalidInput
from inspect_station.planning import words
from inspect_station.planning.models import Effort
from inspect_station.planning.words import PAIRS, Figures

PERMISSION = "staffing"
_KEY = "planning"


@dataclass(frozen=True, slots=True)
class Weights:
    """Station-wide values of planning; minutes are of one person."""

    overhead_min: int = 40
    visit_cost_min: int = 120
    tolerance_pct: int = 10
    catch_up_days: int = 60
    months: int = 12
    seconds: int = 60
    publish_weeks: int = 8
    clinic_min: int = 90


def weights() -> Weights:
    held = station.get(_KEY) or {}
    return replace(Weights(), **{name: held[name] for name in asdict(Weights()) if name in held})


def set_weights(actor: Actor, given: Mapping[str, int], now: datetime) -> None:
    actor.need(PERMISSION)
    values = asdict(replace(weights(), **given))
    with db.atomic():
        station.put(_KEY, values, now)
        audit.record(actor, "plan.settings", "setting", _KEY, now=now, detail=values)


_OWN = "SELECT kind, clock, people, minutes, minutes_per_km, prep_workdays, state FROM effort"  # with every letter


def figures() -> dict[tuple[str, str], Figures]:
    """For every kind and clock, the station's own figures or the default."""
    own = {(kind, clock): Figures(*rest) for kind, clock, *rest in run(_OWN, {})}
    return {
        (kind.value, clock.value): own.get((kind.value, clock.value), words.default(kind.value, clock.value))
        for kind, clock in PAIRS
    }


def set_figures(actor: Actor, kind: str, clock: str, given: Figures | None, now: datetime) -> None:
    """The station's own figures for a kind and clock; None goes back to the default."""
    actor.need(PERMISSION)
    if (kind, clock) not in {(k.value, c.value) for k, c in PAIRS}:
        raise InvalidInput("没有这种设备的这类检验，请从列表中选择。", {"clock": ["请从列表中选择"]})
    with db.atomic():
        Effort.delete().where(Effort.kind == kind, Effort.clock == clock).execute()
        if given is not None:
            Effort.insert(kind=kind, clock=clock, changed_at=now, **asdict(given)).execute()
        detail = {"kind": kind, "clock": clock, **(asdict(given) if given else {"default": True})}
        audit.record(actor, "plan.effort", "setting", f"{kind}.{clock}", now=now, detail=detail)
