"""Writing the letters: once a week to each inspector and head, and to the head once a day what became overdue."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from peewee import fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.reminders import routes
from inspect_station.reminders.letter import one_line
from inspect_station.reminders.models import StaffLetter
from inspect_station.reminders.staff import figures
from inspect_station.reminders.staff.figures import Section

ROLES = ("inspector", "head")
_LOOK_BACK = timedelta(days=7)  # of the first letter about what became overdue
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True)
class Written:
    weekly: int
    overdue: int
    without_address: int


def compose(settings: Settings, today: date, now: datetime) -> Written:
    """Write what is owed: this week's digest and, to the head, what became overdue. A second run adds nothing."""
    channel = routes.channel_in_use(settings)
    people = [(p, to) for p in people_told() if (to := recipient_of(p, channel)) is not None]
    writer = _Writer(settings, channel, today, now)
    weekly = sum(writer.weekly(person, to) for person, to in people)
    overdue = sum(writer.overdue(person, to) for person, to in people if person.role == "head")
    return Written(weekly, overdue, len(people_told()) - len(people))


def people_told() -> list[Account]:
    query = Account.select().where(Account.role.in_(ROLES), Account.disabled_at.is_null())
    return list(query.order_by(Account.id))


def recipient_of(person: Account, channel: str) -> str | None:
    """The address to write to; in the folder a letter needs none. None: this person cannot be written to."""
    found = routes.addresses(person.email)
    return found[0] if found else "" if channel == "folder" else None


def without_address(settings: Settings) -> list[str]:
    """People who should get the digest and have no mail address."""
    channel = routes.channel_in_use(settings)
    return [person.name for person in people_told() if recipient_of(person, channel) is None]


def week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


class _Writer:
    def __init__(self, settings: Settings, channel: str, today: date, now: datetime) -> None:
        self.settings = settings
        self.channel = channel
        self.today = today
        self.now = now

    def weekly(self, person: Account, to: str) -> int:
        key = f"weekly:{week_of(self.today)}:{person.id}"
        if _exists(key):
            return 0
        sections = sections_for(person, self.today, self.now)
        subject = (
            f"本周检验：{_summary(sections)}" if person.role != "head" else f"本周全站检验：{_summary(sections)}"
        )
        return self._insert(key, "weekly", person, to, subject, sections)

    def overdue(self, person: Account, to: str) -> int:
        key = f"overdue:{self.today.isoformat()}:{person.id}"
        if _exists(key):
            return 0
        since = _told_until(person.id) or self.today - _LOOK_BACK
        found = figures.newly_overdue(self.today, since)
        if not found:
            return 0
        section = figures.due_section("新超期的设备", found, figures.NEWEST_OVERDUE)
        return self._insert(key, "overdue", person, to, f"新超期 {section.count_words} 项", [section])

    def _insert(
        self, key: str, kind: str, person: Account, to: str, subject: str, sections: Sequence[Section]
    ) -> int:
        context = {"settings": self.settings, "name": person.name, "day": self.today, "sections": sections}
        domain = self.settings.mail_from.rpartition("@")[2] or "station.local"
        with db.atomic():
            made = StaffLetter.insert(
                key=key,
                message_id=f"<{sha256(key.encode()).hexdigest()[:32]}@{domain}>",
                kind=kind,
                account=person.id,
                channel=self.channel,
                recipient=to,
                day=self.today,
                told_until=self.today,
                subject=one_line(subject)[:300],
                text=_templates(False).get_template("reminders/digest.txt").render(context),
                html=_templates(True).get_template("reminders/digest.html").render(context),
                next_at=self.now,
                queued_at=self.now,
                created_at=self.now,
            ).on_conflict_ignore()
            return int(made.as_rowcount().execute())


def _exists(key: str) -> bool:
    return bool(StaffLetter.select().where(StaffLetter.key == key).exists())


def _told_until(account_id: int) -> date | None:
    """Up to which day this person has been told what became overdue."""
    found: Any = (
        StaffLetter.select(fn.MAX(StaffLetter.told_until))
        .where(StaffLetter.account == account_id, StaffLetter.kind == "overdue")
        .scalar()
    )
    return date.fromisoformat(found) if isinstance(found, str) else found


def _summary(sections: Sequence[Section]) -> str:
    parts = [f"{section.title} {section.count_words}" for section in sections[:3] if section.count]
    return "，".join(parts) or "没有要办的"


def sections_for(person: Account, today: date, now: datetime) -> list[Section]:
    """What this person's digest says today."""
    duelist.refresh(today)
    return list(_of_head(today, now) if person.role == "head" else _of_inspector(person, today))


def _of_inspector(person: Account, today: date) -> Iterator[Section]:
    mine: dict[str, Any] = {"responsible": person.id}
    address, month = f"responsible={person.id}", _next_month(today)
    yield figures.late_section(today, person.id)
    yield figures.week_section(today, person.id)
    yield figures.due_section(
        "应报检", figures.rows(today, bucket="apply_now", **mine), f"/due?bucket=apply_now&{address}"
    )
    yield figures.due_section("下个月到期", figures.of_month(today, month, **mine), f"/due?month={month}&{address}")
    firms = figures.firms_of(person.id)
    yield figures.by_hand_section(firms)
    yield figures.answers_section("/answers?tab=open&mine=true", firms)
    yield figures.silent_section(today, firms)
    yield figures.no_address_section(today, firms)


def _next_month(today: date) -> str:
    return f"{today.year + 1}-01" if today.month == 12 else f"{today.year}-{today.month + 1:02d}"


def _of_head(today: date, now: datetime) -> Iterator[Section]:
    totals = duelist.counts(Actor.system(), duelist.Filters(), today)
    for bucket, title in (("forbidden", "禁用"), ("overdue", "超期"), ("apply_now", "应报检")):
        found = figures.rows(today, bucket=bucket)
        section = figures.due_section(title, found, f"/due?bucket={bucket}")
        yield Section(title, totals[bucket], section.lines, section.path, totals[bucket] > 1000)
    newest = figures.newly_overdue(today, today - _LOOK_BACK)
    yield figures.due_section("近七天新超期", newest, figures.NEWEST_OVERDUE)
    yield figures.by_hand_section()
    yield figures.answers_section("/answers?tab=open")
    yield figures.silent_section(today)
    yield figures.no_address_section(today)
    yield figures.failures_section(now)
    yield figures.load_section(today)
    yield figures.nobodys_section(today)


@cache
def _templates(escaped: bool) -> Environment:
    # The text part must not be escaped, the HTML part is.
    made = Environment(
        loader=PackageLoader("inspect_station"),
        autoescape=escaped,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["dates_whole"] = _dates_whole
    return made


def _dates_whole(line: str) -> Markup:
    """Escaped, its dates kept from breaking at their hyphens on a narrow screen."""
    whole = r'<span style="white-space:nowrap">\g<0></span>'
    return Markup(_DATE.sub(whole, str(escape(line))))  # noqa: S704  escaped one word before
