"""What equipment the sample park has: recipes for kinds of devices, and how many of each a firm of a profile has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """One sort of device. `clocks` gives each clock's usual interval in months, light clock first."""

    code: str
    names: tuple[str, ...]
    prefix: str
    clocks: tuple[tuple[str, int], ...]
    form: str = "device"
    traits: Mapping[str, Any] = field(default_factory=dict)
    technical: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    graded: str = ""  # the clock whose inspections carry a grade
    words: tuple[str, str] = ("符合要求", "不符合要求")


_PRESSURE = ("0.8", "1.0", "1.4/2.0", "高压侧：2.0；低压侧1.5", "0.1", "1.6")
_VESSEL = {
    "设计压力(MPa)": _PRESSURE,
    "容积(m³)": ("0.077/0.05", "1.0", "5.2", "50", "120"),
    "内径(mm)": ("Φ400/Φ850", "Φ1000", "Φ2400"),
    "材质": ("Q345R", "S30408", "20（GB/T8163-2008）"),
    "介质": ("蒸汽", "丙烯", "空气", "氮气", "甲苯", "-"),
    "设计温度(℃)": ("常温", "150", "200/120"),
}
_PIPE = {
    "规格": ("57*3.5", "108*4", "219*6", "325*8"),
    "材质": ("20#", "S30408", "16Mn"),
    "介质": ("丙烯", "蒸汽", "氢气", "氮气", "循环水"),
    "设计压力(MPa)": ("0.6", "1.0", "2.5", "4.0"),
}

VESSEL_2 = Recipe(
    "2150",
    ("反应釜", "换热器", "分离罐", "缓冲罐", "塔顶冷凝器"),
    "R",
    (("annual", 12), ("periodic", 72)),
    traits={"material": "metal"},
    technical=_VESSEL,
    graded="periodic",
)
VESSEL_3 = Recipe(
    "2130",
    ("丙烯球罐", "液氨储罐", "加氢反应器", "脱丙烷塔"),
    "V",
    (("annual", 12), ("periodic", 72)),
    traits={"material": "metal"},
    technical=_VESSEL,
    graded="periodic",
)
VESSEL_1 = Recipe(
    "2170",
    ("压缩空气储罐", "热水罐", "分汽缸", "疏水罐"),
    "T",
    (("annual", 12), ("periodic", 72)),
    traits={"material": "metal"},
    technical=_VESSEL,
    graded="periodic",
)
GRAPHITE = Recipe(
    "2170",
    ("石墨换热器", "搪玻璃反应釜"),
    "G",
    (("annual", 12), ("periodic", 36)),
    traits={"material": "nonmetal"},
    technical=_VESSEL,
    graded="periodic",
)
STEAM_BOILER = Recipe(
    "1100",
    ("燃气蒸汽锅炉", "余热锅炉"),
    "B",
    (("external", 12), ("internal", 24)),
    technical={"额定蒸发量(t/h)": ("4", "10", "20"), "额定压力(MPa)": ("1.25", "1.6")},
)
POWER_BOILER = Recipe(
    "1100", ("循环流化床锅炉",), "PB", (("external", 12), ("internal", 48)), traits={"power_station": True}
)
OIL_HEATER = Recipe("1320", ("有机热载体锅炉",), "H", (("external", 12), ("internal", 24)))
LINE = Recipe(
    "8310",
    ("丙烯输送管", "蒸汽伴热管", "工艺水管", "氢气管", "火炬气管"),
    "PL",
    (("annual", 12), ("periodic", 72)),
    form="line",
    technical=_PIPE,
    graded="periodic",
    words=("符合要求", "不符合要求"),
)
REFRIGERATION_LINE = Recipe(
    "8330", ("氨制冷管",), "NH", (("annual", 12), ("periodic", 72)), form="line", technical=_PIPE, graded="periodic"
)
CITY_LINE = Recipe("8210", ("中压燃气管",), "RQ", (("annual", 12), ("full", 96)), form="line", technical=_PIPE)
VALVE = Recipe("7310", ("弹簧式安全阀",), "SV", (("calibration", 12),), form="accessory", words=("合格", "不合格"))
GAUGE = Recipe(
    "F000",
    ("压力表",),
    "PI",
    (("verification", 6),),
    form="accessory",
    traits={"accessory": "gauge"},
    words=("合格", "不合格"),
)
DISC = Recipe("F220", ("爆破片装置",), "RD", (("replacement", 24),), form="accessory")
CYLINDERS = Recipe(
    "2310",
    ("氧气瓶", "氮气瓶", "氩气瓶"),
    "Q",
    (("periodic", 36),),
    form="batch",
    traits={"cylinder": "seamless_steel", "gas": "other"},
    words=("合格", "不合格"),
)
LPG_CYLINDERS = Recipe(
    "2320",
    ("液化石油气钢瓶 YSP35.5",),
    "YP",
    (("periodic", 48),),
    form="batch",
    traits={"cylinder": "lpg"},
    words=("合格", "不合格"),
)
TANKER = Recipe(
    "2220", ("液化气体汽车罐车",), "闽A", (("annual", 12), ("full", 60)), graded="full", words=("合格", "不合格")
)
TUBE_TRAILER = Recipe(
    "2230",
    ("氢气长管拖车",),
    "闽AG",
    (("annual", 12), ("full", 60)),
    traits={"medium_group": "A"},
    graded="full",
    words=("合格", "不合格"),
)

# profile: (recipe, least, most) for a firm of that profile
PROFILES: Mapping[str, tuple[tuple[Recipe, int, int], ...]] = {
    "petrochemical": (
        (VESSEL_3, 8, 26),
        (VESSEL_2, 30, 80),
        (VESSEL_1, 6, 18),
        (STEAM_BOILER, 1, 3),
        (LINE, 90, 190),
        (VALVE, 20, 50),
        (GAUGE, 4, 10),
        (DISC, 1, 4),
    ),
    "chemical": (
        (VESSEL_2, 10, 30),
        (GRAPHITE, 2, 6),
        (VESSEL_1, 3, 9),
        (OIL_HEATER, 0, 2),
        (STEAM_BOILER, 0, 1),
        (LINE, 14, 42),
        (VALVE, 6, 16),
        (DISC, 0, 2),
    ),
    "small": ((VESSEL_1, 1, 5), (VALVE, 1, 3), (GAUGE, 1, 3)),
    "food": ((STEAM_BOILER, 1, 2), (VESSEL_1, 3, 8), (VALVE, 2, 5)),
    "cold": ((VESSEL_2, 4, 10), (REFRIGERATION_LINE, 8, 20), (VALVE, 4, 8)),
    "power": ((POWER_BOILER, 2, 3), (VESSEL_1, 8, 16), (LINE, 20, 40), (VALVE, 12, 20)),
    "gas": ((VESSEL_2, 4, 8), (CYLINDERS, 6, 14), (TUBE_TRAILER, 3, 8), (VALVE, 4, 10)),
    "filling": ((VESSEL_3, 2, 5), (LPG_CYLINDERS, 8, 16), (TANKER, 1, 3), (VALVE, 4, 8)),
    "transport": ((TANKER, 8, 20), (TUBE_TRAILER, 2, 6), (VALVE, 8, 20)),
    "city_gas": ((CITY_LINE, 20, 45), (VESSEL_1, 1, 4), (VALVE, 4, 8)),
    "dyeing": ((STEAM_BOILER, 1, 3), (OIL_HEATER, 1, 2), (VESSEL_1, 8, 20), (VALVE, 4, 10)),
    "storage": ((VESSEL_3, 4, 12), (LINE, 20, 60), (VALVE, 6, 14)),
}
