"""A page to look at: the style guide behind the real security policy, without the service."""

from __future__ import annotations

import calendar
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import jinja2

from inspect_station.web import CONTENT_SECURITY_POLICY

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 22)
NAV = [
    ("到期清单", "list-check", True), ("设备台账", "box-seam", True), ("企业", "buildings", True),
    ("报检与检验", "clipboard-check", True), ("计划", "calendar3", False), ("工业诊所", "heart-pulse", False),
    ("提醒", "bell", True), ("工作量", "bar-chart", False), ("规则", "book", False), ("设置", "gear", False),
]  # fmt: skip
DUE = {
    1: [("海晟新材 换热器 E-2201", "approaching"), ("恒兴气体 安全阀 SV-0112", "approaching")],
    6: [("海晟新材 3号导热油炉", "apply_now")],
    15: [("恒兴气体 氮气管道 PL-301", "approaching"), ("东港石化 球罐 S-01", "ok"), ("联诚化工 储罐 V-31", "ok")],
    31: [("联诚化工 压力表 12 只", "undetermined")],
}


def make_app() -> flask.Flask:
    app = flask.Flask(
        "look",
        template_folder=str(ROOT / "inspect_station" / "templates"),
        static_folder=str(ROOT / "inspect_station" / "static"),
    )
    app.secret_key = "only for looking at pages"
    app.jinja_env.undefined = jinja2.ChainableUndefined
    app.jinja_loader = jinja2.ChoiceLoader(
        [app.jinja_loader or jinja2.DictLoader({}), jinja2.FileSystemLoader(Path(__file__).parent / "templates")]
    )
    app.context_processor(context)
    app.after_request(secure)
    app.add_url_rule("/", view_func=guide, methods=["GET", "POST"])
    app.add_url_rule("/why", view_func=why)
    app.add_url_rule("/error/<int:code>", view_func=error)
    app.add_url_rule("/plain", view_func=plain)
    app.add_url_rule("/confirm", view_func=confirm)
    app.add_url_rule("/docs", view_func=docs)
    app.add_url_rule("/openapi.json", view_func=openapi)
    return app


def context() -> dict[str, Any]:
    links = [
        {"label": label, "url": f"/?page={i}", "icon": icon, "active": i == 0}
        for i, (label, icon, _) in enumerate(NAV)
    ]
    return {
        "nav": links,
        "nav_phone": [link for link, entry in zip(links, NAV, strict=True) if entry[2]],
        "search_url": "/",
        "today": TODAY,
        "today_line": "2026-11-22 星期日",
        "actor": None if flask.request.path == "/plain" else SimpleNamespace(name="林书恒"),
        "role_name": "检验员",
        "logout_url": "/",
        "station_name": "福建省特检院可门检验站",
        "station_phone": "0591-0000 0000",
        "sample_data": True,
    }


def secure(response: flask.Response) -> flask.Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def guide() -> str:
    return flask.render_template("styleguide.html", weeks=weeks(2026, 12), why_url="/why")


def weeks(year: int, month: int) -> list[list[dict[str, Any]]]:
    return [[day_cell(day, month) for day in week] for week in calendar.Calendar().monthdatescalendar(year, month)]


def day_cell(day: date, month: int) -> dict[str, Any]:
    inside = day.month == month
    due = DUE.get(day.day, []) if inside else []
    return {
        "date": day.isoformat(), "day": day.day, "in_month": inside, "today": day == date(2026, 12, 2),
        "rest": day.weekday() >= 5, "note": "冬至" if inside and day.day == 22 else "",
        "items": [{"label": label, "bucket": bucket, "url": "#"} for label, bucket in due],
        "more": 3 if len(due) > 2 else 0, "more_url": "#",
    }  # fmt: skip


def why() -> str:
    in_drawer = flask.request.headers.get("HX-Target") == "drawer-body"
    return flask.render_template("why.html", in_drawer=in_drawer)


def error(code: int) -> tuple[str, int]:
    return flask.render_template("errors/error.html", code=code), code


def plain() -> str:
    flask.flash("这个一次性链接已经用过了，请重新申请。", "error")
    return flask.render_template("login_example.html")


def confirm() -> str:
    return flask.render_template(
        "confirm.html", title="停用丙烯缓冲罐 V-2103？", text="停用后不再提醒检验；恢复使用前必须先检验。",
        action_label="停用", post_url="/", back_url="/",
    )  # fmt: skip


def docs() -> str:
    return flask.render_template("swagger_ui.html", spec_url="/openapi.json")


def openapi() -> dict[str, Any]:
    answer = {"responses": {"200": {"description": "清单"}}, "summary": "到期清单"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "检验站接口", "version": "v1"},
        "paths": {"/api/v1/due": {"get": answer}},
    }
