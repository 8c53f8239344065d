"""What an entry of the audit trail holds besides, in people's words: the stored names stay as they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from inspect_station.accounts.scope import ROLE_NAMES

NAMES = {
    "file": "文件",
    "size": "字节",
    "rows": "行数",
    "sheets": "工作表",
    "created": "新增",
    "changed": "更改",
    "unchanged": "不变",
    "refused": "退回",
    "not_pressure": "不属承压类",
    "preview": "预览",
    "role": "岗位",
    "login": "登录名",
    "name": "名称",
    "reason": "理由",
    "why": "原因",
    "summary": "摘要",
    "fields": "改动",
    "old": "原来",
    "new": "现在",
    "contact": "联系人",
    "inspection": "检验记录",
    "document": "文件",
    "location": "地点",
    "on": "日期",
    "until": "至",
    "clock": "检验项目",
    "years": "年份",
    "days": "天数",
    "devices": "设备数",
    "enterprise": "企业",
    "messages": "提醒",
    "version": "版本",
    "digest": "摘要值",
    "sha256": "校验值",
    "by_hand": "人工",
}


def shown(detail: Mapping[str, Any] | None, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label and text of each thing that says something. `words` are the names of the register's fields."""
    return list(_pairs(detail or {}, words))


def _pairs(detail: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in detail.items():
        text = _text(name, value, words)
        if text:
            yield NAMES.get(name, words.get(name, name)), text


def _text(name: str, value: Any, words: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "，".join(f"{label} {text}" for label, text in _pairs(value, words))
    if isinstance(value, list | tuple):
        return "、".join(_text(name, one, words) for one in value)
    if value in (None, "", 0):
        return ""
    return ROLE_NAMES.get(value, words.get(value, str(value))) if isinstance(value, str) else str(value)
