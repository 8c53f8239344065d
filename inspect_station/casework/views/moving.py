"""过户 and 合并重复档案, from the device's page."""

from typing import Any

from flask import render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import moving
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import whole_numbers
from inspect_station.errors import InvalidInput, StationError
from inspect_station.registry import service as registry
from inspect_station.registry import transfers
from inspect_station.web import now, today


def _text(name: str, most: int) -> str:
    return request.form.get(name, "").replace("\0", "").strip()[:most]


def _number(name: str, sentence: str) -> int:
    found = whole_numbers([request.form.get(name, "")])
    if not found:
        raise InvalidInput(f"{sentence}。", {name: [sentence]})
    return found[0]


@pages.get("/equipment/<int:equipment_id>/transfer")
@needs("edit")
def transfer_form(equipment_id: int) -> str:
    return _transfer_page(equipment_id, None)


@pages.post("/equipment/<int:equipment_id>/transfer")
@needs("edit")
def transfer(equipment_id: int) -> Any:
    registry.equipment.get(current_actor(), equipment_id)

    def act() -> str:
        moving.transfer(
            current_actor(), equipment_id, _number("enterprise_id", "请选择新的使用单位"), on=_text("on", 10),
            reason=_text("reason", 200), document=_text("document", 200), now=now(), today=today(),
            revision=next(iter(whole_numbers([request.form.get("revision", "")])), None),
        )  # fmt: skip
        return url_for("portal.device", equipment_id=equipment_id)

    return forms.save(act, "已过户，检验历史随设备保留。", lambda error: _transfer_page(equipment_id, error))


def _transfer_page(equipment_id: int, error: StationError | None) -> str:
    row = registry.equipment.get(current_actor(), equipment_id)
    firms = [(i, n) for i, n in registry.enterprise_names(current_actor()).items() if i != row["enterprise"]]
    return render_template(
        "casework/transfer.html", row=row, firms=firms, given=request.form, today_iso=today().isoformat(), error=error,
        errors=error.fields if error else {},
    )  # fmt: skip


@pages.get("/equipment/<int:equipment_id>/merge")
@needs("edit")
def merge_form(equipment_id: int) -> str:
    return _merge_page(equipment_id, None)


@pages.post("/equipment/<int:equipment_id>/merge")
@needs("edit")
def merge(equipment_id: int) -> Any:
    registry.equipment.get(current_actor(), equipment_id)

    def act() -> str:
        duplicate = _number("duplicate_id", "请选择重复的那一份档案")
        moving.merge(current_actor(), equipment_id, duplicate, reason=_text("reason", 200), now=now())
        return url_for("portal.device", equipment_id=equipment_id)

    return forms.save(act, "已合并，两份档案的检验历史都在这里。", lambda error: _merge_page(equipment_id, error))


def _merge_page(equipment_id: int, error: StationError | None) -> str:
    return render_template(
        "casework/merge.html", row=registry.equipment.get(current_actor(), equipment_id), given=request.form,
        candidates=transfers.candidates(current_actor(), equipment_id), error=error, errors=error.fields if error else {},
    )  # fmt: skip
