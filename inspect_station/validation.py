"""marshmallow as the station speaks it: unknown fields refused, every sentence in Chinese."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from inspect_station.errors import InvalidInput

_FIELD_MESSAGES: dict[type[fields.Field[Any]], dict[str, str]] = {
    fields.Field: {"required": "请填写", "null": "不能为空", "validator_failed": "值不合要求"},
    fields.String: {"invalid": "应为文字", "invalid_utf8": "文字编码有误"},
    fields.Integer: {"invalid": "应为整数", "too_large": "数字太大"},
    fields.Number: {"invalid": "应为数字", "too_large": "数字太大"},
    fields.Boolean: {"invalid": "只能是“是”或“否”"},
    fields.Date: {"invalid": "日期应写成 2026-11-22 的样子", "format": "日期无法显示"},
    fields.DateTime: {"invalid": "时间应写成 2026-11-22T08:00:00 的样子"},
    fields.Email: {"invalid": "邮箱地址不对"},
    fields.Url: {"invalid": "网址不对"},
    fields.List: {"invalid": "应为列表"},
    fields.Dict: {"invalid": "应为对象"},
    fields.Nested: {"type": "结构不对"},
}


def speak_chinese() -> None:
    """Put Chinese sentences in place of marshmallow's English ones, once for the process."""
    for field_type, messages in _FIELD_MESSAGES.items():
        field_type.default_error_messages = {**field_type.default_error_messages, **messages}
    Schema.error_messages = {"unknown": "没有这个字段", "type": "应为一个 JSON 对象", "string": "字段名应为文字"}
    validate.Length.message_min = "至少 {min} 个字"
    validate.Length.message_max = "最多 {max} 个字"
    validate.Length.message_all = "应为 {min} 至 {max} 个字"
    validate.Length.message_equal = "应为 {equal} 个字"
    validate.Range.message_min = "应不小于 {{min}}"
    validate.Range.message_max = "应不大于 {{max}}"
    validate.Range.message_all = "应在 {{min}} 与 {{max}} 之间"
    validate.OneOf.default_message = "只能是：{choices}"
    validate.Regexp.default_message = "格式不对"


speak_chinese()


class StationSchema(Schema):
    """The base of every schema."""

    class Meta:
        unknown = RAISE
        ordered = True


def load(schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` checked by `schema`. Raises `InvalidInput` naming each field and why."""
    try:
        return dict(schema.load(data))
    except ValidationError as error:
        raise InvalidInput(*explain(error.messages, schema)) from error


def explain(messages: Any, schema: Schema | None = None) -> tuple[str, dict[str, list[str]]]:
    """One sentence for a person, and the sentences for each field, from marshmallow's nested messages."""
    flat = _flatten(messages)
    given = {f.data_key or name: f for name, f in (schema.fields if schema else {}).items()}
    labels = {name: f.metadata.get("label", name) for name, f in given.items()}
    labels |= {"_schema": "内容", "_": ""}
    parts = [f"{labels.get(name, name)}{sentences[0]}" for name, sentences in flat.items()]
    return "填写有误：" + "；".join(parts[:5]) + "。", flat


def _flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    if isinstance(messages, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in messages.items():
            found.update(_flatten(value, f"{prefix}.{key}" if prefix else str(key)))
        return found
    return {prefix or "_": [str(m) for m in messages]}
