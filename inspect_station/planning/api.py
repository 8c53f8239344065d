"""Plans and visits as JSON. An enterprise sees its own published visits and no plan."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.planning.schemas import CounterSchema, PlanListSchema, VisitListSchema, VisitMoveSchema
from inspect_station.planning.service import Target, Visit, agreeing, comparing, moving, plans, published, reading
from inspect_station.validation import StationSchema
from inspect_station.web import TOTAL_CAP, check_etag, decode_cursor, encode_cursor, json_response, now, with_etag

plans_api = Blueprint(
    "api_plans", __name__, url_prefix="/api/v1/plans", description="计划：排好的、执行中的、比较用的"
)
visits_api = Blueprint("api_visits", __name__, url_prefix="/api/v1/visits", description="到访：谁哪天去哪家企业")


class ListedSchema(StationSchema):
    """For the description only: the answer is written without it."""

    items = fields.List(fields.Dict())
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)


class PlanSchema(StationSchema):
    id = fields.Integer()
    name = fields.String()
    state = fields.String()
    what_if = fields.Boolean()
    as_of = fields.Date()
    first_on = fields.Date()
    last_on = fields.Date()
    made_by = fields.String()
    created_at = fields.DateTime()
    approved_at = fields.DateTime(allow_none=True)
    published_until = fields.Date(allow_none=True)
    figures = fields.Dict()
    objective = fields.Dict(allow_none=True)
    bounds = fields.Dict(allow_none=True)
    gap = fields.Dict(allow_none=True)
    unplanned = fields.List(fields.Dict())


class VisitSchema(StationSchema):
    id = fields.Integer()
    plan_id = fields.Integer()
    enterprise_id = fields.Integer()
    enterprise = fields.String()
    date = fields.Date()
    start = fields.Integer(metadata={"description": "检验日的第几分钟开始"})
    minutes = fields.Integer()
    inspectors = fields.List(fields.Dict())
    items = fields.List(fields.Dict())
    count = fields.Integer()
    done = fields.Integer()
    pinned = fields.Boolean()
    answer = fields.String()
    counter_on = fields.Date(allow_none=True)
    revision = fields.Integer()


@plans_api.get("")
@plans_api.arguments(PlanListSchema, location="query", unknown=RAISE)
@plans_api.alt_response(200, schema=ListedSchema, description="一页计划，新的在前")
def list_plans(args: dict[str, Any]) -> Response:
    before = decode_cursor(args["cursor"], 1)[0] if args["cursor"] else None
    rows = plans.listed(current_actor(), before=before, size=args["per_page"] + 1)
    more = len(rows) > args["per_page"]
    rows = rows[: args["per_page"]]
    return json_response(
        {
            "items": [_plan(row) for row in rows],
            "total": min(plans.count(), TOTAL_CAP),
            "total_capped": plans.count() > TOTAL_CAP,
            "next": encode_cursor(rows[-1]["id"]) if more else None,
        }
    )


@plans_api.get("/<int:plan_id>")
@plans_api.alt_response(200, schema=PlanSchema, description="一份计划，连同未排的项目和原因")
def get_plan(plan_id: int) -> Response:
    plan = plans.get(current_actor(), plan_id)
    result = plan.result or {}
    body = _plan(plan.__data__) | {
        "figures": comparing.strip(plan),
        "objective": result.get("objective"),
        "bounds": result.get("bounds"),
        "gap": result.get("gap"),
        "unplanned": [_item(row) for row in reading.unplanned(current_actor(), plan_id)],
    }
    return with_etag(json_response(body), plan.revision)


_PLAN = ("id", "name", "state", "what_if", "as_of", "first_on", "last_on", "made_by", "created_at", "approved_at")


def _plan(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in (*_PLAN, "published_until")}


@visits_api.get("")
@visits_api.arguments(VisitListSchema, location="query", unknown=RAISE)
@visits_api.alt_response(200, schema=ListedSchema, description="一页到访，按时间")
def list_visits(args: dict[str, Any]) -> Response:
    found = _visible(args)
    after = tuple(decode_cursor(args["cursor"], 3)) if args["cursor"] else None
    rest = [v for v in found if after is None or (v.on.isoformat(), v.start, v.id) > after]
    shown = rest[: args["per_page"]]
    last = shown[-1] if len(rest) > len(shown) else None
    return json_response(
        {
            "items": [_visit(v) for v in shown],
            "total": min(len(found), TOTAL_CAP),
            "total_capped": len(found) > TOTAL_CAP,
            "next": encode_cursor(last.on.isoformat(), last.start, last.id) if last else None,
        }
    )


def _visible(args: dict[str, Any]) -> list[Visit]:
    """Staff see the plan in force, an enterprise what was published of it."""
    actor = current_actor()
    if not actor.is_staff:
        return published(actor, args["since"], args["until"], enterprise_id=args["enterprise_id"])
    force = plans.in_force_id()
    if force is None:
        return []
    return reading.visits(actor, force, args["since"], args["until"], enterprise_id=args["enterprise_id"])


@visits_api.get("/<int:visit_id>")
@visits_api.alt_response(200, schema=VisitSchema, description="一次到访")
def get_visit(visit_id: int) -> Response:
    return _one(visit_id)


@visits_api.patch("/<int:visit_id>")
@idempotent
@visits_api.arguments(VisitMoveSchema, unknown=RAISE)
@visits_api.alt_response(200, schema=VisitSchema, description="移动后的到访")
@visits_api.alt_response(409, description="已与企业约定或已固定")
@visits_api.alt_response(412, description="刚被别人改过")
def move_visit(args: dict[str, Any], visit_id: int) -> Response:
    current_actor().need("edit")
    check_etag(reading.visit(current_actor(), visit_id).revision)
    target = Target(args["date"], tuple(args["inspectors"]), args["start"])
    return _one(moving.move(current_actor(), visit_id, target, now=now()))


@visits_api.post("/<int:visit_id>/agree")
@idempotent
@visits_api.alt_response(200, schema=VisitSchema, description="双方约定的到访")
def agree(visit_id: int) -> Response:
    agreeing.agree(current_actor(), visit_id, now())
    return _one(visit_id)


@visits_api.post("/<int:visit_id>/counter")
@idempotent
@visits_api.arguments(CounterSchema, unknown=RAISE)
@visits_api.alt_response(200, schema=VisitSchema, description="企业希望另一天")
def counter(args: dict[str, Any], visit_id: int) -> Response:
    agreeing.counter(current_actor(), visit_id, args["on"], args["note"], now())
    return _one(visit_id)


def _one(visit_id: int) -> Response:
    actor = current_actor()
    visit = reading.visit(actor, visit_id)
    items = [_item(row) for row in reading.of_visit(actor, visit.plan_id, visit.id)]
    return with_etag(json_response(_visit(visit) | {"items": items}), visit.revision)


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "plan_id": visit.plan_id,
        "enterprise_id": visit.enterprise_id,
        "enterprise": visit.enterprise,
        "date": visit.on,
        "start": visit.start,
        "minutes": visit.minutes,
        "inspectors": [{"id": number, "name": name} for number, name in visit.people],
        "count": visit.count,
        "done": visit.done,
        "pinned": visit.pinned,
        "answer": visit.answer,
        "counter_on": visit.counter_on,
        "revision": visit.revision,
    }


_ITEM = ("equipment_id", "enterprise_id", "enterprise", "name", "number", "clock", "kind", "due_on", "minutes", "people",
         "reason", "certificate", "why")  # fmt: skip


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _ITEM} | {"done": bool(row["done"])}
