"""Mailing the month's report on the first working day: to the head, PDF and workbook attached, each month once."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import station
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.reminders.channels import CHANNELS, Channel, ChannelError, Outgoing
from inspect_station.reminders.delivery import paused
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload import counting, report
from inspect_station.workload.models import ReportMail
from inspect_station.workload.periods import Period, around, read

LEASE = timedelta(minutes=10)
_MINUTES = (1, 5, 15, 60, 240)
_TRIES_MOST = 12
_OPEN = ("queued", "failed", "uncertain")


def owed(settings: Settings, now: datetime) -> int:
    """Write down who is owed last month's report, from the month's first working day on; returns how many are new.

    A missed day heals itself: the letter is owed until it was written, whatever day the timetable comes by again.
    """
    today = now.date()
    if today < first_workday(today):
        return 0
    period = around("month", today).before()
    if not counting.known("due", period, counting.begun()):
        return 0
    made = 0
    for account in Account.select().where(Account.role == "head", Account.disabled_at.is_null()):
        made += _write(account, period, now)
    return made


def first_workday(today: date) -> date:
    """The first working day of the month of `today`."""
    day = today.replace(day=1)
    calendar = workcalendar.calendar(day)
    while not calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def _write(account: Any, period: Period, now: datetime) -> int:
    if ReportMail.select().where(ReportMail.month == period.key, ReportMail.account == account.id).exists():
        return 0
    state = {"state": "queued", "next_at": now}
    if not account.email and not station.sample_loaded():
        state = {"state": "refused", "reason": "没有填写邮箱", "next_at": None}
    return int(
        ReportMail.insert(
            month=period.key, account=account.id, recipient=account.email, created_at=now, **state,
            message_id=f"<monthly-{period.key}-{account.id}@inspect-station>",
        )
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )  # fmt: skip


def deliver(settings: Settings, now: datetime) -> Counter[str]:
    """Send what waits; several processes at once send each report once. A crash in between repeats, never loses one."""
    if paused():
        return Counter()
    counts: Counter[str] = Counter()
    ReportMail.update(state="uncertain", next_at=now, reason="发送进程中断，可能已送达").where(
        ReportMail.state == "claimed", ReportMail.lease_until < now
    ).execute()
    channel: Channel | None = None
    try:
        for (number,) in list(_waiting(now)):
            if not _claimed(number, now):
                continue
            if channel is None:
                channel = CHANNELS[_channel(settings)][1](settings)
            counts[_send(number, channel, settings, now)] += 1
    finally:
        if channel is not None:
            channel.close()
    return counts


def _channel(settings: Settings) -> str:
    """With the sample park loaded, or no mail server, nothing leaves this machine."""
    return "mail" if settings.smtp_host and not station.sample_loaded() else "folder"


def _waiting(now: datetime) -> Any:
    due = (ReportMail.state.in_(_OPEN)) & (ReportMail.next_at <= now)
    return ReportMail.select(ReportMail.id).where(due).order_by(ReportMail.next_at).limit(50).tuples()


def _claimed(number: int, now: datetime) -> bool:
    taken = ReportMail.update(state="claimed", lease_until=now + LEASE, tries=ReportMail.tries + 1).where(
        ReportMail.id == number, ReportMail.state.in_(_OPEN), ReportMail.next_at <= now
    )
    return bool(taken.execute())


def _send(number: int, channel: Channel, settings: Settings, now: datetime) -> str:
    mail = ReportMail.get_by_id(number)
    try:
        channel.send(letter(mail, settings, now))
    except ChannelError as error:
        return _failed(mail, error, now)
    _record(mail, now, state="sent", reason="", next_at=None, done_at=now)
    return "sent"


def _failed(mail: Any, error: ChannelError, now: datetime) -> str:
    if error.permanent or mail.tries >= _TRIES_MOST:
        _record(mail, now, state="refused", reason=error.sentence[:300], next_at=None, done_at=now)
        return "refused"
    wait = _MINUTES[min(mail.tries, len(_MINUTES)) - 1]
    state = "uncertain" if error.uncertain else "failed"
    _record(mail, now, state=state, reason=error.sentence[:300], next_at=now + timedelta(minutes=wait))
    return state


def _record(mail: Any, now: datetime, **values: Any) -> None:
    """Unless the lease ran out and another has it."""
    mine = (ReportMail.id == mail.id, ReportMail.state == "claimed", ReportMail.tries == mail.tries)
    with db.atomic():
        ReportMail.update(**values, lease_until=None).where(*mine).execute()


def letter(mail: Any, settings: Settings, now: datetime) -> Outgoing:
    """The mail: a few lines of text, the report as PDF and as workbook."""
    period = read(mail.month)
    account = Account.get_by_id(mail.account_id)
    made = report.make(Actor(account.id, account.name, account.role), period, now.date(), settings.station_name)
    name = f"{period.key}-检验工作报表"
    return Outgoing(
        message_id=mail.message_id,
        number=f"YB{period.key.replace('-', '')}-{mail.id:04d}",
        recipient=mail.recipient,
        recipient_name=account.name,
        subject=f"{settings.station_name}：{made.title}",
        text=_text(made, account.name),
        html="",
        written_at=mail.created_at,
        notice_name=f"{name}.pdf",
        notice=report.as_pdf(made),
        file_name=f"{name}.xlsx",
        file=report.as_workbook(made, now),
    )


def _text(made: report.Report, name: str) -> str:
    rows = [row for table in made.tables[:2] for row in table.rows]
    figures = "\n".join(f"{row[0]}：{report.said(row[1])}{row[5] if row[1] is not None else ''}" for row in rows)
    return f"{name}：\n\n{made.title}（{made.state}）\n\n{figures}\n\n完整报表见附件（PDF 和工作簿，数字一致）。\n"


def mails(actor: Actor, most: int = 24) -> list[dict[str, Any]]:
    """The last reports mailed and what became of them."""
    actor.need_staff()
    query: Any = ReportMail.select(ReportMail, Account.name.alias("who")).join(Account).order_by(ReportMail.id.desc())
    return list(query.limit(most).dicts())
