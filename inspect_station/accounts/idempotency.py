"""Writes that may be sent twice: the same Idempotency-Key gets the same answer and writes once."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, request

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.models import IdempotencyKey
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.web import now

F = TypeVar("F", bound=Callable[..., Any])
_REPLAYED_HEADERS = ("ETag", "Location", "Content-Type")


def idempotent(view: F) -> F:
    """Let a write be repeated safely: what it wrote and its answer are kept in one transaction.

    Put it outermost but for the route. Without the header the view runs as it is.
    """

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(*args, **kwargs)
        if len(key) > 100:
            raise InvalidInput("Idempotency-Key 最长 100 个字符。", {"Idempotency-Key": ["太长"]})
        with db.atomic():
            # The row is claimed first: a second request with the key waits here for the first one's commit.
            return _replay(key) or _run_and_keep(key, view, args, kwargs)

    return cast(F, once)


def _claim(key: str, fingerprint: str) -> bool:
    return bool(
        IdempotencyKey.insert(
            account=current_actor().account_id, key=key, fingerprint=fingerprint, status=0, body="", created_at=now()
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )


def _replay(key: str) -> Response | None:
    fingerprint = _fingerprint()
    if _claim(key, fingerprint):
        return None
    kept = IdempotencyKey.get(IdempotencyKey.account == current_actor().account_id, IdempotencyKey.key == key)
    if kept.fingerprint != fingerprint:
        raise Conflict("这个 Idempotency-Key 已用于另一个请求，请换一个。", {"Idempotency-Key": ["已用过"]})
    response = Response(kept.body, kept.status, kept.headers or {})
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _run_and_keep(key: str, view: Callable[..., Any], args: Any, kwargs: Any) -> Response:
    response = current_app.make_response(view(*args, **kwargs))
    headers = {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers}
    IdempotencyKey.update(status=response.status_code, body=response.get_data(as_text=True), headers=headers).where(
        IdempotencyKey.account == current_actor().account_id, IdempotencyKey.key == key
    ).execute()
    return response


def _fingerprint() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
