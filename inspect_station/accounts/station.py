"""Station-wide values that a person sets on a page or a command sets once."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from inspect_station.accounts.models import StationSetting
from inspect_station.db import among, run

SAMPLE = "sample_park"


_kept: ContextVar[dict[str, Any] | None] = ContextVar("kept settings", default=None)


@contextmanager
def together(*keys: str) -> Iterator[None]:
    """These values are read at once when the block begins and stand until its end: for the work of one letter, which asks
    for them again and again."""
    chosen, values = among("key", keys)
    found = dict(run(f"SELECT key, value FROM station_setting WHERE key {chosen}", values))  # noqa: S608
    token = _kept.set({key: found.get(key) for key in keys})
    try:
        yield
    finally:
        _kept.reset(token)


def get(key: str, default: Any = None) -> Any:
    kept = _kept.get()
    if kept is not None and key in kept:
        return default if kept[key] is None else StationSetting.value.python_value(kept[key])
    rows = run("SELECT value FROM station_setting WHERE key = :key", {"key": key})  # asked for with every letter
    return StationSetting.value.python_value(rows[0][0]) if rows else default


def put(key: str, value: Any, now: datetime) -> None:
    StationSetting.insert(key=key, value=value, changed_at=now).on_conflict(
        conflict_target=[StationSetting.key], update={"value": value, "changed_at": now}
    ).execute()
    kept = _kept.get()
    if kept is not None:
        kept.pop(key, None)


def sample_loaded() -> bool:
    """Whether the sample park was loaded: every page then says 示例数据."""
    return bool(get(SAMPLE))
