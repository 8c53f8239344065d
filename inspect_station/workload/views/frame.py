"""What every page of the room asks for and shows around its content."""

from typing import Any

from flask import request

from inspect_station.accounts.guard import current_actor
from inspect_station.validation import load
from inspect_station.web import today
from inspect_station.workload import service
from inspect_station.workload.schemas import PeriodQuery


def asked(schema: Any) -> dict[str, Any]:
    return load(schema, {name: value for name, value in request.args.items() if value})


def typed(schema: Any) -> dict[str, Any]:
    """What a form holds, without what was left empty and the token that guards it."""
    return load(schema, {name: value for name, value in request.form.items() if value and name != "csrf_token"})


def period() -> service.Period:
    of = asked(PeriodQuery())["of"]
    return service.read(of) if of else service.around("month", today())


def frame(tab: str, period: service.Period | None = None, key: str = "") -> dict[str, Any]:
    """What every page of the room shows around its content."""
    actor = current_actor()
    period = period or service.around("month", today())
    return {
        "tab": tab,
        "here": "workload.rows" if key else f"workload.{tab}",
        "here_args": {"key": key} if key else {},
        "period": period,
        "asof": period.as_of(today()),
        "beside": period.beside(today()),
        "kinds": [(name, label, service.around(name, period.as_of(today())).key) for name, label in service.periods.KINDS.items()],
        "own": service.counting.view_of(actor).responsible is not None,
        "may_approve": actor.may("approve"),
    }  # fmt: skip
