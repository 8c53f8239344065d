"""The answers as JSON."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from inspect_station.accounts.guard import current_actor
from inspect_station.reminders.answers import service
from inspect_station.reminders.answers.schemas import InboxSchema
from inspect_station.reminders.answers.service import Filters
from inspect_station.validation import StationSchema
from inspect_station.web import decode_cursor, encode_cursor, json_response

api = Blueprint("answers_api", __name__, url_prefix="/api/v1/answers", description="企业对提醒的答复")


class AnswerListSchema(StationSchema):
    """For the description only: the answer is written without it."""

    items = fields.List(fields.Dict())
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)


@api.get("")
@api.arguments(InboxSchema, location="query", unknown=RAISE)
@api.alt_response(200, schema=AnswerListSchema, description="一页答复，新的在前")
def answers(args: dict[str, Any]) -> Response:
    per_page, cursor = args.pop("per_page"), args.pop("cursor", None)
    after = decode_cursor(cursor, 1)[0] if cursor else None
    page = service.page_of(current_actor(), Filters(**args), after, per_page)
    body = {
        "items": [service.json_of(row) for row in page.rows],
        "total": page.total,
        "total_capped": page.capped,
        "next": encode_cursor(page.following) if page.following else None,
    }
    return json_response(body)
