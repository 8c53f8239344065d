"""What must not stay unseen (measures R20): on the head's page, in `doctor`, in /metrics, and in the alert rules."""

import re
import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from flask import Flask

from inspect_station.accounts import station
from inspect_station.accounts.models import Account
from inspect_station.backup.service import LAST_BACKUP
from inspect_station.db import db
from inspect_station.reminders import alarms, service
from inspect_station.reminders.models import Attempt, Message
from inspect_station.settings import checks
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workcalendar.models import CalendarYear
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.reminders import park

RULES = Path(__file__).resolve().parents[2] / "docs" / "alerts.rules.yml"
Disk = namedtuple("Disk", "total used free")
WELL = Disk(1 << 40, 0, 1 << 39)


@pytest.fixture
def well(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Flask, Cast]:
    """A station of which nothing is to be said."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: WELL)
    with people(sqlite_app) as cast:
        workcalendar.seed(NOW)
        service.beat("worker-1", NOW, NOW)
        station.put(alarms.LAST_TICK, {"on": TODAY.isoformat()}, NOW)
        station.put(LAST_BACKUP, {"at": NOW.isoformat(), "bytes": 1}, NOW)
    return sqlite_app, cast


def letter(cast: Cast, **more: object) -> Message:
    given = {"key": "k", "message_id": "<k>", "enterprise": cast.jia, "channel": "mail", "recipient": "a@b.example",
             "day": TODAY, "created_at": NOW, "queued_at": NOW, "state": "queued", "subject": "x", "text": "x", "html": "x"}  # fmt: skip
    return Message.create(**{k: v for k, v in {**given, **more}.items() if k in Message._meta.fields})


def worker_dead(_cast: Cast) -> None:
    alarms.Heartbeat.update(seen_at=NOW - timedelta(seconds=61)).execute()


def mail_dead(cast: Cast) -> None:
    message = letter(cast, state="failed", next_at=NOW + timedelta(hours=1))
    for _ in range(3):
        Attempt.create(
            message=message,
            sender="worker-1/0",
            at=NOW - timedelta(minutes=1),
            outcome="failed",
            detail="connection refused",
        )


def queue_old(cast: Cast) -> None:
    letter(cast, next_at=NOW - timedelta(minutes=31))


def nobody_told(cast: Cast) -> None:
    park.vessel(cast.jia, park.in_days(10))


def nobody_called(cast: Cast) -> None:
    long_ago = NOW - alarms.figures.BY_HAND_OLD - timedelta(minutes=1)
    letter(cast, channel="phone", recipient="", created_at=long_ago)


def backup_old(_cast: Cast) -> None:
    station.put(LAST_BACKUP, {"at": (NOW - timedelta(hours=49)).isoformat(), "bytes": 1}, NOW)


def year_missing(_cast: Cast) -> None:
    CalendarYear.delete().execute()


def rules_waiting(_cast: Cast) -> None:
    Account.update(created_at=NOW - timedelta(days=91)).execute()


def disk_full(_cast: Cast) -> None:
    checks.shutil.disk_usage = lambda _path: Disk(1 << 40, 0, 1 << 29)


FAULTS = {
    "worker": (worker_dead, "后台进程已 1 分钟没有动静"),
    "channel": (mail_dead, "最近 3 次发送都没有成功"),
    "queue": (queue_old, "最早的已等了 31 分钟"),
    "no_address": (nobody_told, "1 家企业没有可用的地址，提醒到不了：福州甲化工有限公司"),
    "by_hand": (nobody_called, "电话名单上有 1 家企业还没有人通知"),
    "backup": (backup_old, "上次备份在 2026-11-20 08:30"),
    "calendar": (year_missing, "2026 年还没有放假通知"),
    "rules": (rules_waiting, "已 91 天没有人核实"),
    "disk": (disk_full, "还有 0.5 GB"),
}


def figures(app: Flask) -> dict[str, float]:
    text = app.test_client().get("/metrics").text
    return {name: float(value) for name, value in re.findall(r'station_alarms\{what="(\w+)"\} (\S+)', text)}


def test_of_a_station_that_is_well_nothing_is_said_and_every_figure_is_there(well: tuple[Flask, Cast]) -> None:
    app, cast = well
    with db.connection_context():
        assert checks.standing(app.config["STATION"], NOW) == []
    assert {name for name, value in figures(app).items() if value} <= {"no_address"}
    assert set(figures(app)) == {*alarms.CODES, *checks.STANDING}
    assert "notice-danger" not in log_in(app, cast.head).get("/workload").text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_stands_on_the_heads_page_in_doctor_and_in_the_metrics(
    well: tuple[Flask, Cast], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cast = well
    arrange, words = FAULTS[fault]
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _path: WELL)  # put back what `disk_full` does
    with db.connection_context():
        arrange(cast)
        told = [check for check in checks.run_all(app.config["STATION"], NOW) if words in check.text]
    assert [check.level for check in told] in (["warn"], ["bad"])
    assert told[0].mend
    assert figures(app)[fault] > 0
    assert words in log_in(app, cast.head).get("/workload").text
    assert words not in log_in(app, cast.inspector).get("/workload").text


@pytest.mark.parametrize(
    ("channel", "words"), [("mail", "收件人被拒：451 4.2.1 mailbox busy"), ("wecom", "企业微信群机器人的回答看不懂")]
)
@pytest.mark.parametrize(("mailboxes", "alarms_told"), [(1, False), (2, True)])
def test_one_busy_mailbox_or_robot_is_no_dead_channel(
    well: tuple[Flask, Cast], mailboxes: int, alarms_told: bool, channel: str, words: str
) -> None:
    _, cast = well
    with db.connection_context():
        messages = [
            letter(cast, key=f"k{n}", message_id=f"<k{n}>", state="failed", channel=channel) for n in range(mailboxes)
        ]
        well_off = letter(cast, key="taken", message_id="<taken>", state="sent", channel=channel)
        Attempt.create(
            message=well_off, sender="worker-1/0", at=NOW - timedelta(hours=2), outcome="sent", detail="ok"
        )
        for n in range(3):
            Attempt.create(
                message=messages[n % mailboxes],
                sender="worker-1/0",
                at=NOW - timedelta(minutes=1),
                outcome="failed",
                detail=words,
            )
        assert ("channel" in {alarm.code for alarm in alarms.alarms(NOW)}) == alarms_told


def test_the_alert_rules_ask_for_figures_that_exist(well: tuple[Flask, Cast]) -> None:
    app, _ = well
    text = app.test_client().get("/metrics").text
    asked = " ".join(rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"])
    for name in set(re.findall(r"station_\w+", asked)):
        assert f"\n{name}" in text, name
    named = set(re.findall(r'station_alarms\{what="(\w+)"\}', asked))
    assert named == {*alarms.CODES, *checks.STANDING} - {"refused", "no_address", "by_hand"}  # a day's work, no alarm
