"""The outbox as JSON."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.reminders import records, service
from inspect_station.reminders.records import Filters
from inspect_station.reminders.schemas import ListSchema, RemindSchema, StopSchema
from inspect_station.validation import StationSchema
from inspect_station.web import (
    check_etag,
    decode_cursor,
    encode_cursor,
    json_response,
    now,
    settings,
    today,
    with_etag,
)

api = Blueprint("reminders_api", __name__, url_prefix="/api/v1/reminders", description="提醒：发出的、待发的、失败的")


class ReminderListSchema(StationSchema):
    """For the description only: the answer is written without it."""

    items = fields.List(fields.Dict())
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)


class ReminderSchema(StationSchema):
    """One message, for the description only."""

    id = fields.Integer()
    number = fields.String()
    enterprise_id = fields.Integer()
    enterprise = fields.String()
    day = fields.Date()
    channel = fields.String()
    recipient = fields.String()
    recipient_name = fields.String()
    manual = fields.Boolean()
    subject = fields.String()
    state = fields.String()
    reason = fields.String()
    doubtful = fields.Boolean(metadata={"description": "可能重复送达"})
    tries = fields.Integer()
    next_at = fields.DateTime(allow_none=True)
    created_at = fields.DateTime()
    done_at = fields.DateTime(allow_none=True)
    revision = fields.Integer()
    text = fields.String()
    items = fields.List(fields.Dict())
    attempts = fields.List(fields.Dict())


@api.get("")
@api.arguments(ListSchema, location="query", unknown=RAISE)
@api.alt_response(200, schema=ReminderListSchema, description="一页提醒，新的在前")
def reminders(args: dict[str, Any]) -> Response:
    per_page, cursor = args.pop("per_page"), args.pop("cursor", None)
    after = decode_cursor(cursor, 1)[0] if cursor else None
    page = records.page_of(current_actor(), Filters(**args), after, per_page)
    body = {
        "items": [records.json_of(row) for row in page.rows],
        "total": page.total,
        "total_capped": page.capped,
        "next": encode_cursor(page.following) if page.following else None,
    }
    return json_response(body)


@api.get("/<int:message_id>")
@api.alt_response(200, schema=ReminderSchema, description="一条提醒：内容、设备、每次发送")
def reminder(message_id: int) -> Response:
    return _shown(message_id)


def _shown(message_id: int, status: int = 200) -> Response:
    record = records.record_of(current_actor(), settings(), message_id, today())
    devices = [records.item_json(item, reason) for reason, item in [*record.items, *record.dropped]]
    attempts = [{**a, "at": a["at"].isoformat()} for a in record.attempts]
    body = records.json_of(record.row) | {"text": record.text, "items": devices, "attempts": attempts}
    return with_etag(json_response(body, status), record.row["revision"])


@api.post("")
@idempotent
@api.arguments(RemindSchema, unknown=RAISE)
@api.alt_response(201, schema=ReminderListSchema, description="写好的提醒")
def remind(args: dict[str, Any]) -> Response:
    made = service.remind_now(current_actor(), settings(), args["ids"], today(), now())
    items = [{"id": number} for number in made]
    return json_response({"items": items, "total": len(made), "total_capped": False, "next": None}, 201)


@api.post("/<int:message_id>/resend")
@idempotent
@api.alt_response(200, schema=ReminderSchema, description="重新发送后的提醒")
def resend(message_id: int) -> Response:
    _check_revision(message_id)
    service.resend(current_actor(), message_id, now())
    return _shown(message_id)


@api.post("/<int:message_id>/stop")
@idempotent
@api.arguments(StopSchema, unknown=RAISE)
@api.alt_response(200, schema=ReminderSchema, description="停发后的提醒")
def stop(args: dict[str, Any], message_id: int) -> Response:
    _check_revision(message_id)
    service.stop(current_actor(), message_id, args["reason"], now())
    return _shown(message_id)


def _check_revision(message_id: int) -> None:
    check_etag(records.record_of(current_actor(), settings(), message_id, today()).row["revision"])
