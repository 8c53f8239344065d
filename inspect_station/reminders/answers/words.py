"""The answers' words as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One of the five answers: its button, what stands below it, its icon, and what follows after it."""

    label: str
    hint: str
    icon: str
    after: str

    def then(self, *, noted: int, rest: int) -> str:
        """What follows, with the station's own numbers of working days."""
        return self.after.format(noted=noted, rest=rest)


KINDS: Mapping[str, Kind] = {
    "apply": Kind(
        "申请检验", "选择设备，写明希望的日期或停产检修的时段", "clipboard-plus",
        "申请已送到检验站，受理后会与您约定检验日期；在此期间不再催办这些设备。",
    ),
    "noted": Kind(
        "已知悉", "看到了，正在安排", "check-circle",
        "已记下。每周一次的重复提醒会停 {noted} 个工作日，到了下一个日子仍会提醒；需要检验时请再点“申请检验”。",
    ),
    "stopped": Kind(
        "设备已停用或拆除", "选择设备，写明日期，附上证明", "pause-circle",
        "检验员会核实，核实期间最多 {rest} 个工作日不催办；核实后登记为停用或拆除，以后不再提醒。",
    ),
    "not_ours": Kind(
        "不是我单位设备", "选择设备，说明情况", "question-circle",
        "检验员会核实台账，核实期间最多 {rest} 个工作日不催办；核实后更正台账，以后不再提醒。",
    ),
    "contact": Kind(
        "换联系人", "由谁接手，以后提醒发给谁", "person-plus",
        "检验站确认后，提醒改发给新的联系人；在确认之前仍发给原来的。",
    ),
}  # fmt: skip
STATES: Mapping[str, tuple[str, str]] = {
    "open": ("待处理", "inbox"),
    "seen": ("无须处理", "check-circle"),
    "correcting": ("待更正台账", "pencil"),
    "done": ("已确认", "check2-circle"),
    "rejected": ("未采纳", "x-circle"),
    "replaced": ("已改答", "arrow-counterclockwise"),
}
# How the enterprise reads the same states.
STATES_TO_FIRM: Mapping[str, str] = {
    "open": "已送达检验站，等待处理",
    "seen": "检验站已收到",
    "correcting": "检验站已确认，正在更正台账",
    "done": "检验站已确认",
    "rejected": "检验站未采纳",
    "replaced": "您后来改了答复",
}
ACTS: Mapping[str, str] = {"stop": "停用", "dismantle": "拆除"}
# The tabs of the inbox: (states, word).
TABS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "open": (("open",), "待处理"),
    "correcting": (("correcting",), "待更正台账"),
    "settled": (("seen", "done", "rejected", "replaced"), "已了结"),
}
