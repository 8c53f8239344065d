"""Words for people, and what inspections take until the station says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from schedules.terms import Clock, Kind, clocks_of

STATES: Mapping[str, str] = {
    "waiting": "等待计算",
    "running": "正在计算",
    "proposed": "待批准",
    "approved": "执行中",
    "replaced": "已被替代",
    "failed": "没有算成",
    "cancelled": "已取消",
    "discarded": "已放弃",
}
SORTS: Mapping[str, str] = {"shutdown": "停车检修", "closed": "谢绝入厂"}
NEEDS: Mapping[str, str] = {"any": "不限", "shutdown": "须停车", "running": "须运行"}
REASONS: Mapping[str, str] = {
    "WINDOW_EMPTY": "没有可用的工作日",
    "NO_DAY_IN_STATE": "没有合适的停车日",
    "NO_QUALIFIED_CREW": "没有具备资格的人员",
    "TOO_LONG": "一天做不完",
    "PINNED": "固定的那天不可行",
    "CAPACITY": "人手不够",
    "NOT_FOUND": "没有找到位置",
    "REMOVED": "手工移出",
}
WEEKDAYS = "一二三四五六日"
ERRAND = "clinic"
"""The kind of an item that is no inspection but the clinic's."""
ERRANDS: Mapping[str, str] = {"visit": "出诊", "round": "走访"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one inspection takes. `minutes` on site for the whole crew; a pipe adds `minutes_per_km`."""

    people: int
    minutes: int
    minutes_per_km: int
    prep_workdays: int
    state: str

    def for_length(self, length_mm: int | None, most: int) -> int:
        """Minutes for a device of this length, never more than a day holds: a longer one takes several days."""
        return max(1, min(most, self.minutes + self.minutes_per_km * (length_mm or 0) // 1_000_000))


# Judgements, not law: a station that has measured its own work enters its own figures.
_ANY = Figures(2, 60, 0, 5, "any")
DEFAULTS: Mapping[tuple[Kind, Clock], Figures] = {
    (Kind.BOILER, Clock.EXTERNAL): Figures(2, 90, 0, 3, "running"),
    (Kind.BOILER, Clock.INTERNAL): Figures(2, 240, 0, 10, "shutdown"),
    (Kind.BOILER, Clock.PRESSURE_TEST): Figures(2, 180, 0, 10, "shutdown"),
    (Kind.FIXED_VESSEL, Clock.ANNUAL): Figures(1, 30, 0, 0, "any"),
    (Kind.FIXED_VESSEL, Clock.PERIODIC): Figures(2, 120, 0, 10, "shutdown"),
    (Kind.MOBILE_VESSEL, Clock.ANNUAL): Figures(1, 60, 0, 0, "any"),
    (Kind.MOBILE_VESSEL, Clock.FULL): Figures(2, 120, 0, 5, "any"),
    (Kind.CYLINDER, Clock.PERIODIC): Figures(1, 120, 0, 0, "any"),
    (Kind.CHAMBER, Clock.ANNUAL): Figures(1, 60, 0, 0, "any"),
    (Kind.CHAMBER, Clock.PERIODIC): Figures(2, 180, 0, 5, "any"),
    (Kind.INDUSTRIAL_PIPE, Clock.ANNUAL): Figures(1, 10, 30, 0, "any"),
    (Kind.INDUSTRIAL_PIPE, Clock.PERIODIC): Figures(2, 30, 60, 10, "shutdown"),
    (Kind.PUBLIC_PIPE, Clock.ANNUAL): Figures(1, 20, 30, 0, "any"),
    (Kind.PUBLIC_PIPE, Clock.FULL): Figures(2, 60, 60, 10, "any"),
    (Kind.LONG_DISTANCE_PIPE, Clock.FULL): Figures(2, 120, 10, 10, "any"),
    (Kind.SAFETY_VALVE, Clock.CALIBRATION): Figures(1, 20, 0, 0, "any"),
}
PAIRS: tuple[tuple[Kind, Clock], ...] = tuple((kind, clock) for kind in Kind for clock in clocks_of(kind))
# Usual intervals in months: what a day too early costs, no date of law rests on them.
_MONTHS: Mapping[Clock, int] = {
    Clock.EXTERNAL: 12,
    Clock.INTERNAL: 24,
    Clock.PRESSURE_TEST: 36,
    Clock.ANNUAL: 12,
    Clock.PERIODIC: 72,
    Clock.FULL: 60,
    Clock.CALIBRATION: 12,
}


def default(kind: str, clock: str) -> Figures:
    return DEFAULTS.get((Kind(kind), Clock(clock)), _ANY)


def interval_days(clock: str) -> int:
    return months_between(clock) * 365 // 12


def months_between(clock: str) -> int:
    """The usual interval in months."""
    return _MONTHS.get(Clock(clock), 36)


def kind_label(kind: str) -> str:
    return "工业诊所" if kind == ERRAND else Kind(kind).label


def clock_label(clock: str) -> str:
    return ERRANDS[clock] if clock in ERRANDS else Clock(clock).label


def pair_label(kind: str, clock: str) -> str:
    return f"{Kind(kind).label}·{Clock(clock).label}"


DAY_BEGINS = 8 * 60 + 30
"""The inspection day's minute 0 on the clock."""


def clock_time(minute: int) -> str:
    total = DAY_BEGINS + minute
    return f"{total // 60}:{total % 60:02d}"
