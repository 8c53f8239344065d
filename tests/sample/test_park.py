"""The sample park shows every kind of answer, notice, dead address and call; nothing of it leaves this machine."""

from collections import Counter
from pathlib import Path

import pytest

from inspect_station import config
from inspect_station import db as database
from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.issuing import service as issuing
from inspect_station.planning import service as planning
from inspect_station.reminders import hands, policies
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import DeadAddress, Message
from inspect_station.sample import load
from inspect_station.workload import service as workload
from tests.conftest import NOW, SECRET, TODAY, dispose, load_sample


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_sample_park_shows_everything_once(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if engine == "sqlite":
        bound = database.bind(f"sqlite:///{request.getfixturevalue('sample_folder') / 'station.db'}")
    else:
        bound = database.bind(request.getfixturevalue("postgres_url"))
        with database.connection():
            load_sample(config.Settings(data_dir=str(tmp_path), secret_key=SECRET))
    with database.connection():
        check_answers()
        check_what_was_told()
        check_notices()
        check_reports()
    dispose(bound)


def test_a_better_plan_is_left_to_be_worked_out_beside_the_one_in_force(sqlite_url: str) -> None:
    """Whoever opens the first page finds a whole plan; the solver's comes as a proposal that the head may put in force."""
    bound = database.bind(sqlite_url)
    with database.connection():
        number = load.load(20261122, 1, TODAY, NOW, better=True).better_plan
        assert number is not None
        head, force = Actor.system(), planning.plans.in_force_id()
        assert (planning.plans.get(head, number).state, force) == ("waiting", number - 1)
        planning.work.make_now(number, NOW, 0)
        assert planning.plans.in_force_id() == force
        planning.plans.approve(head, number, NOW)
        assert planning.plans.in_force_id() == number
    dispose(bound)


def check_answers() -> None:
    rows = answers.page_of(Actor.system(), answers.Filters(), None, 50).rows
    assert {row["kind"] for row in rows} == {"apply", "noted", "stopped", "not_ours", "contact"}
    assert {row["state"] for row in rows} == {"open", "seen", "done", "rejected"}
    assert all(9 <= row["given_at"].hour < 18 for row in rows)


def check_what_was_told() -> None:
    sent = Message.select().where(Message.state == "sent")
    assert "folder" in {m.channel for m in sent}
    assert {m.channel for m in sent} <= {"folder", "notice"}
    assert DeadAddress.select().count() >= 2
    outcomes = {task.last["outcome"] for task in hands.tasks(Actor.system()) if task.last}
    assert outcomes == {"no_answer", "later"}


def check_reports() -> None:
    """Some of every stage, so that the list of what waits is never empty; and all notices can be told of."""
    actor = Actor.system()
    waiting = casework.reports.page(actor, casework.reports.Filters(), TODAY).rows
    assert {row["stage"] for row in waiting} == {"written", "checked", "reviewed"}
    assert "broken" in {row["promise"].state for row in waiting}
    why = {
        row["key"]: row["count"] for row in workload.reasons.of_overdue(actor, workload.around("month", TODAY), TODAY)
    }
    assert len(why) >= 6
    assert sum(why.values()) - why["none"] > why["none"] > 0
    assert casework.findings.page(actor, casework.findings.Filters(), TODAY, size=500).rows


def check_notices() -> None:
    rows = issuing.page_of(Actor.system(), issuing.Filters(), None, 50).rows
    standings = Counter(row["standing"] for row in rows)
    assert (standings["delivered"], standings["void"]) == (2, 1)
    assert standings["open"] > 0
    assert len(policies.in_force().own) == 1
