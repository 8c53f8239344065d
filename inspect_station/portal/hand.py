"""What of a firm's due list is in somebody's hand: applied for, agreed, inspected or answered."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.reminders import quiets

Row = Mapping[str, Any]


def left_to_do(actor: Actor, enterprise_id: int, rows: Sequence[Row], today: date) -> list[Row]:
    """The rows about which the enterprise has yet to do something.

    An open application may outlive its quiet: then we are late, not the enterprise, which cannot apply twice.
    """
    resting = quiets.standing(today, [enterprise_id])
    ordered = casework.cases.ordered(actor, [(row["equipment_id"], row["clock"]) for row in rows])
    return [
        row
        for row in rows
        if (row["equipment_id"], row["clock"]) not in ordered
        and resting.over(row["equipment_id"], row["clock"], "", 0, today) is None
    ]


def of(rows: Sequence[Row], *buckets: str, done_by: str | None = None) -> list[Row]:
    return [row for row in rows if row["bucket"] in buckets and done_by in {None, row["done_by"]}]
