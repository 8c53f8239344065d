"""The statutory words: an id for the code and its Chinese term for people. The glossary of the project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from schedules.traits import CYLINDERS, ON, PUBLIC_GRADES, Trait, choice, flag


class Term(StrEnum):
    """An id (the value) with its Chinese term (`label`)."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Clock(Term):
    """A statutory interval that runs for a device, independent of its other ones."""

    EXTERNAL = "external", "外部检验"
    INTERNAL = "internal", "内部检验"
    PRESSURE_TEST = "pressure_test", "水（耐）压试验"
    ANNUAL = "annual", "年度检查"
    PERIODIC = "periodic", "定期检验"
    FULL = "full", "全面检验"
    CALIBRATION = "calibration", "校验"
    REPLACEMENT = "replacement", "更换"
    VERIFICATION = "verification", "检定"


class Status(Term):
    NOT_YET_IN_USE = "not_yet_in_use", "未投入使用"
    IN_USE = "in_use", "在用"
    STOPPED = "stopped", "停用"
    SCRAPPED = "scrapped", "报废"
    CANCELLED = "cancelled", "注销"
    DISMANTLED = "dismantled", "拆除"


class DoneBy(Term):
    """Who carries an inspection out; only the institution's make tasks, plan items and 定检率."""

    INSTITUTION = "institution", "检验机构"
    USER = "user", "使用单位"
    OTHER = "other", "其他有资质的单位"


class DecidedBy(Term):
    RULE = "rule", "规则规定"
    INSTITUTION = "institution", "由检验机构确定"
    USER = "user", "由使用单位确定"


class Verified(Term):
    """How well the text behind a rule is known; everything but TEXT is shown with 待核实."""

    TEXT = "text", "已核对原文"
    SECONDARY = "secondary", "来自二手资料，待核实"
    RECOLLECTION = "recollection", "凭记忆录入，待核实"
    UNKNOWN = "unknown", "未能查实，待核实"


class Origin(Term):
    EXTENSION = "extension", "批准的延期"
    REPORT = "report", "检验报告载明"
    RULE = "rule", "按规则推算"


class State(Term):
    OVERDUE = "overdue", "超期"
    APPLY_NOW = "apply_now", "应报检"
    APPROACHING = "approaching", "临近"
    OK = "ok", "正常"


class Bucket(Term):
    """Where a clock stands on the due list; declared from worst to best, which is the order of `worst`."""

    FORBIDDEN = "forbidden", "禁用"
    OVERDUE = "overdue", "超期"
    APPLY_NOW = "apply_now", "应报检"
    DATE_MISSING = "date_missing", "缺日期"
    UNDETERMINED = "undetermined", "待确定"
    APPROACHING = "approaching", "临近"
    OK = "ok", "正常"
    STOPPED = "stopped", "停用"
    NONE = "none", "不适用"


class WhyForbidden(Term):
    FAILED = "failed", "最近一次检验不合格"
    GRADE = "grade", "安全状况等级不允许使用"
    MONITORED_USE_EXHAUSTED = "monitored_use_exhausted", "监控使用期限已用完"
    PAST_SCRAP_AGE = "past_scrap_age", "已超过报废年限"


class WhyNotRunning(Term):
    NOT_YET_IN_USE = "not_yet_in_use", "尚未投入使用"
    STOPPED = "stopped", "停用中"
    SCRAPPED = "scrapped", "已报废"
    CANCELLED = "cancelled", "已注销"
    DISMANTLED = "dismantled", "已拆除"
    EXEMPT_BY_DESIGN = "exempt_by_design", "设计规定不实施定期检验"
    NOT_SUBJECT = "not_subject", "不适用此项检验"


class BeforeUse(Term):
    """What must happen before a stopped device runs again."""

    INSPECTION = "inspection", "重新启用前须先检验"
    SELF_CHECK = "self_check", "重新启用前须自行检查并办理启用手续"


class WarningCode(Term):
    """A remark beside an answer; the label is the sentence shown."""

    REPORT_AFTER_LATEST = "report_after_latest", "报告载明的日期晚于规则允许的最长期限，请核对。"
    BOUND_UNKNOWN = "bound_unknown", "资料不全，无法核对规则允许的最长期限。"
    CONCLUSION_MISSING = "conclusion_missing", "最近一次检验没有（有效的）结论，请补录。"
    EDITION_ASSUMED = "edition_assumed", "起算日早于已知的最早版本，暂按该版本计算。"
    UNVERIFIED_RULE = "unverified_rule", "所依据的规定未能查实，请核对原文后再采信。"
    GRADE_SYSTEM_WITHDRAWN = "grade_system_withdrawn", "现行规范已无此管道级别，请重新定级。"
    DESIGN_LIFE_REACHED = "design_life_reached", "已达到设计使用年限，继续使用须经检验或安全评估并办理变更。"
    PRECISION_MONTH = "precision_month", "日期只精确到月份。"
    TRAIT_IGNORED = "trait_ignored", "所填的一项条件按规定不适用，未予采用。"
    SUPERVISED_USE = "supervised_use", "最近一次检验结论为监督运行，使用须按监控要求进行。"
    CUT_TO_SCRAP_AGE = "cut_to_scrap_age", "日期晚于报废期限，已截止到报废期限。"


