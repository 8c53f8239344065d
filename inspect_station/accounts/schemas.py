"""What people type when they log in and set passwords."""

from typing import Any

from marshmallow import fields, pre_load, validate

from inspect_station.validation import StationSchema


class LoginSchema(StationSchema):
    login = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "登录名"})
    password = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "密码"})
    next = fields.String(load_default="")


class LinkSchema(StationSchema):
    password = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "新密码"})
    repeat = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "再输一遍"})


class PasswordSchema(StationSchema):
    old = fields.String(load_default="", metadata={"label": "原密码"})
    password = fields.String(required=True, metadata={"label": "新密码"})
    repeat = fields.String(required=True, metadata={"label": "再输一遍"})


class PersonSchema(StationSchema):
    login = fields.String(required=True, metadata={"label": "登录名"})
    name = fields.String(required=True, metadata={"label": "姓名"})
    role = fields.String(required=True, metadata={"label": "岗位"})
    enterprise_id = fields.Integer(load_default=None, allow_none=True, metadata={"label": "所属企业"})

    @pre_load
    def _blank_is_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "enterprise_id": data.get("enterprise_id") or None}


class TokenSchema(StationSchema):
    name = fields.String(required=True, validate=validate.Length(1, 100), metadata={"label": "用途"})
    account_id = fields.Integer(required=True, metadata={"label": "代表谁"})
