"""The properties of a kind of equipment that a rule may look at, and the words for their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

TraitKind = Literal["flag", "choice", "choices", "date"]


@dataclass(frozen=True, slots=True)
class Trait:
    """A property of a kind of equipment that a rule may look at.

    `values` are the lawful words with their Chinese terms; `default` stands where the trait is absent
    (None: absent means unknown); `codes` narrows it to some catalogue codes.
    """

    name: str
    label: str
    type: TraitKind = "flag"
    values: Mapping[str, str] = field(default_factory=dict)
    default: object = None
    codes: frozenset[str] | None = None

    @property
    def lawful(self) -> tuple[object, ...]:
        return (False, True) if self.type == "flag" else tuple(self.values)

    def word(self, value: object) -> str:
        """The Chinese word for one value."""
        if isinstance(value, bool):
            return "是" if value else "否"
        return self.values.get(str(value), str(value))


def flag(name: str, label: str, default: bool = False) -> Trait:
    return Trait(name, label, "flag", default=default)


def choice(name: str, label: str, values: Mapping[str, str], default: str | None = None, *codes: str) -> Trait:
    return Trait(name, label, "choice", values, default, frozenset(codes) or None)


ON = MappingProxyType({"boiler": "锅炉", "vessel": "压力容器", "pipe": "压力管道"})
CYLINDERS = MappingProxyType(
    {
        "seamless_steel": "钢质无缝气瓶",
        "aluminium_seamless": "铝合金无缝气瓶",
        "welded_steel": "钢质焊接气瓶",
        "lpg": "液化石油气钢瓶",
        "acetylene": "溶解乙炔气瓶",
        "cryogenic": "低温绝热气瓶",
        "breathing": "呼吸器用气瓶",
        "vehicle_cng": "车用压缩天然气瓶",
        "vehicle_lpg": "车用液化石油气钢瓶",
    }
)
PUBLIC_GRADES = MappingProxyType(
    {
        "GB1-I": "GB1-Ⅰ级",
        "GB1-II": "GB1-Ⅱ级",
        "GB1-III": "GB1-Ⅲ级",
        "GB1-IV": "GB1-Ⅳ级",
        "GB1-V": "GB1-Ⅴ级",
        "GB1-VI": "GB1-Ⅵ级",
        "GB1": "GB1级（未分等）",
        "GB2": "GB2级",
    }
)
