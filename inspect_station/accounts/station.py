"""Station-wide values that a person sets on a page or a command sets once."""

from datetime import datetime
from typing import Any

from inspect_station.accounts.models import StationSetting
from inspect_station.db import run

SAMPLE = "sample_park"


def get(key: str, default: Any = None) -> Any:
    rows = run("SELECT value FROM station_setting WHERE key = :key", {"key": key})  # asked for with every letter
    return StationSetting.value.python_value(rows[0][0]) if rows else default


def put(key: str, value: Any, now: datetime) -> None:
    StationSetting.insert(key=key, value=value, changed_at=now).on_conflict(
        conflict_target=[StationSetting.key], update={"value": value, "changed_at": now}
    ).execute()


def sample_loaded() -> bool:
    """Whether the sample park was loaded: every page then says 示例数据."""
    return bool(get(SAMPLE))
