"""A question to the clinic (问诊) from the page behind a link: no answer to the letter, and it quiets nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service as clinic
from inspect_station.config import Settings
from inspect_station.errors import Conflict, InvalidInput, TooMany
from inspect_station.reminders.answers.sheet import Sheet

MOST_A_DAY = 10  # questions of one enterprise by link in 24 hours


def ask(actor: Actor, sheet: Sheet, given: Mapping[str, Any], settings: Settings, now: datetime) -> int:
    """The new request's id; it lands with the enterprise's inspector and is answered within the promised time.

    Raises `InvalidInput` for a device the letter does not name.
    """
    if actor.is_staff:
        raise Conflict("问诊由企业自己提；您可以在“工业诊所”里代为登记。")
    firm = sheet.message.enterprise_id
    actor.check(firm)
    known = {line.equipment_id for line in sheet.lines}
    if not set(given["devices"]) <= known:
        raise InvalidInput("所选的设备不在这份通知里。", {"devices": ["请重新选择设备"]})
    if clinic.requests.asked_since(firm, "answer", now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooMany("贵单位今天的提问已经很多，请打电话与我们联系。")
    return clinic.requests.ask(
        actor,
        firm,
        kind=given["kind"],
        question=given["question"],
        source="answer",
        now=now,
        files_dir=settings.files_dir,
        asked_by=given["name"] or sheet.message.recipient_name,
        phone=given["phone"],
        devices=given["devices"],
    )
