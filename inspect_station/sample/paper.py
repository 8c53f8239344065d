"""A few notices already printed and handed over, and one enterprise with a ladder of its own."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.issuing import service as issuing
from inspect_station.registry.models import Contact
from inspect_station.reminders import policies

_DEVICES = 6  # of each urgency, those past longest first


def load(settings: Settings, today: date, now: datetime) -> int:
    """Print notices for the most urgent devices; two are handed over, one is void. Returns how many were printed."""
    actor = _inspector()
    rows = [row for bucket in ("overdue", "apply_now") for row in _rows(actor, bucket, today)]
    if not rows:
        return 0
    with db.atomic():
        batch = issuing.issue(actor, settings, [row["id"] for row in rows], "notice", True, today, now)
        made, _ = issuing.batch_of(actor, settings, batch)
        for notice in made[:2]:
            receiver = _receiver(notice["enterprise_id"])
            issuing.record_delivery(
                actor, notice["id"], delivered_on=today, receiver=receiver, delivery_note="示例：当面送达", today=today, now=now
            )  # fmt: skip
        issuing.void(actor, made[-1]["id"], "示例：设备已改由其他机构检验", now)
        _agree(rows[0]["enterprise_id"], now)
    return len(made)


def _inspector() -> Actor:
    account = Account.select().where(Account.role == "inspector").order_by(Account.id).get()
    return Actor(account.id, account.name, account.role)


def _rows(actor: Actor, bucket: str, today: date) -> list[dict[str, Any]]:
    asked = duelist.Filters(bucket=bucket)
    return duelist.due_page(actor, asked, "due", duelist.Place(), _DEVICES, today, counted=False).rows


def _receiver(enterprise_id: int) -> str:
    found = Contact.select(Contact.name).where(Contact.enterprise == enterprise_id).order_by(Contact.id).first()
    return str(found.name) if found else "门卫"


def _agree(enterprise_id: int, now: datetime) -> None:
    """An enterprise that plans its shutdowns early."""
    shipped = policies.shipped()
    ladder = replace(shipped.ladder, steps=(120, 60, 30, 15, 7, 0))
    policies.agree(
        Actor.system("示例数据"), enterprise_id, replace(shipped, ladder=ladder), "示例：与安全员电话约定", now
    )
