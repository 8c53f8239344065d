"""The wall, and the addresses it hangs at."""

from typing import Any

from flask import Response, flash, redirect, render_template, url_for

from inspect_station.accounts.guard import current_actor, public, staff_only
from inspect_station.web import now, today
from inspect_station.workload import links, service
from inspect_station.workload.schemas import WallSchema
from inspect_station.workload.views import frame, pages


@pages.get("/workload/wall")
@staff_only
def wall() -> str:
    return _wall(service.wall.shown(current_actor(), now()))


@pages.get("/wall/<secret>")
@public
def wall_by_secret(secret: str) -> str:
    return _wall(service.wall.shown(service.wall.by_secret(secret, now()), now()))


def _wall(shown: dict[str, Any]) -> str:
    return render_template("workload/wall.html", moment=now(), today_words=links.day_words(today()), **shown)


@pages.get("/workload/walls")
@staff_only
def wall_links() -> str:
    return render_template(
        "workload/walls.html", **frame.frame("wall"), links=service.wall.links(current_actor()), secret=""
    )


@pages.post("/workload/walls")
@staff_only
def add_wall_link() -> str:
    name = frame.typed(WallSchema())["name"]
    secret = service.wall.create(current_actor(), name, now())
    address = url_for("workload.wall_by_secret", secret=secret, _external=True)
    return render_template(
        "workload/walls.html", **frame.frame("wall"), links=service.wall.links(current_actor()), secret=address
    )


@pages.post("/workload/walls/<int:link_id>/revoke")
@staff_only
def revoke_wall_link(link_id: int) -> Response:
    service.wall.revoke(current_actor(), link_id, now())
    flash("这个大屏地址已停用。", "success")
    return redirect(url_for("workload.wall_links"))  # type: ignore[return-value]
