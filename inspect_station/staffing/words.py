"""Words for people, and the codes shipped as examples."""

from collections.abc import Mapping

from schedules.terms import Clock, Kind, clocks_of

ABSENCE_REASONS: Mapping[str, str] = {
    "leave": "休假",
    "sick": "病假",
    "training": "培训或考证",
    "away": "外派",
    "other": "其他",
}

WEEKDAYS = "一二三四五六日"

# The item codes of the examination rules' annex are not known here: invented ones, each shown as 示例、待核实.
EXAMPLES: tuple[tuple[str, str, tuple[Kind, ...]], ...] = (
    ("GL", "锅炉检验（示例）", (Kind.BOILER,)),
    ("RQ", "固定式压力容器检验（示例）", (Kind.FIXED_VESSEL,)),
    ("YD", "移动式压力容器检验（示例）", (Kind.MOBILE_VESSEL,)),
    ("QP", "气瓶检验（示例）", (Kind.CYLINDER,)),
    ("YC", "氧舱检验（示例）", (Kind.CHAMBER,)),
    ("GD", "压力管道检验（示例）", (Kind.INDUSTRIAL_PIPE, Kind.PUBLIC_PIPE, Kind.LONG_DISTANCE_PIPE)),
    ("AF", "安全附件校验（示例）", (Kind.SAFETY_VALVE, Kind.BURSTING_DISC, Kind.GAUGE)),
)

PAIRS: tuple[tuple[Kind, Clock], ...] = tuple((kind, clock) for kind in Kind for clock in clocks_of(kind))


def pair_label(kind: str, clock: str) -> str:
    return f"{Kind(kind).label}·{Clock(clock).label}"
