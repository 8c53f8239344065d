"""The sample park shows an inbox with open and handled answers, dead addresses and calls to make; nothing leaves it."""

from pathlib import Path

from inspect_station import db as database
from inspect_station import sealing
from inspect_station.accounts.scope import Actor
from inspect_station.reminders import hands
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import DeadAddress, Message
from inspect_station.sample import load, told
from tests.conftest import NOW, SECRET, TODAY, dispose
from tests.reminders.park import settings


def test_the_sample_park_has_every_answer_and_every_word_on_them(sqlite_url: str, tmp_path: Path) -> None:
    sealing.use(SECRET)
    bound = database.bind(sqlite_url)
    with database.connection():
        load.load(20261122, 1, TODAY, NOW)
        told.load(settings(tmp_path), TODAY, NOW)
        check()
    dispose(bound)


def check() -> None:
    rows = answers.page_of(Actor.system(), answers.Filters(), None, 50).rows
    assert {row["kind"] for row in rows} == {"apply", "noted", "stopped", "not_ours", "contact"}
    assert {row["state"] for row in rows} == {"open", "seen", "done", "rejected"}
    assert all(9 <= row["given_at"].hour < 18 for row in rows)
    assert {m.channel for m in Message.select().where(Message.state == "sent")} == {"folder"}
    assert DeadAddress.select().count() >= 2
    outcomes = {task.last["outcome"] for task in hands.tasks(Actor.system()) if task.last}
    assert outcomes == {"no_answer", "later"}
