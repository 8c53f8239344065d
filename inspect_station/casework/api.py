"""Applications as JSON: /api/v1/applications."""

# mypy: disallow-untyped-decorators=False
# flask-smorest ships no types.
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.casework import service
from inspect_station.casework.cases import Filters
from inspect_station.casework.schemas import (
    ApplicationList,
    ApplicationWhole,
    CaseQuery,
    NewApplicationSchema,
    ReasonSchema,
)
from inspect_station.registry import cursors
from inspect_station.web import check_etag, json_response, now, today, with_etag

api = Blueprint("api_applications", __name__, url_prefix="/api/v1/applications", description="报检")
_HEADERS = [
    {"in": "header", "name": name, "schema": {"type": "string", "maxLength": 100}, "required": False}
    for name in ("Idempotency-Key", "If-Match")
]


class ApplicationQuery(CaseQuery):
    """The list through the API: the oldest first, as every list of the API."""


@api.get("")
@api.arguments(ApplicationQuery, location="query", unknown=RAISE)
@api.response(200, ApplicationList)
def list_applications(given: dict[str, Any]) -> Response:
    """报检清单"""
    filters = Filters(given["state"], given.get("enterprise"), given.get("keeper"), given["late"], given["q"])
    after = cursors.after(given["cursor"], service.cases.SORTS, given["sort"])
    page = service.cases.page(
        current_actor(), filters, today(), sort=given["sort"], after=after, size=given["per_page"]
    )
    answer = {
        "items": [_shown(row) for row in page.rows],
        "total": page.total,
        "next": cursors.encode(page.next_keys),
    }
    return json_response({**answer, "total_capped": True} if page.capped else answer)


@api.get("/<int:application_id>")
@api.response(200, ApplicationWhole)
def get_application(application_id: int) -> Response:
    """一件报检"""
    return _answer(application_id)


@api.post("")
@api.doc(parameters=_HEADERS[:1])
@idempotent
@api.arguments(NewApplicationSchema)
@api.response(201, ApplicationWhole)
def add_application(given: dict[str, Any]) -> Response:
    """提交报检"""
    actor = current_actor()
    items = [(item["equipment_id"], item["clock"]) for item in given.pop("items")]
    source = "desk" if actor.is_staff else "portal"
    number = service.apply(actor, given.pop("enterprise_id"), items, source=source, now=now(), **given)
    response = _answer(number, 201)
    response.headers["Location"] = url_for("api_applications.get_application", application_id=number)
    return response


@api.post("/<int:application_id>/accept")
@api.doc(parameters=_HEADERS)
@idempotent
@api.response(200, ApplicationWhole)
def accept_application(application_id: int) -> Response:
    """受理"""
    _check(application_id)
    service.deciding.accept(current_actor(), application_id, now=now())
    return _answer(application_id)


@api.post("/<int:application_id>/refuse")
@api.doc(parameters=_HEADERS)
@idempotent
@api.arguments(ReasonSchema)
@api.response(200, ApplicationWhole)
def refuse_application(given: dict[str, Any], application_id: int) -> Response:
    """不予受理"""
    _check(application_id)
    service.deciding.refuse(current_actor(), application_id, reason=given["reason"], now=now())
    return _answer(application_id)


@api.post("/<int:application_id>/withdraw")
@api.doc(parameters=_HEADERS)
@idempotent
@api.arguments(ReasonSchema)
@api.response(200, ApplicationWhole)
def withdraw_application(given: dict[str, Any], application_id: int) -> Response:
    """撤回"""
    check_etag(service.cases.get(current_actor(), application_id, today())["revision"])
    service.deciding.withdraw(current_actor(), application_id, reason=given["reason"], now=now())
    return _answer(application_id)


def _check(application_id: int) -> None:
    row = service.cases.get(current_actor(), application_id, today())
    current_actor().need("edit")
    check_etag(row["revision"])


def _answer(application_id: int, status: int = 200) -> Response:
    row = service.cases.get(current_actor(), application_id, today())
    items = service.cases.items(current_actor(), application_id, 2000)
    whole = _shown(row) | {"items": [_item(item) for item in items]}
    return with_etag(json_response(whole, status), row["revision"])


_PLAIN = (
    "id", "number", "state", "source", "submitted_at", "submitted_by", "decided_at", "refusal", "agreed_on", "closed_at",
    "item_count", "wished_from", "wished_to", "shutdown", "note", "contact", "phone", "revision",
)  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(row[name]) for name in _PLAIN} | {
        "enterprise_id": row["enterprise"],
        "enterprise": row["enterprise_name"],
        "keeper_id": row["keeper"],
        "keeper": row["keeper_name"],
        "very_late_count": row["late_count"],
        "promises": [
            {"step": p.step, "due_on": _value(p.due_on), "done_on": _value(p.done_on), "state": p.state}
            for p in row["promises"]
        ],
    }


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    named = {"equipment_id": item["equipment"], "inspection_id": item["inspection"]}
    return named | {n: _value(item[n]) for n in ("clock", "due_on", "very_late", "open", "outcome")}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
