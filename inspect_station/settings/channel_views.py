"""设置 › 渠道: which channels are on, in which order, the SMS gateway; a message to try one with."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, StationError
from inspect_station.reminders import setup
from inspect_station.reminders.channels import CHANNELS, sms
from inspect_station.reminders.channels.config import ELECTRONIC
from inspect_station.reminders.schemas import ChannelsSchema
from inspect_station.settings.views import pages
from inspect_station.validation import load
from inspect_station.web import now, settings

_BOXES = ("free_variables", "forget", *(f"on_{name}" for name in ELECTRONIC))


@pages.get("/channels")
@needs("settings")
def channels() -> str:
    return _page(None, None)


@pages.post("/channels")
@needs("settings")
def change_channels() -> Any:
    try:
        given = load(ChannelsSchema(), form_data() | {name: name in request.form for name in _BOXES})
        decided = setup.change(current_actor(), given, now())
    except InvalidInput as error:
        return _page(request.form, error), error.http_status
    flash("渠道设置已保存，下一封提醒起生效。", "success")
    if not decided.on:
        flash("所有渠道都停用了：提醒不会自动发出，全部列入电话名单。", "warning")
    return redirect(url_for("settings.channels"))


@pages.post("/channels/test")
@needs("settings")
def try_channel() -> Any:
    channel, address = request.form.get("channel", ""), request.form.get("address", "").strip()[:254]
    try:
        words = setup.try_channel(current_actor(), settings(), channel, address, now())
    except (InvalidInput, Conflict) as error:
        return _page(None, None, error), error.http_status
    flash(f"测试消息已被接收，对方回答：{words}", "success")
    return redirect(url_for("settings.channels"))


def _page(typed: Mapping[str, str] | None, error: StationError | None, test_error: StationError | None = None) -> str:
    shown = setup.shown(current_actor())
    given = _stored(shown) if typed is None else {**dict.fromkeys(_BOXES, ""), **typed}
    return render_template(
        "settings/channels.html",
        shown=shown,
        given=given,
        error=error,
        errors=error.fields if error else {},
        labels={n: f.metadata.get("label", n) for n, f in ChannelsSchema().fields.items()},
        names=[(name, CHANNELS[name].label) for name in shown.order],
        sms=sms,
        counted=setup.counted(settings(), given.get("template", "")),
        smtp=settings(),
        test=request.form if test_error else {},
        test_error=test_error,
    )


def _stored(shown: setup.Shown) -> dict[str, Any]:
    gateway = shown.gateway
    plain = ("method", "form", "body", "template", "template_code", "free_variables", "success_path", "success_value",
             "words_path")  # fmt: skip
    return {
        **{name: getattr(gateway, name) for name in plain},
        "limited_values": ", ".join(gateway.limited_values),
        "url": "",
        "headers": "",
        "forget": False,
        "escalate_after": shown.escalate_after,
        **{f"on_{name}": name in shown.on for name in ELECTRONIC},
        **{f"place_{name}": place for place, name in enumerate(shown.order, start=1)},
    }