class Missing(Term):
    """A fact to go and find, or a decision to obtain; the ids of traits and fields are used as they are."""

    PUT_INTO_USE_ON = "put_into_use_on", "投入使用日期"
    MADE_ON = "made_on", "制造日期"
    COMPLETED_ON = "completed_on", "最近一次检验日期"
    CONCLUSION = "conclusion", "最近一次检验的结论"
    GRADE = "grade", "安全状况等级"
    MATERIAL = "material", "材料（金属或非金属）"
    MEDIUM_GROUP = "medium_group", "介质组别（A 或 B）"
    CYLINDER = "cylinder", "气瓶种类"
    GAS = "gas", "充装气体类别"
    PIPE_GRADE = "pipe_grade", "管道级别"
    PIPE_MATERIAL = "pipe_material", "管道材质"
    ON = "on", "所装设备（锅炉、容器或管道）"
    INSTITUTION_DECISION = "institution_decision", "检验机构确定的下次检验日期"
    USER_DECISION = "user_decision", "使用单位确定的周期"
    RULE_UNKNOWN = "rule_unknown", "规则的期限（尚未查实）"


DATE_FACTS = frozenset({Missing.PUT_INTO_USE_ON, Missing.MADE_ON, Missing.COMPLETED_ON})


class Conclusion(Term):
    """The words a report may print (regulations §11); the id is the word itself."""

    QUALIFIED = "合格", "合格"
    QUALIFIED_AFTER_REPEAT = "复检合格", "复检合格"
    MEETS = "符合要求", "符合要求"
    BASICALLY_MEETS = "基本符合要求", "基本符合要求"
    USE_ALLOWED = "允许使用", "允许使用"
    RUNNING_ALLOWED = "允许运行", "允许运行"
    SUPERVISED = "监督运行", "监督运行"
    AFTER_RECTIFICATION = "整改后运行", "整改后运行"
    NOT_QUALIFIED = "不合格", "不合格"
    DOES_NOT_MEET = "不符合要求", "不符合要求"

    @property
    def failed(self) -> bool:
        return self in _FAILED

    @property
    def qualified(self) -> bool:
        """整改后运行 is neither: it counts as no conclusion until the re-inspection."""
        return self not in _FAILED and self is not Conclusion.AFTER_RECTIFICATION


_FAILED = frozenset({Conclusion.NOT_QUALIFIED, Conclusion.DOES_NOT_MEET})

GRADES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class _KindFacts:
    prefix: str
    clocks: tuple[Clock, ...]
    deep: Clock
    traits: Mapping[str, Trait]


def _kind(prefix: str, clocks: tuple[Clock, ...], deep: Clock, *traits: Trait) -> _KindFacts:
    return _KindFacts(prefix, clocks, deep, MappingProxyType({trait.name: trait for trait in traits}))


class Kind(Term):
    BOILER = "boiler", "锅炉"
    FIXED_VESSEL = "fixed_vessel", "固定式压力容器"
    MOBILE_VESSEL = "mobile_vessel", "移动式压力容器"
    CYLINDER = "cylinder", "气瓶（批）"
    CHAMBER = "chamber", "氧舱"
    INDUSTRIAL_PIPE = "industrial_pipe", "工业管道"
    PUBLIC_PIPE = "public_pipe", "公用管道"
    LONG_DISTANCE_PIPE = "long_distance_pipe", "长输管道"
    SAFETY_VALVE = "safety_valve", "安全阀"
    BURSTING_DISC = "bursting_disc", "爆破片装置"
    GAUGE = "gauge", "压力表"


_LIGHT_AND_PERIODIC = (Clock.ANNUAL, Clock.PERIODIC)
_LIGHT_AND_FULL = (Clock.ANNUAL, Clock.FULL)

