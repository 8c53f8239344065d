"""设备台账: the list, its export, the forms of one device, what it undergoes."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.errors import NotFound, StationError
from inspect_station.registry import columns, cursors, service
from inspect_station.registry.listing import Filters
from inspect_station.registry.schemas import ActSchema, ChangedEquipmentSchema, EquipmentQuery, NewEquipmentSchema
from inspect_station.registry.views import forms, pages
from inspect_station.registry.words import CATALOGUE, EQUIPMENT_FIELDS, FORMS, KINDS, STATUSES
from inspect_station.validation import load
from inspect_station.web import now, today, workbook

_SORTED = {
    "enterprise": "enterprise",
    "name": "name",
    "number": "own_number",
    "kind": "kind",
    "certificate": "certificate",
    "used": "put_into_use",
}


def _asked() -> tuple[dict[str, Any], Filters]:
    """The address as a question: cursor, sort, size, and the filters."""
    given = load(EquipmentQuery(), {k: v for k, v in request.args.items() if v})
    if "sort" not in request.args:
        given["sort"] = "enterprise"
    filters = Filters(**{k: v for k, v in given.items() if k not in {"cursor", "per_page", "sort"}})
    return given, filters


@pages.get("/equipment")
def equipment_list() -> str:
    given, filters = _asked()
    found = service.listing
    after = cursors.after(given["cursor"], found.SORTS, given["sort"])
    page = found.page(current_actor(), filters, sort=given["sort"], after=after, size=given["per_page"])
    firms, people = service.enterprises.choices(current_actor())
    return render_template(
        "registry/equipment_list.html",
        page=page,
        args=request.args,
        firms=list(firms.items()),
        people=list(people.items()),
        held=_held(filters, firms, people),
        columns=_headings(given["sort"]),
        next_url=_address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=_address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        export_url=_address("registry.equipment_export"),
        kinds=list(KINDS.items()),
        forms=list(FORMS.items()),
        statuses=list(STATUSES.items()),
        words=service.words,
    )


def _address(endpoint: str = "registry.equipment_list", /, **changed: Any) -> str:
    """This list's address with some of its state changed; another sort or filter begins at the first page."""
    state = {k: v for k, v in request.args.items() if v and k != "cursor"} | changed
    kept = {k: v for k, v in state.items() if v not in (None, "")}
    return url_for(endpoint) + (f"?{urlencode(kept)}" if kept else "")


def _without(name: str) -> str:
    changed: dict[str, Any] = {name: None}
    return _address(**changed)


def _held(filters: Filters, firms: dict[int, str], people: dict[int, str]) -> list[dict[str, str]]:
    """The filters in force in words, each with the address that leaves it out."""
    said: dict[str, tuple[str, str]] = {
        "q": ("搜索", filters.q),
        "enterprise": ("企业", firms.get(filters.enterprise or 0, "（无）")),
        "kind": ("种类", KINDS.get(filters.kind, "")),
        "form": ("形式", FORMS.get(filters.form, "")),
        "status": ("状态", STATUSES.get(filters.status, "")),
        "responsible": ("负责检验员", people.get(filters.responsible or 0, "（无）")),
        "grade": ("安全状况等级", f"{filters.grade} 级"),
        "unregistered": ("登记", "在用未注册"),
        "parent": ("所属装置", f"编号 {filters.parent}"),
    }
    names = {"enterprise": "enterprise_id", "responsible": "responsible_id", "parent": "parent_id"}
    return [
        {"label": said[name][0], "value": said[name][1], "clear_url": _without(names.get(name, name))}
        for name in filters.held()
    ]


def _headings(sort: str) -> list[dict[str, Any]]:
    wanted = [
        ("status", "状态", False), ("name", "设备", False), ("enterprise", "企业", False), ("number", "单位内编号", False),
        ("kind", "种类", True), ("certificate", "使用登记证", True), ("codes", "设备代码 / 注册代码", True),
        ("place", "使用地点", True), ("used", "投用日期", True), ("grade", "等级", True), ("maker", "制造单位", True),
    ]  # fmt: skip
    return [
        {
            "key": key,
            "label": label,
            "optional": optional,
            "hidden": key in {"codes", "maker"},
            "numeric": key == "grade",
            **_sorting(_SORTED.get(key), sort),
        }
        for key, label, optional in wanted
    ]


def _sorting(name: str | None, sort: str) -> dict[str, Any]:
    if name is None:
        return {}
    held = "ascending" if sort == name else "descending" if sort == f"-{name}" else None
    return {"sort": held, "sort_url": _address(sort=f"-{name}" if held == "ascending" else name)}


@pages.get("/equipment.xlsx")
def equipment_export() -> Response:
    given, filters = _asked()
    rows = service.listing.stream(current_actor(), filters, sort=given["sort"])
    return workbook(columns.EQUIPMENT, rows, "设备台账")


