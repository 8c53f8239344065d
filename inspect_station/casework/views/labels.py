"""QR label sheets, and the page a scan opens."""

from typing import Any

from flask import Response, g, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, public
from inspect_station.casework.labels import MOST, labels
from inspect_station.casework.views import pages
from inspect_station.casework.views.forms import whole_numbers
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.navigation import label_address
from inspect_station.notices.labels import SIZES, render
from inspect_station.registry import service as registry
from inspect_station.web import settings, today


@pages.get("/labels")
def label_form() -> str:
    actor = current_actor()
    ids = whole_numbers(request.args.getlist("ids"), MOST)
    return render_template(
        "casework/labels.html",
        firms=list(registry.enterprise_names(actor).items()),
        ids=ids,
        parent=next(iter(whole_numbers([request.args.get("parent", "")])), None),
        sizes=[(name, size.label) for name, size in SIZES.items()],
        most=MOST,
    )


@pages.get("/labels.pdf")
def label_sheet() -> Response:
    size = request.args.get("size", "medium")
    if size not in SIZES:
        raise InvalidInput("没有这种标签尺寸。", {"size": ["没有这种尺寸"]})
    found = labels(
        current_actor(),
        label_address(),
        enterprise=_one("enterprise"),
        ids=whole_numbers(request.args.getlist("ids"), MOST),
        parent=_one("parent"),
        first=_one("first") or 1,
    )
    if not found and current_actor().is_staff:
        raise InvalidInput(
            "没有可以打印标签的设备，请先选择企业或设备；从第几台起的，看是不是超过了台数。",
            {"enterprise": ["请选择企业"]},
        )
    made = render(found, size, settings().station_name, today())
    return Response(
        made, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="labels.pdf"'}
    )


def _one(name: str) -> int | None:
    return next(iter(whole_numbers([request.args.get(name, "")])), None)


@pages.get("/d/<code>")
@public
def scan(code: str) -> Any:
    """Those who may see the device go to its page; everybody else sees the station's telephone, whatever the code."""
    actor = g.get("actor")
    number = next(iter(whole_numbers([code])), None)
    if actor is not None and number is not None:
        try:
            registry.equipment.get(actor, number)
        except NotFound:
            return _stranger()
        return redirect(url_for("portal.device", equipment_id=number))
    return _stranger()


def _stranger() -> str:
    return render_template("casework/scan.html", next_url=request.path)
