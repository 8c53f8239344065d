"""Visits as JSON: /api/v1/clinic/visits. A whole record comes in one request, safe to send again under its key."""

# mypy: disallow-untyped-decorators=False
# flask-smorest ships no types.
import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.clinic import service
from inspect_station.clinic.recording import HEAD, WRITABLE, Given, Record
from inspect_station.clinic.schemas import NewVisitSchema, RecordSchema, VisitList, VisitQuery, VisitWhole
from inspect_station.clinic.visits import SORTS, Filters
from inspect_station.errors import InvalidInput
from inspect_station.registry import cursors
from inspect_station.web import accepts, check_etag, json_response, now, settings, today, with_etag

api = Blueprint("api_clinic", __name__, url_prefix="/api/v1/clinic", description="工业诊所")
_HEADERS = [
    {"in": "header", "name": name, "schema": {"type": "string", "maxLength": 100}, "required": False}
    for name in ("Idempotency-Key", "If-Match")
]


@api.get("/visits")
@api.arguments(VisitQuery, location="query", unknown=RAISE)
@api.response(200, VisitList)
def list_visits(given: dict[str, Any]) -> Response:
    """出诊清单"""
    filters = Filters(
        given["state"], given.get("enterprise"), given.get("inspector"), given["since"], given["until"], given["q"]
    )
    after = cursors.after(given["cursor"], SORTS, given["sort"])
    page = service.visits.page(current_actor(), filters, sort=given["sort"], after=after, size=given["per_page"])
    answer = {
        "items": [_shown(row) for row in page.rows],
        "total": page.total,
        "next": cursors.encode(page.next_keys),
    }
    return json_response({**answer, "total_capped": True} if page.capped else answer)


@api.get("/visits/<int:visit_id>")
@api.response(200, VisitWhole)
def get_visit(visit_id: int) -> Response:
    """一次出诊"""
    return _answer(visit_id)


@api.post("/visits")
@api.doc(parameters=_HEADERS[:1])
@idempotent
@api.arguments(NewVisitSchema)
@api.response(201, VisitWhole)
def add_visit(given: dict[str, Any]) -> Response:
    """安排出诊"""
    current_actor().need("edit")
    origin = "inspection" if given["task"] else "request" if given["request"] else "other"
    number = service.visits.plan(current_actor(), given.pop("enterprise_id"), **given, origin=origin, now=now())
    response = _answer(number, 201)
    response.headers["Location"] = url_for("api_clinic.get_visit", visit_id=number)
    return response


@api.post("/visits/<int:visit_id>/start")
@api.doc(parameters=_HEADERS)
@idempotent
@api.response(200, VisitWhole)
def start_visit(visit_id: int) -> Response:
    """开始出诊"""
    _check(visit_id)
    service.visits.start(current_actor(), visit_id, now=now())
    return _answer(visit_id)


@api.post("/visits/<int:visit_id>/record")
@accepts(128)
@api.doc(parameters=_HEADERS)
@idempotent
@api.arguments(RecordSchema)
@api.response(200, VisitWhole)
def record_visit(given: dict[str, Any], visit_id: int) -> Response:
    """保存出诊记录（照片和签字一并提交）"""
    _check(visit_id)
    findings = [_given(place, one) for place, one in enumerate(given["findings"])]
    record = Record(
        {name: given[name] for name in HEAD}, findings, given["devices"], given["signature"], finish=given["finish"]
    )
    service.recording.save(
        current_actor(), visit_id, record, now=now(), files_dir=settings().files_dir, revision=given["revision"]
    )
    return _answer(visit_id)


def _given(place: int, one: Mapping[str, Any]) -> Given:
    pictures = [_picture(photo) for photo in one["photos"]]
    return Given(place, {n: one[n] for n in WRITABLE}, one["id"], remove=one["remove"], pictures=pictures)


def _picture(photo: Mapping[str, Any]) -> tuple[str, bytes]:
    try:
        return photo["name"], base64.b64decode(photo["data"], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("照片应以 base64 提交。", {"photos": ["应为 base64"]}) from None


def _check(visit_id: int) -> None:
    row = service.visits.get(current_actor(), visit_id)
    current_actor().need("edit")
    check_etag(row["revision"])


def _answer(visit_id: int, status: int = 200) -> Response:
    row = service.visits.get(current_actor(), visit_id)
    found = service.findings.of_visit(current_actor(), visit_id, today())
    whole = _shown(row) | {"devices": [d["id"] for d in row["devices"]], "findings": [_finding(one) for one in found]}
    return with_etag(json_response(whole, status), row["revision"])


_PLAIN = (
    "id", "number", "state", "kind", "origin", "planned_on", "visited_on", "summary", "minutes", "signed_by", "revision",
)  # fmt: skip
_OF_FINDING = (
    "id", "symptom", "diagnosis", "basis", "grade", "measure", "who", "deadline", "state", "unit_told_at",
    "authority_told_at", "ended_at",
)  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(row[name]) for name in _PLAIN} | {
        "enterprise_id": row["enterprise"],
        "enterprise": row["enterprise_name"],
        "inspector_id": row["inspector"],
        "inspector": row["inspector_name"],
        "findings_total": row["found_count"],
        "findings_open": row["open_count"],
    }


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {"equipment_id": row["equipment"], "repeats_id": row["repeats"]}
    return named | {name: _value(row[name]) for name in _OF_FINDING}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
