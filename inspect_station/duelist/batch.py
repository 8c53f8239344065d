"""What is done with the ticked rows of the list at once: many inspections recorded, notices to be printed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import service
from inspect_station.duelist.query import Filters
from inspect_station.errors import InvalidInput
from inspect_station.notices.model import Notice, NoticeKind, Office, line_of
from inspect_station.registry import service as registry
from schedules.terms import Bucket

MOST = 200
_NO_CLOCK = frozenset({Bucket.STOPPED, Bucket.NONE})
_PAST = frozenset({Bucket.FORBIDDEN, Bucket.OVERDUE})


def rows(actor: Actor, ids: Sequence[int], today: date) -> list[dict[str, Any]]:
    """The ticked rows this person may see, firm by firm. Raises `InvalidInput` for none or too many."""
    if not ids:
        raise InvalidInput("还没有选中任何一项。请在到期清单里勾选后再做。", {"ids": ["请先勾选"]})
    if len(ids) > MOST:
        raise InvalidInput(f"一次最多处理 {MOST} 项，现在选了 {len(ids)} 项。请分几次做。", {"ids": ["太多"]})
    filters = Filters(rows=tuple(ids))
    return service.due_page(actor, filters, "enterprise", service.Place(), MOST, today, counted=False).rows


# --- inspections ---------------------------------------------------------------------------------------------------


def inspectable(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows an inspection can be recorded for: those whose clock is known."""
    return [row for row in found if row["clock_label"] != "资料有误"]


def record(
    actor: Actor,
    found: Sequence[Mapping[str, Any]],
    values: Mapping[int, Mapping[str, Any]],
    *,
    reason: str,
    now: datetime,
    today: date,
) -> int:
    """Record one inspection for each row in `values` (row id → fields), all or none; returns how many.

    Raises `InvalidInput`, its fields named `<row id>.<field>`, with what is wrong in every row.
    """
    actor.need("edit")
    problems: dict[str, list[str]] = {}
    chosen = [row for row in found if row["id"] in values]
    with db.atomic():
        for row in chosen:
            try:
                given = {**values[row["id"]], "clock": row["clock"]}
                registry.inspections.record(actor, row["equipment_id"], given, reason=reason, now=now, today=today)
            except InvalidInput as error:
                problems |= {f"{row['id']}.{name}": said for name, said in _said(error).items()}
        if problems:
            raise InvalidInput(f"没有登记：{_rows_with(problems)} 项有误，请按每行的提示改正后再登记。", problems)
    return len(chosen)


def _said(error: InvalidInput) -> Mapping[str, list[str]]:
    return error.fields or {"": [error.message]}


def _rows_with(problems: Mapping[str, Any]) -> int:
    return len({name.partition(".")[0] for name in problems})


# --- notices on paper ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """One notice to one firm: what it is, and the rows it lists."""

    enterprise_id: int
    enterprise: str
    kind: NoticeKind
    responsible: str
    rows: tuple[Mapping[str, Any], ...]


def papers(found: Sequence[Mapping[str, Any]]) -> list[Paper]:
    """The notices the rows make: for each firm one for what is past and one for what is to come."""
    return list(_papers([row for row in inspectable(found) if row["bucket"] not in _NO_CLOCK]))


def _papers(found: Sequence[Mapping[str, Any]]) -> Iterator[Paper]:
    for enterprise_id in dict.fromkeys(row["enterprise_id"] for row in found):
        own = [row for row in found if row["enterprise_id"] == enterprise_id]
        for kind in (NoticeKind.OVERDUE, NoticeKind.DUE):
            listed = tuple(row for row in own if (row["bucket"] in _PAST) == (kind is NoticeKind.OVERDUE))
            if listed:
                head = listed[0]
                yield Paper(enterprise_id, head["enterprise"], kind, head["responsible"] or "", listed)


def notice_of(actor: Actor, paper: Paper, office: Office, today: date, *, sample: bool) -> Notice:
    """The letter for `notices`; addressed to the contact who receives the reminders."""
    contacts = registry.contacts.of(actor, paper.enterprise_id, ended=False)
    receiver = next((c["name"] for c in contacts if c["receives_reminders"]), "")
    mark = "C" if paper.kind is NoticeKind.OVERDUE else "T"
    return Notice(
        kind=paper.kind,
        number=f"{today:%Y%m%d}-{paper.enterprise_id:04d}{mark}",
        unit=paper.enterprise,
        on=today,
        office=office,
        lines=tuple(line_of(row) for row in paper.rows),
        addressee=receiver,
        sample=sample,
    )
