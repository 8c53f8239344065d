"""The only reader of the clock. Entry points ask once and pass the answer down."""

from datetime import date, datetime
from time import monotonic as _monotonic
from time import sleep as _sleep
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This moment, aware, in Asia/Shanghai."""
    return datetime.now(SHANGHAI)


def today() -> date:
    """The calendar date in Asia/Shanghai, whatever the host's time zone is."""
    return now().date()


def monotonic() -> float:
    """Seconds that never jump; compared with `now()` they betray a changed wall clock."""
    return _monotonic()


def pause(seconds: float) -> None:
    """Wait; beside the clocks, so that tests drive all three together."""
    _sleep(seconds)
