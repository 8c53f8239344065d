"""The register as JSON: /api/v1/enterprises, /equipment, /inspections, /extensions."""

# mypy: disallow-untyped-decorators=False
# flask-smorest ships no types.
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import Response, request, url_for
from flask_smorest import Api, Blueprint
from marshmallow import RAISE

from inspect_station.accounts.guard import current_actor
from inspect_station.accounts.idempotency import idempotent
from inspect_station.errors import NotFound
from inspect_station.registry import cursors, service
from inspect_station.registry.schemas import (
    ActSchema,
    ChangedEnterpriseSchema,
    ChangedEquipmentSchema,
    EnterpriseOut,
    EnterpriseQuery,
    EnterpriseSchema,
    EquipmentOut,
    EquipmentQuery,
    ExtensionOut,
    ExtensionQuery,
    InspectionOut,
    InspectionQuery,
    InspectionSchema,
    NewEquipmentSchema,
    NewExtensionSchema,
    NewInspectionSchema,
    WithdrawalSchema,
    list_of,
)
from inspect_station.web import check_etag, json_response, now, today, with_etag

Row = Mapping[str, Any]

enterprises = Blueprint("api_enterprises", __name__, url_prefix="/api/v1/enterprises", description="企业")
equipment = Blueprint("api_equipment", __name__, url_prefix="/api/v1/equipment", description="设备")
inspections = Blueprint("api_inspections", __name__, url_prefix="/api/v1/inspections", description="检验记录")
extensions = Blueprint("api_extensions", __name__, url_prefix="/api/v1/extensions", description="延期")

_KEY = {
    "parameters": [
        {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 100}, "required": False}
    ]
}
_MATCH = {
    "parameters": [*_KEY["parameters"], {"in": "header", "name": "If-Match", "schema": {"type": "string"}, "required": False}]
}  # fmt: skip


def register(api: Api) -> None:
    for blueprint in (enterprises, equipment, inspections, extensions):
        api.register_blueprint(blueprint)


def _list(
    given: dict[str, Any], sorts: Mapping[str, Sequence[Any]], find: Callable[..., Any], shown: Callable[[Row], Row]
) -> Response:
    """One page of a list in the contracts' shape; what is left in `given` are the filters."""
    cursor, size, sort = given.pop("cursor"), given.pop("per_page"), given.pop("sort")
    page = find(sort=sort, after=cursors.after(cursor, sorts, sort), size=size)
    items = [shown(row) for row in page.rows]
    answer = {"items": items, "total": page.total, "next": cursors.encode(page.next_keys)}
    return json_response({**answer, "total_capped": True} if page.capped else answer)


