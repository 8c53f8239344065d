"""One month's figures as JSON: the page's numbers with their numerators and denominators."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields

from inspect_station.accounts.guard import current_actor
from inspect_station.validation import StationSchema
from inspect_station.web import json_response, today
from inspect_station.workload import service
from inspect_station.workload.counting import Figure

api = Blueprint("api_workload", __name__, url_prefix="/api/v1/workload", description="工作量：一个时段的指标")


class WorkloadSchema(StationSchema):
    """For the description only: the answer is written without it."""

    period = fields.String()
    first = fields.Date()
    last = fields.Date()
    before_until = fields.Date()
    year_ago_until = fields.Date()
    closed = fields.Boolean()
    figures = fields.Dict()
    by_kind = fields.List(fields.Dict())
    by_clock = fields.List(fields.Dict())
    by_business = fields.List(fields.Dict())
    overdue_by_reason = fields.List(fields.Dict())
    people = fields.List(fields.Dict())
    corrections = fields.List(fields.Dict())


@api.get("/<string:of>")
@api.alt_response(200, schema=WorkloadSchema, description="YYYY-MM；也可以是 YYYY-Qn、YYYY-Wnn、YYYY")
def period(of: str) -> Response:
    actor = current_actor()
    actor.need_staff()
    return json_response(_answer(actor, service.read(of)))


def _answer(actor: Any, asked: service.Period) -> dict[str, Any]:
    on = today()
    lines = service.month.lines(actor, asked, on)
    before, ago = asked.beside(on)
    apart = service.closing.told_apart(actor, asked, on, (*service.shares.BY, "why"))
    by = {f"by_{name}": apart[name] for name in service.shares.BY}
    return {
        "period": asked.key,
        "first": asked.first,
        "last": asked.last,
        "before_until": before.end,
        "year_ago_until": ago.end,
        "closed": service.closing.closed(actor, asked) is not None,
        "figures": {
            key: _figure(line.figure) | {"before": line.before.value, "year_ago": line.year_ago.value}
            for key, line in lines.items()
        },
        **by,
        "overdue_by_reason": apart["why"],
        "people": [_person(each) for each in service.closing.told_people(actor, asked)],
        "corrections": [
            {"figure": c.told.key, "told": c.told.value, "now": c.now.value}
            for c in service.closing.corrections(actor, asked, on)
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    """`value` null: 无数据."""
    return {
        "label": figure.definition.label,
        "value": figure.value,
        "unit": figure.definition.unit,
        "counted": figure.counted,
        "total": figure.total,
    }


def _person(person: service.people.Person) -> dict[str, Any]:
    return {
        "id": person.account_id,
        "name": person.name,
        "planned": person.planned,
        "done": person.done,
        **person.signed,
        "planned_minutes": person.planned_minutes,
        "capacity_minutes": person.capacity_minutes,
        "clinic_visits": person.clinic_visits,
    }
