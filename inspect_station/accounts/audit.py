"""The audit trail: who did what to which object, chained by hashes, written in the caller's transaction."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, is_sqlite

_CHAIN_LOCK = 5_570_114_332
_FIRST = "0" * 64


def record(
    actor: Actor,
    act: str,
    object_type: str,
    object_id: object,
    *,
    now: datetime,
    enterprise_id: int | None = None,
    result: str = "ok",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. Call it inside the transaction that does the act: both stand or neither.

    `detail` must hold no password, token, or full mobile number.
    """
    _one_at_a_time()
    entry = {
        "at": now.astimezone(UTC).replace(microsecond=0),
        "account_id": actor.account_id,
        "account_name": actor.name,
        "act": act,
        "object_type": object_type,
        "object_id": str(object_id),
        "enterprise_id": enterprise_id,
        "result": result,
        "detail": dict(detail) if detail else None,
        "previous_hash": _last_hash(),
    }
    AuditEntry.insert(**entry, hash=_digest(entry)).execute()


def broken_links() -> Iterator[int]:
    """Ids of the entries whose hash does not fit what they hold or what came before them."""
    previous = _FIRST
    for row in AuditEntry.select().order_by(AuditEntry.id).dicts().iterator():
        if row["previous_hash"] != previous or row["hash"] != _digest(row):
            yield row["id"]
        previous = row["hash"]


def page(
    actor: Actor, filters: Mapping[str, Any], before: int | None = None, per_page: int = 50
) -> tuple[list[dict[str, Any]], int]:
    """Entries, newest first, below the id `before`; and how many fit the filters.

    `filters`: `act`, `who` (part of a name), `since` and `until` (moments; `until` is left out).
    """
    actor.need("audit")
    chosen = AuditEntry.select().where(*_conditions(filters))
    shown = chosen.where(AuditEntry.id < before) if before else chosen
    return list(shown.order_by(AuditEntry.id.desc()).limit(per_page).dicts()), chosen.count()  # type: ignore[arg-type]


def stream(actor: Actor, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All entries that fit, newest first, for an export."""
    actor.need("audit")
    query = AuditEntry.select().where(*_conditions(filters)).order_by(AuditEntry.id.desc())
    yield from query.dicts().iterator()


def _conditions(filters: Mapping[str, Any]) -> list[Any]:
    made: list[Any] = [AuditEntry.id > 0]
    if filters.get("act"):
        made.append(AuditEntry.act == filters["act"])
    if filters.get("who"):
        made.append(AuditEntry.account_name.contains(filters["who"]))
    if filters.get("since"):
        made.append(AuditEntry.at >= filters["since"])
    if filters.get("until"):
        made.append(AuditEntry.at < filters["until"])
    return made


def _one_at_a_time() -> None:
    # Two transactions that read the same last hash would fork the chain. SQLite's IMMEDIATE already queues writers.
    if not is_sqlite():
        db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_CHAIN_LOCK,))


def _last_hash() -> str:
    last = AuditEntry.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1).tuples().first()
    return last[0] if last else _FIRST


_HASHED = (
    "account_id",
    "account_name",
    "act",
    "object_type",
    "object_id",
    "enterprise_id",
    "result",
    "detail",
    "previous_hash",
)


def _digest(row: Mapping[str, Any]) -> str:
    held = [row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), *(row[name] for name in _HASHED)]
    return hashlib.sha256(orjson.dumps(held, option=orjson.OPT_SORT_KEYS)).hexdigest()