def _plain(row: Row, **renamed: str) -> dict[str, Any]:
    """A row as JSON values, some keys renamed."""
    return {renamed.get(name, name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _created(endpoint: str, body: Row, revision: int, **where: Any) -> Response:
    response = with_etag(json_response(body, 201), revision)
    response.headers["Location"] = url_for(endpoint, **where)
    return response


# --- enterprises ---------------------------------------------------------------------------------------------------


def _enterprise(row: Row) -> dict[str, Any]:
    shown = _plain({k: v for k, v in row.items() if k not in {"sample", "devices"}}, responsible="responsible_id")
    return {**shown, "equipment_count": row["devices"]} if "devices" in row else shown


@enterprises.get("")
@enterprises.arguments(EnterpriseQuery, location="query", unknown=RAISE)
@enterprises.response(200, list_of(EnterpriseOut))
def list_enterprises(given: dict[str, Any]) -> Response:
    """企业清单"""
    found = service.enterprises
    filters = found.Filters(given.pop("q"), given.pop("status"), given.pop("responsible", None))
    return _list(given, found.SORTS, lambda **p: found.page(current_actor(), filters, **p), _enterprise)


@enterprises.get("/<int:enterprise_id>")
@enterprises.response(200, EnterpriseOut)
def get_enterprise(enterprise_id: int) -> Response:
    """一家企业"""
    return _firm_answer(_id(enterprise_id))


def _firm_answer(enterprise_id: int) -> Response:
    row = service.enterprises.get(current_actor(), enterprise_id)
    return with_etag(json_response(_enterprise(row)), row["revision"])


@enterprises.post("")
@enterprises.doc(**_KEY)
@idempotent
@enterprises.arguments(EnterpriseSchema)
@enterprises.response(201, EnterpriseOut)
def add_enterprise(given: dict[str, Any]) -> Response:
    """新增企业"""
    number = service.enterprises.create(current_actor(), given, now())
    row = service.enterprises.get(current_actor(), number)
    return _created("api_enterprises.get_enterprise", _enterprise(row), row["revision"], enterprise_id=number)


@enterprises.route("/<int:enterprise_id>", methods=["PATCH"])
@enterprises.doc(**_MATCH)
@idempotent
@enterprises.arguments(ChangedEnterpriseSchema(partial=True))
@enterprises.response(200, EnterpriseOut)
def change_enterprise(given: dict[str, Any], enterprise_id: int) -> Response:
    """修改企业（可带 If-Match）"""
    present = service.enterprises.get(current_actor(), _id(enterprise_id))
    current_actor().need("edit")
    check_etag(present["revision"])
    service.enterprises.change(current_actor(), enterprise_id, given, now=now(), revision=_revision(present))
    return _firm_answer(enterprise_id)


def _id(number: int) -> int:
    """Ids beyond the column's range name nothing."""
    if number > 2**31 - 1:
        raise NotFound()
    return number


def _revision(present: Row) -> int | None:
    """The revision a write must still find: the one just compared, where the caller named one."""
    return int(present["revision"]) if request.headers.get("If-Match") else None


# --- equipment -----------------------------------------------------------------------------------------------------


def _device(row: Row) -> dict[str, Any]:
    hidden = {"sample", "raw", "enterprise_short", "initials"}
    shown = {k: v for k, v in row.items() if k not in hidden}
    return _plain(shown, enterprise="enterprise_id", parent="parent_id")


@equipment.get("")
@equipment.arguments(EquipmentQuery, location="query", unknown=RAISE)
@equipment.response(200, list_of(EquipmentOut))
def list_equipment(given: dict[str, Any]) -> Response:
    """设备清单"""
    found = service.listing
    filters = found.Filters(**{k: v for k, v in given.items() if k not in {"cursor", "per_page", "sort"}})
    return _list(given, found.SORTS, lambda **p: found.page(current_actor(), filters, **p), _device)


@equipment.get("/<int:equipment_id>")
@equipment.response(200, EquipmentOut)
def get_equipment(equipment_id: int) -> Response:
    """一台设备"""
    return _device_answer(_id(equipment_id))


def _device_answer(equipment_id: int) -> Response:
    row = service.equipment.get(current_actor(), equipment_id)
    return with_etag(json_response(_device(row)), row["revision"])


@equipment.post("")
@equipment.doc(**_KEY)
@idempotent
@equipment.arguments(NewEquipmentSchema)
@equipment.response(201, EquipmentOut)
def add_equipment(given: dict[str, Any]) -> Response:
    """新增设备"""
    number = service.equipment.create(current_actor(), given, now=now(), today=today())
    row = service.equipment.get(current_actor(), number)
    return _created("api_equipment.get_equipment", _device(row), row["revision"], equipment_id=number)


@equipment.route("/<int:equipment_id>", methods=["PATCH"])
@equipment.doc(**_MATCH)
@idempotent
@equipment.arguments(ChangedEquipmentSchema(partial=True))
@equipment.response(200, EquipmentOut)
def change_equipment(given: dict[str, Any], equipment_id: int) -> Response:
    """更正设备，须写明 reason（可带 If-Match）"""
    present = service.equipment.get(current_actor(), _id(equipment_id))
    current_actor().need("edit")
    check_etag(present["revision"])
    reason = given.pop("reason", "")
    service.equipment.change(
        current_actor(), equipment_id, given, reason=reason, now=now(), today=today(), revision=_revision(present)
    )
    return _device_answer(equipment_id)


@equipment.post("/<int:equipment_id>/acts/<string:act>")
@equipment.doc(**_MATCH)
@idempotent
@equipment.arguments(ActSchema)
@equipment.response(200, EquipmentOut)
def perform_act(given: dict[str, Any], equipment_id: int, act: str) -> Response:
    """停用 stop、启用 restart、移装 move、报废 scrap、拆除 dismantle、注销 cancel、投用 put_into_use、撤销误操作 reinstate"""
    present = service.equipment.get(current_actor(), _id(equipment_id))
    current_actor().need("edit")
    check_etag(present["revision"])
    service.statuses.perform(
        current_actor(), equipment_id, act, **given, now=now(), today=today(), revision=_revision(present)
    )
    return _device_answer(equipment_id)


# --- inspections ---------------------------------------------------------------------------------------------------


def _record(row: Row) -> dict[str, Any]:
    return _plain(row, equipment="equipment_id")


@inspections.get("")
@inspections.arguments(InspectionQuery, location="query", unknown=RAISE)
@inspections.response(200, list_of(InspectionOut))
def list_inspections(given: dict[str, Any]) -> Response:
    """检验记录清单"""
    found = service.inspections
    filters = found.Filters(**{k: v for k, v in given.items() if k not in {"cursor", "per_page", "sort"}})
    return _list(given, found.SORTS, lambda **p: found.page(current_actor(), filters, **p), _record)


@inspections.get("/<int:inspection_id>")
@inspections.response(200, InspectionOut)
def get_inspection(inspection_id: int) -> Response:
    """一条检验记录；记录不改，更正另起一条，所以它的版本就是它的编号"""
    row = service.inspections.get(current_actor(), _id(inspection_id))
    return with_etag(json_response(_record(row)), row["id"])


@inspections.post("")
@inspections.doc(**_KEY)
@idempotent
@inspections.arguments(NewInspectionSchema)
@inspections.response(201, InspectionOut)
def add_inspection(given: dict[str, Any]) -> Response:
    """登记检验；下次检验日期超出规则上限时须写 reason"""
    device, reason = given.pop("equipment_id"), given.pop("reason")
    number = service.inspections.record(current_actor(), device, given, reason=reason, now=now(), today=today())
    return _recorded(number)


@inspections.route("/<int:inspection_id>", methods=["PATCH"])
@inspections.doc(**_MATCH)
@idempotent
@inspections.arguments(InspectionSchema(partial=True))
@inspections.response(201, InspectionOut)
def correct_inspection(given: dict[str, Any], inspection_id: int) -> Response:
    """更正检验记录：另起一条，原记录保留；须写 reason"""
    service.inspections.get(current_actor(), _id(inspection_id))
    current_actor().need("edit")
    check_etag(inspection_id)
    reason = given.pop("reason", "")
    return _recorded(
        service.inspections.correct(current_actor(), inspection_id, given, reason=reason, now=now(), today=today())
    )


def _recorded(number: int) -> Response:
    row = service.inspections.get(current_actor(), number)
    return _created("api_inspections.get_inspection", _record(row), number, inspection_id=number)


# --- extensions ----------------------------------------------------------------------------------------------------


@extensions.get("")
@extensions.arguments(ExtensionQuery, location="query", unknown=RAISE)
@extensions.response(200, list_of(ExtensionOut))
def list_extensions(given: dict[str, Any]) -> Response:
    """延期清单"""
    device = given.pop("equipment", None)
    found = service.extensions
    return _list(given, found.SORTS, lambda **p: found.page(current_actor(), device, **p), _record)


@extensions.get("/<int:extension_id>")
@extensions.response(200, ExtensionOut)
def get_extension(extension_id: int) -> Response:
    """一项延期"""
    return _extension_answer(_id(extension_id))


def _extension_answer(extension_id: int) -> Response:
    """Its revision: 1 as recorded, 2 once withdrawn."""
    row = service.extensions.get(current_actor(), extension_id)
    return with_etag(json_response(_record(row)), 2 if row["withdrawn_at"] else 1)


@extensions.post("")
@extensions.doc(**_KEY)
@idempotent
@extensions.arguments(NewExtensionSchema)
@extensions.response(201, ExtensionOut)
def add_extension(given: dict[str, Any]) -> Response:
    """登记经批准的延期"""
    device = given.pop("equipment_id")
    number = service.extensions.record(current_actor(), device, given, now=now(), today=today())
    row = service.extensions.get(current_actor(), number)
    return _created("api_extensions.get_extension", _record(row), 1, extension_id=number)


@extensions.route("/<int:extension_id>", methods=["PATCH"])
@extensions.doc(**_MATCH)
@idempotent
@extensions.arguments(WithdrawalSchema)
@extensions.response(200, ExtensionOut)
def withdraw_extension(given: dict[str, Any], extension_id: int) -> Response:
    """撤销延期，原日期恢复"""
    row = service.extensions.get(current_actor(), _id(extension_id))
    current_actor().need("edit")
    check_etag(2 if row["withdrawn_at"] else 1)
    service.extensions.withdraw(current_actor(), extension_id, reason=given["reason"], now=now())
    return _extension_answer(extension_id)
