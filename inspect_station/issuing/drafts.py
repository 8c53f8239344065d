"""From ticked rows of the due list to notices: one for each enterprise and kind, as facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from inspect_station.accounts import station
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.duelist import service as duelist
from inspect_station.errors import InvalidInput
from inspect_station.issuing.models import IssuedNotice
from inspect_station.notices.model import Line, Notice, NoticeKind, line_of
from inspect_station.registry import service as registry
from inspect_station.reminders import paper
from inspect_station.reminders import service as reminders

WARN_DAYS = 10
_NOTHING_RUNS = {"stopped", "none"}
_FIRST_OF = {"safety_officer": 0, "safety_director": 1, "equipment_manager": 2, "principal": 3}


@dataclass(frozen=True)
class Draft:
    """A notice about to be printed. `last_told`: the day of the last reminder or notice within ten days, if any."""

    enterprise_id: int
    enterprise: str
    kind: NoticeKind
    addressee: str
    rows: Sequence[Mapping[str, Any]]
    lines: Sequence[Line]
    far: int
    last_told: date | None


def drafts(actor: Actor, ids: Sequence[int], form: str, today: date) -> list[Draft]:
    """The notices these rows make, by enterprise: `form` is notice (due and overdue apart) or preparation.

    Raises `InvalidInput` where no row has a running clock.
    """
    actor.need("remind")
    page = duelist.due_page(
        actor, duelist.Filters(rows=tuple(ids)), "due", duelist.Place(), len(ids), today, counted=False
    )
    rows = [row for row in page.rows if row["bucket"] not in _NOTHING_RUNS]
    if not rows:
        raise InvalidInput("所选的设备里没有可以通知的项目（停用、不适用或日期已变化）。请回到到期清单重新选择。")
    return list(_drafts(actor, rows, form, today))


def _drafts(actor: Actor, rows: Iterable[Mapping[str, Any]], form: str, today: date) -> Iterable[Draft]:
    def place(row: Mapping[str, Any]) -> tuple[str, int, str]:
        return (row["enterprise"], row["enterprise_id"], _kind_of(row, form))

    names = registry.enterprise_names(actor)
    for (_, number, kind), group in groupby(sorted(rows, key=place), key=place):
        theirs = list(group)
        far = sum(row["bucket"] == "ok" for row in theirs) if form == "notice" else 0
        yield Draft(
            number,
            names[number],
            NoticeKind(kind),
            _addressee(actor, number),
            theirs,
            [line_of(row) for row in theirs],
            far,
            _told_lately(number, today),
        )


def _kind_of(row: Mapping[str, Any], form: str) -> str:
    if form == "preparation":
        return NoticeKind.PREPARATION
    return NoticeKind.OVERDUE if row["bucket"] in paper.LATE else NoticeKind.DUE


def _addressee(actor: Actor, enterprise_id: int) -> str:
    """Whom to hand it to: who receives the reminders, the safety officer first."""
    people = registry.contacts.of(actor, enterprise_id, ended=False)
    best = sorted(people, key=lambda one: (not one["receives_reminders"], _FIRST_OF.get(one["role"], 9)))
    return str(best[0]["name"]) if best else ""


def _told_lately(enterprise_id: int, today: date) -> date | None:
    days = [day for day in (reminders.last_told(enterprise_id), last_printed(enterprise_id)) if day]
    return max(days) if days and (today - max(days)).days <= WARN_DAYS else None


def last_printed(enterprise_id: int) -> date | None:
    """The day of the last notice that still stands."""
    query = IssuedNotice.select().where(IssuedNotice.enterprise == enterprise_id, IssuedNotice.voided_at.is_null())
    row = query.order_by(IssuedNotice.day.desc()).first()
    return row.day if row else None


def notice_of(
    settings: Settings, draft: Draft, number: str, answer_url: str, today: date, with_preparation: bool
) -> Notice:
    """The draft as a notice under its number, with the code that opens its answer page."""
    return Notice(
        kind=draft.kind,
        number=number,
        unit=draft.enterprise,
        on=today,
        office=paper.office_for(settings, draft.enterprise_id),
        lines=draft.lines,
        addressee=draft.addressee,
        answer_url=answer_url,
        with_preparation=with_preparation,
        sample=station.sample_loaded(),
    )
