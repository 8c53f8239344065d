"""The due list, a device's due dates and the rules, as JSON."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from inspect_station.accounts.guard import current_actor
from inspect_station.duelist import rules, service
from inspect_station.duelist.query import Filters
from inspect_station.duelist.schemas import DueQuerySchema
from inspect_station.validation import StationSchema
from inspect_station.web import AskedArguments, decode_cursor, encode_cursor, json_response, today


class _Blueprint(Blueprint):
    ARGUMENTS_PARSER = AskedArguments()


api = _Blueprint("duelist_api", __name__, url_prefix="/api/v1", description="到期清单、到期依据、规则")


_QUERY = DueQuerySchema()  # made once: a schema costs more than the check


class DueListSchema(StationSchema):
    """For the description only: the answer is written without it."""

    items = fields.List(fields.Dict())
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)


@api.get("/due")
@api.arguments(_QUERY, location="query", unknown=RAISE)
@api.alt_response(200, schema=DueListSchema, description="一页到期项目")
def due(args: dict[str, Any]) -> Response:
    sort, per_page, cursor = args.pop("sort"), args.pop("per_page"), args.pop("cursor", None)
    length = service.key_count(sort)
    place = service.Place(decode_cursor(cursor, length) if cursor else ())
    items, following, (total, capped) = service.due_json(
        current_actor(), Filters(**args), sort, place, per_page, today()
    )
    following_text = f'"{encode_cursor(*following)}"' if following else "null"
    tail = f',"total":{total},"total_capped":{"true" if capped else "false"},"next":{following_text}}}'
    return Response(b'{"items":' + items + tail.encode(), mimetype="application/json")


@api.get("/equipment/<int:equipment_id>/due")
@api.alt_response(200, schema=DueListSchema, description="一台设备的全部到期项目，含依据与确认人")
def equipment_due(equipment_id: int) -> Response:
    items = service.device_items(current_actor(), equipment_id, today())
    return json_response({"items": items, "total": len(items), "next": None})


@api.get("/rules")
@api.alt_response(200, schema=DueListSchema, description="全部规则与确认情况")
def rule_list() -> Response:
    items = rules.as_json(current_actor(), today())
    return json_response({"items": items, "total": len(items), "next": None})