_KINDS: Mapping[Kind, _KindFacts] = MappingProxyType(
    {
        Kind.BOILER: _kind(
            "1",
            (Clock.EXTERNAL, Clock.INTERNAL, Clock.PRESSURE_TEST),
            Clock.INTERNAL,
            flag("power_station", "电站锅炉"),
            flag("complete_plant", "成套装置中的锅炉"),
            flag("class_d", "D级锅炉"),
            flag("internal_inspection_possible", "能够进行内部检验", default=True),
        ),
        Kind.FIXED_VESSEL: _kind(
            "21",
            _LIGHT_AND_PERIODIC,
            Clock.PERIODIC,
            choice("material", "材料", MappingProxyType({"metal": "金属", "nonmetal": "非金属"})),
            flag("sphere_rm540", "标准抗拉强度下限值不小于540MPa钢制球罐"),
            flag("ammonium_sulphite_digester", "亚铵法造纸蒸球"),
            flag("same_medium", "仍用于原介质", default=True),
            flag("low_corrosion_proved", "已证实腐蚀速率低于0.1mm/年或衬里完好"),
            flag("rbi", "实施基于风险的检验（RBI）"),
            flag("simple", "简单压力容器"),
            Trait("monitored_since", "监控使用起始日期", "date"),
        ),
        Kind.MOBILE_VESSEL: _kind(
            "22",
            _LIGHT_AND_FULL,
            Clock.FULL,
            choice(
                "medium_group",
                "介质组别",
                MappingProxyType({"A": "A组（天然气、氢气等）", "B": "B组（氮气、氦气、氩气、氖气、空气等）"}),
                None,
                "2230",
                "2250",
            ),
        ),
        Kind.CYLINDER: _kind(
            "23",
            (Clock.PERIODIC,),
            Clock.PERIODIC,
            choice("cylinder", "气瓶种类", CYLINDERS),
            Trait(
                "gas",
                "充装气体",
                "choices",
                MappingProxyType({"inert": "惰性气体", "corrosive": "腐蚀性气体", "other": "其他气体"}),
            ),
            flag("taxi", "出租车用"),
        ),
        Kind.CHAMBER: _kind("24", _LIGHT_AND_PERIODIC, Clock.PERIODIC),
        Kind.INDUSTRIAL_PIPE: _kind(
            "83",
            _LIGHT_AND_PERIODIC,
            Clock.PERIODIC,
            choice(
                "pipe_grade",
                "管道级别",
                MappingProxyType({"GC1": "GC1级", "GC2": "GC2级", "GC3": "GC3级", "GCD": "GCD级"}),
            ),
            flag("rbi", "实施基于风险的检验（RBI）"),
        ),
        Kind.PUBLIC_PIPE: _kind(
            "82",
            _LIGHT_AND_FULL,
            Clock.FULL,
            choice("pipe_grade", "管道级别", PUBLIC_GRADES),
            choice(
                "pipe_material",
                "管道材质",
                MappingProxyType({"steel": "钢管", "pe": "聚乙烯管", "cast_iron": "铸铁管"}),
            ),
        ),
        Kind.LONG_DISTANCE_PIPE: _kind("81", _LIGHT_AND_FULL, Clock.FULL),
        Kind.SAFETY_VALVE: _kind(
            "7310",
            (Clock.CALIBRATION,),
            Clock.CALIBRATION,
            choice("on", "所装设备", ON),
            choice(
                "extension",
                "校验周期延长条件",
                MappingProxyType(
                    {
                        "none": "不延长",
                        "three_years": "满足延长至3年的条件",
                        "five_years": "满足延长至5年的条件",
                    }
                ),
                "none",
            ),
        ),
        Kind.BURSTING_DISC: _kind(
            "F220", (Clock.REPLACEMENT,), Clock.REPLACEMENT, flag("severe_service", "苛刻条件下使用")
        ),
        Kind.GAUGE: _kind(
            "F000",
            (Clock.VERIFICATION,),
            Clock.VERIFICATION,
            choice("accessory", "安全附件种类", MappingProxyType({"gauge": "压力表"})),
            choice("on", "所装设备", ON),
        ),
    }
)

DEEP_CLOCK: Mapping[Kind, Clock] = MappingProxyType({kind: row.deep for kind, row in _KINDS.items()})
"""The clock an unnamed 检验日期 belongs to."""

EXEMPTIBLE_CLOCKS = frozenset({Clock.PERIODIC, Clock.FULL, Clock.INTERNAL})
"""The clocks that 设计规定不实施定期检验 concerns."""

SHUTDOWN_CLOCKS = frozenset({Clock.INTERNAL, Clock.PERIODIC, Clock.FULL, Clock.PRESSURE_TEST})
"""The clocks whose inspection needs the equipment out of operation."""

FINAL_STATUSES = frozenset({Status.SCRAPPED, Status.CANCELLED, Status.DISMANTLED})

_CODE = re.compile(r"[0-9A-Z]{4}")


def kind_of(catalogue_code: str, traits: Mapping[str, object] | None = None) -> Kind | None:
    """The kind a code of the 特种设备目录 belongs to; None outside our table.

    F000 (安全附件) is a gauge only where the trait `accessory` says so.
    """
    if _CODE.fullmatch(catalogue_code) is None:
        return None
    kind = next((kind for kind, row in _KINDS.items() if catalogue_code.startswith(row.prefix)), None)
    if kind is Kind.GAUGE and (traits or {}).get("accessory") != "gauge":
        return None
    return kind


def clocks_of(kind: Kind) -> tuple[Clock, ...]:
    """The clocks that run for a kind, in the order in which answers are given."""
    return _KINDS[kind].clocks


def traits_of(kind: Kind) -> Mapping[str, Trait]:
    return _KINDS[kind].traits


def catalogue_prefix(kind: Kind) -> str:
    return _KINDS[kind].prefix
