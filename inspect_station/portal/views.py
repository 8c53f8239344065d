"""The page of one device, of one firm, and the search."""

from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, Response, render_template, request, session

from inspect_station.accounts.guard import current_actor
from inspect_station.casework import service as casework
from inspect_station.clinic import service as clinic
from inspect_station.duelist import service as duelist
from inspect_station.duelist.query import Filters as DueFilters
from inspect_station.errors import NotFound
from inspect_station.navigation import label_address
from inspect_station.planning import service as planning
from inspect_station.portal import facts, search, timeline
from inspect_station.portal import home as first_page
from inspect_station.registry import service as registry
from inspect_station.reminders import dead
from inspect_station.web import settings, today, uses_camera

pages = Blueprint("portal", __name__)

SHOWN_PARTS = 50


@pages.get("/home")
def home() -> str:
    """An enterprise's first page; the station's people have the due list."""
    actor = current_actor()
    if actor.is_staff:
        raise NotFound()
    return render_template("portal/home.html", home=first_page.home_of(actor, settings(), today()))


@pages.get("/equipment/<int:equipment_id>")
def device(equipment_id: int) -> str:
    actor = current_actor()
    row = registry.equipment.get(actor, equipment_id)
    changes = registry.history.of(actor, "equipment", equipment_id, row["enterprise"])
    inspections = registry.inspections.history(actor, equipment_id)
    extensions = registry.extensions.history(actor, equipment_id)
    statuses = registry.statuses.history(actor, equipment_id)
    return render_template(
        "portal/device.html",
        row=row,
        host=registry.equipment.get(actor, row["parent"]) if row["parent"] else None,
        clocks=duelist.clocks_of(actor, equipment_id, today()) if row["form"] != "installation" else [],
        groups=facts.of_device(row, registry.history.origins(changes)),
        timeline=timeline.of(
            row,
            inspections,
            statuses,
            extensions,
            changes,
            [*casework.history.of_device(actor, equipment_id), *clinic.history.of_device(actor, equipment_id)],
        ),
        inspections=[i for i in inspections if not i["replaced_by"]],
        extensions=[e for e in extensions if not e["withdrawn_at"]],
        lines=_parts(row, "line"),
        lines_sum=registry.equipment.lines_of(actor, equipment_id) if row["form"] == "installation" else (0, 0),
        accessories=_parts(row, "accessory"),
        documents=registry.documents.of(actor, equipment_id),
        prescriptions=clinic.findings.of_device(actor, equipment_id, today()),
        findings=casework.findings.of_device(actor, equipment_id, today()),
        reasons=casework.reasons.standing(actor, equipment_id),
        ordered=casework.cases.ordered(actor, [(equipment_id, clock) for clock in registry.inspections.clocks(row)]),
        postponements=casework.postponing.open_of_device(actor, equipment_id),
        merged_into=registry.transfers.merged_into(equipment_id) if row["status"] == "cancelled" else None,
        may_apply=actor.may("edit") or not actor.is_staff,
        planned=planning.ofdevice.of_device(actor, equipment_id),
        acts=[(name, registry.statuses.ACTS[name]) for name in registry.statuses.possible(row["status"])],
        may_edit=actor.may("edit"),
        clock_names={clock.value: clock.label for clock in registry.inspections.clocks(row)},
        words=registry.words,
        shown_parts=SHOWN_PARTS,
    )


def _parts(row: dict[str, Any], form: str) -> list[dict[str, Any]]:
    return registry.equipment.parts(current_actor(), row["id"], form, SHOWN_PARTS + 1)


@pages.get("/equipment/<int:equipment_id>/qr.svg")
def device_code(equipment_id: int) -> Response:
    """The address a scan opens as a QR code, to be stuck on the vessel."""
    registry.equipment.get(current_actor(), equipment_id)
    drawn = BytesIO()
    segno.make_qr(f"{label_address()}{equipment_id}", error="m").save(drawn, kind="svg", scale=4, border=4)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@pages.get("/enterprises/<int:enterprise_id>")
def enterprise(enterprise_id: int) -> str:
    actor = current_actor()
    row = registry.enterprises.get(actor, enterprise_id)
    changes = registry.history.of_firm(actor, enterprise_id)
    filters = DueFilters(enterprise=enterprise_id)
    urgent = duelist.due_page(actor, filters, "due", duelist.Place(), 10, today(), counted=False)
    return render_template(
        "portal/enterprise.html",
        row=row,
        facts=facts.of_firm(row, registry.history.origins(changes)),
        contacts=_with_dead(registry.contacts.of(actor, enterprise_id), enterprise_id),
        may_remind=actor.may("remind"),
        shown=session.pop("shown_mobile", None),
        counts=registry.listing.counts(actor, enterprise_id),
        urgent=urgent.rows,
        buckets=duelist.counts(actor, filters, today()),
        changes=changes[:20],
        may_edit=actor.may("edit"),
        words=registry.words,
    )


def _with_dead(contacts: list[dict[str, Any]], enterprise_id: int) -> list[dict[str, Any]]:
    """Each contact with the addresses that were refused for good."""
    refused = dead.of(current_actor(), enterprise_id)
    return [
        {**c, "dead": [d for d in refused if d["recipient"] in dead.recipients_of(c) and c["created_at"] <= d["at"]]}
        for c in contacts
    ]


@pages.get("/search", endpoint="search")
@uses_camera
def search_page() -> str:
    q = request.args.get("q", "").strip()[:100]
    found = search.find(current_actor(), q)
    return render_template("portal/search.html", q=q, found=found, words=registry.words)
