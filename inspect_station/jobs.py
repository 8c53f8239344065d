"""The timetable: name, time, one service call each. Every job does what is owed, so a missed run heals itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspect_station.accounts import factors
from inspect_station.accounts.models import IdempotencyKey, LoginSession, OneTimeLink
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.registry import contact_data, contacts
from inspect_station.reminders import service as reminders
from inspect_station.reminders.channels import config as channels
from inspect_station.reminders.staff import service as staff
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload import service as workload

SENDERS = 4
_KEEP_SESSIONS = timedelta(days=30)
_KEEP_KEYS = timedelta(days=7)


@dataclass(frozen=True)
class Job:
    """One line of the timetable. `at` are the fields of APScheduler's cron trigger (its weekdays count from 0)."""

    name: str
    title: str
    at: Mapping[str, str]
    run: Callable[[Settings, datetime], object]


def refresh_due_list(_settings: Settings, now: datetime) -> object:
    return duelist.refresh(now.date())


def tick(settings: Settings, now: datetime) -> object:
    """On working days; what falls on a holiday is owed on the next working day."""
    if not workcalendar.calendar(now.date()).is_workday(now.date()):
        return "not a working day"
    return reminders.tick(settings, now.date(), now)


def digest(settings: Settings, now: datetime) -> object:
    """To our own people, on working days: the week's digest on its first one, what became overdue on each."""
    if not workcalendar.calendar(now.date()).is_workday(now.date()):
        return "not a working day"
    if reminders.day_in_doubt():
        return "the day is in doubt"
    return staff.compose(settings, now.date(), now)


def deliver(settings: Settings, now: datetime) -> object:
    sent = reminders.deliver(settings, now, senders=SENDERS) + staff.deliver(settings, now)
    return dict(sent + workload.sending.deliver(settings, now))


def report_month(settings: Settings, now: datetime) -> object:
    """Last month's report to the head, owed from the first working day on."""
    if reminders.day_in_doubt():
        return "the day is in doubt"
    return workload.sending.owed(settings, now)


def purge(_settings: Settings, now: datetime) -> object:
    """Forget sessions, used links and kept answers that nobody can use any more, and who the contacts of years ago were."""
    with db.atomic():
        return {
            "contacts": contact_data.forget_old(now.date(), now),
            "sessions": LoginSession.delete().where(LoginSession.seen_at < now - _KEEP_SESSIONS).execute(),
            "links": OneTimeLink.delete().where(OneTimeLink.expires_at < now - _KEEP_SESSIONS).execute(),
            "answers": IdempotencyKey.delete().where(IdempotencyKey.created_at < now - _KEEP_KEYS).execute(),
        }


def reseal(_settings: Settings, _now: datetime) -> object:
    """Addresses sealed with an older key, or typed before they were sealed, are sealed with the present one."""
    with db.atomic():
        return {
            "contacts": contacts.seal_what_is_not(),
            "channels": channels.reseal(_now),
            "second factors": factors.reseal(),
        }


JOBS: tuple[Job, ...] = (
    Job("refresh", "核对到期清单", {"hour": "2", "minute": "10"}, refresh_due_list),
    Job("purge", "清理过期的登录、请求记录和多年前的联系人", {"hour": "3", "minute": "40"}, purge),
    Job("reseal", "用现在的密钥加密地址", {"hour": "3", "minute": "50"}, reseal),
    Job("tick", "写入今天该发的提醒", {"hour": "8", "minute": "0"}, tick),
    Job("digest", "写给站里人员的周报和新超期", {"hour": "8", "minute": "10"}, digest),
    Job("report_month", "写好上月报表，寄给站长", {"hour": "8", "minute": "20"}, report_month),
    Job("deliver", "发送待发的提醒", {"second": "0"}, deliver),
)


def job_named(name: str) -> Job:
    return next(job for job in JOBS if job.name == name)


def owed_at_start(now: datetime) -> list[Job]:
    """Jobs whose time passed while nobody ran the timetable: this morning's tick and digest."""
    last, today = reminders.last_tick(), now.date()
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    missed = now >= morning and (last is None or last < today) and workcalendar.calendar(today).is_workday(today)
    return [job_named("tick"), job_named("digest"), job_named("report_month")] if missed else []
