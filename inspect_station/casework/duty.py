"""The two duties of law on a severe hazard (安全法 art. 93): the unit and the authority are told at once, and when is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inspect_station.errors import Conflict, InvalidInput

SIDES: Mapping[str, str] = {"unit": "告知使用单位", "authority": "报告监管部门"}


def lines(row: Mapping[str, Any]) -> list[str]:
    """What has been told, for paper: the side, the moment, whom and how."""
    words = {"unit": "已告知使用单位", "authority": "已报告监管部门"}
    return [
        f"{words[side]}：{row[f'{side}_told_at']:%Y-%m-%d %H:%M} {row[f'{side}_told']}"
        for side in SIDES
        if row[f"{side}_told_at"]
    ]


def check(side: str, whom: str) -> None:
    """Raises `InvalidInput` for a side that is none, or where nobody is named."""
    if side not in SIDES:
        raise InvalidInput("请选择告知使用单位或报告监管部门。")
    if not whom.strip():
        raise InvalidInput("请写明告知了谁、用什么方式。", {side: ["请填写告知对象和方式"]})


def told(row: Mapping[str, Any], severe: bool, side: str, whom: str, now: datetime) -> dict[str, Any]:
    """The fields to write: the moment is the present one, never typed. Raises `Conflict` where it is no duty, or done."""
    if not severe:
        raise Conflict("只有严重隐患需要这一步。")
    if row[f"{side}_told_at"]:
        raise Conflict("这一步已经办过，时间不能更改。")
    return {f"{side}_told_at": now, f"{side}_told": whom.strip()[:200]}


def check_done(row: Mapping[str, Any], severe: bool) -> None:
    """Raises `Conflict` where a severe hazard is to be ended before both were told."""
    if severe and not (row["unit_told_at"] and row["authority_told_at"]):
        raise Conflict("严重隐患须先办完两步：告知使用单位、报告监管部门。")
