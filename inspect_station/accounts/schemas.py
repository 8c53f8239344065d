"""What people type when they log in and set passwords."""

from marshmallow import fields, validate

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