# --- new and changed -----------------------------------------------------------------------------------------------


@pages.get("/equipment/new")
@needs("edit")
def new_equipment() -> str:
    """First what it is (form and code), then its facts: which traits there are follows from the code."""
    args = {k: request.args.get(k, "") for k in ("form", "catalogue_code", "enterprise_id", "parent_id")}
    if args["catalogue_code"] not in CATALOGUE or args["form"] not in FORMS:
        return render_template("registry/equipment_kind.html", args=args, forms=list(FORMS.items()), codes=_codes())
    name = CATALOGUE[args["catalogue_code"]] if args["form"] == "accessory" else ""
    return _form({**args, "quantity": 1, "name": name, "status": "in_use"}, None, None)


def _codes() -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in CATALOGUE.items()]


@pages.post("/equipment/new")
@needs("edit")
def add_equipment() -> Any:
    def act() -> str:
        values = load(NewEquipmentSchema(), forms.equipment(request.form))
        number = service.equipment.create(current_actor(), values, now=now(), today=today())
        return url_for("portal.device", equipment_id=number)

    return forms.save(act, "设备已建档。", lambda error: _form(forms.retyped(request.form), None, error))


@pages.get("/equipment/<int:equipment_id>/edit")
@needs("edit")
def edit_equipment(equipment_id: int) -> str:
    row = service.equipment.get(current_actor(), equipment_id)
    return _form(forms.typed(row), row, None)


@pages.post("/equipment/<int:equipment_id>/edit")
@needs("edit")
def change_equipment(equipment_id: int) -> Any:
    row = service.equipment.get(current_actor(), equipment_id)

    def act() -> str:
        given = {**forms.equipment(request.form), "reason": request.form.get("reason", "")}
        values = load(ChangedEquipmentSchema(), given)
        reason = values.pop("reason")
        service.equipment.change(
            current_actor(), equipment_id, values, reason=reason, now=now(), today=today(), revision=forms.revision()
        )
        return url_for("portal.device", equipment_id=equipment_id)

    return forms.save(act, "已更正，改动和理由已留存。", lambda error: _form(forms.retyped(request.form), row, error))


def _form(given: dict[str, Any], row: dict[str, Any] | None, error: StationError | None) -> str:
    code, form = given.get("catalogue_code", ""), given.get("form", "device")
    known = {k.removeprefix("traits."): v for k, v in given.items() if k.startswith("traits.")}
    chosen = forms.number(str(given.get("enterprise_id") or ""))
    hosted = form in ("line", "accessory") and isinstance(chosen, int)
    return render_template(
        "registry/equipment_form.html",
        given=given,
        row=row,
        error=error,
        errors=error.fields if error else {},
        labels={**EQUIPMENT_FIELDS, **{f"{n}_id": EQUIPMENT_FIELDS[n] for n in ("enterprise", "parent")}},
        firms=list(service.enterprise_names(current_actor()).items()),
        hosts=service.equipment.hosts(current_actor(), chosen, form) if hosted else [],
        forms=list(FORMS.items()),
        statuses=list(STATUSES.items()),
        codes=_codes(),
        traits=forms.trait_fields(code, known),
    )


# --- acts ----------------------------------------------------------------------------------------------------------


@pages.get("/equipment/<int:equipment_id>/acts/<act>")
@needs("edit")
def act_form(equipment_id: int, act: str) -> str:
    return _act_page(equipment_id, act, {"on": today().isoformat()}, None)


@pages.post("/equipment/<int:equipment_id>/acts/<act>")
@needs("edit")
def perform_act(equipment_id: int, act: str) -> Any:
    def perform() -> str:
        given = load(ActSchema(), {k: v for k, v in request.form.items() if k not in {"csrf_token", "revision"}})
        service.statuses.perform(
            current_actor(), equipment_id, act, **given, now=now(), today=today(), revision=forms.revision()
        )
        return url_for("portal.device", equipment_id=equipment_id)

    said = f"已登记：{_act(act).label}。"
    return forms.save(perform, said, lambda error: _act_page(equipment_id, act, dict(request.form), error))


def _act(name: str) -> Any:
    act = service.statuses.ACTS.get(name)
    if act is None:
        raise NotFound()
    return act


def _act_page(equipment_id: int, name: str, given: dict[str, Any], error: StationError | None) -> str:
    row = service.equipment.get(current_actor(), equipment_id)
    return render_template(
        "registry/act.html",
        row=row,
        act=_act(name),
        name=name,
        given=given,
        error=error,
        errors=error.fields if error else {},
        labels={"on": "日期", "reason": "理由", "document": "文件", "location": "新的使用地点"},
    )
