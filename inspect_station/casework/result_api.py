"""POST /api/v1/results: a result with its photos in one request, safe to send again under the same Idempotency-Key."""

# mypy: disallow-untyped-decorators=False
# flask-smorest ships no types.
import base64
import binascii
from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.casework import service
from inspect_station.casework.schemas import NewResultSchema, ResultOut
from inspect_station.errors import InvalidInput
from inspect_station.web import accepts, json_response, now, settings, today

api = Blueprint("api_results", __name__, url_prefix="/api/v1/results", description="检验结果")
_KEY = [
    {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 100}, "required": False}
]


@api.post("")
@accepts(64)
@api.doc(parameters=_KEY)
@idempotent
@api.arguments(NewResultSchema)
@api.response(201, ResultOut)
def add_result(given: dict[str, Any]) -> Response:
    """登记检验结果（可多台）"""
    current_actor().need("edit")
    pictures = [_picture(photo) for photo in given.pop("photos")]
    more = {name: given.pop(name) for name in ("reason", "filled_on", "inspector_ids")}
    ids = given.pop("equipment_ids")
    report = service.results.record(
        current_actor(), ids, given, now=now(), files_dir=settings().files_dir, pictures=pictures, **more
    )
    row = service.reports.get(current_actor(), report, today())
    where = url_for("casework.report", report_id=report)
    made = {"report_id": report, "inspection_ids": [item["current"] for item in row["items"]], "url": where}
    response = json_response(made, 201)
    response.headers["Location"] = where
    return response


def _picture(photo: dict[str, Any]) -> tuple[str, bytes]:
    try:
        return photo["name"], base64.b64decode(photo["data"], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("照片应以 base64 提交。", {"photos": ["应为 base64"]}) from None
