"""The timetable: when each job fires, what a worker does about its clock, who leads."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger

from inspect_station import clock, jobs
from inspect_station.accounts.models import IdempotencyKey, LoginSession
from inspect_station.commands.processes import Pair
from inspect_station.reminders import leases, service
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.worker import JumpWatch, Worker
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, settings, vessel


def next_runs(name: str, start: datetime, count: int) -> list[str]:
    trigger = CronTrigger(timezone=clock.SHANGHAI, **jobs.job_named(name).at)
    runs, after = [], start
    for _ in range(count):
        after = trigger.get_next_fire_time(None, after)
        runs.append(after.strftime("%a %H:%M"))
        after += timedelta(seconds=1)
    return runs


def test_the_tick_fires_every_morning_at_eight_and_works_on_working_days_only(cast: Cast, tmp_path: Path) -> None:
    assert next_runs("tick", NOW, 2) == ["Mon 08:00", "Tue 08:00"]
    vessel(cast.jia, in_days(10))
    assert jobs.tick(settings(tmp_path), NOW) == "not a working day"  # a Sunday
    assert OwedStep.select().count() == 0
    jobs.tick(settings(tmp_path), NOW + timedelta(days=1))
    assert OwedStep.select().count() == 1


def test_delivery_runs_every_minute() -> None:
    assert next_runs("deliver", NOW, 3) == ["Sun 09:30", "Sun 09:31", "Sun 09:32"]


def test_a_worker_that_starts_after_eight_on_a_workday_catches_the_tick_up(cast: Cast, tmp_path: Path) -> None:
    monday = NOW + timedelta(days=1)
    assert jobs.owed_at_start(monday.replace(hour=7)) == []
    assert [job.name for job in jobs.owed_at_start(monday)] == ["tick", "digest", "report_month"]
    service.tick(settings(tmp_path), monday.date(), monday)
    assert jobs.owed_at_start(monday) == []
    assert jobs.owed_at_start(monday + timedelta(days=5)) == []  # a Saturday owes nothing


def test_a_worker_that_slept_through_the_morning_writes_what_is_owed_within_minutes(
    cast: Cast, tmp_path: Path
) -> None:
    vessel(cast.jia, in_days(10))
    moment = [(NOW + timedelta(days=1)).replace(hour=7, minute=59)]
    worker = Worker(settings(tmp_path), now=lambda: moment[0], ticks=lambda: moment[0].timestamp())
    worker.catch_up()
    assert OwedStep.select().count() == 0
    moment[0] += timedelta(hours=3)  # asleep; the timetable drops a run that is an hour late
    looks = worker.scheduler().get_job("missed").trigger
    assert looks.get_next_fire_time(None, moment[0]) - moment[0] <= timedelta(minutes=11)
    worker.catch_up()
    assert OwedStep.select().count() == 1


def test_while_the_clock_is_in_doubt_our_own_people_are_written_nothing_either(cast: Cast, tmp_path: Path) -> None:
    monday = NOW + timedelta(days=1)
    service.pause(cast.head, "clock_jump", monday)
    assert jobs.digest(settings(tmp_path), monday) == "the day is in doubt"
    assert jobs.report_month(settings(tmp_path), monday) == "the day is in doubt"
    service.resume(cast.head, monday)
    assert jobs.digest(settings(tmp_path), monday).weekly


@pytest.mark.parametrize(
    ("hours", "pauses"), [(1, False), (-1, False), (24, False), (-24, False), (400 * 24, True), (-30 * 24, True)]
)
def test_a_jump_of_the_wall_clock_in_a_running_worker_pauses_sending(
    cast: Cast, tmp_path: Path, hours: int, pauses: bool
) -> None:
    wall, ticks = [NOW], [100.0]
    worker = Worker(settings(tmp_path), now=lambda: wall[0], ticks=lambda: ticks[0])
    wall[0] += timedelta(hours=hours, seconds=30)
    ticks[0] += 30
    worker.look_at_the_clock(wall[0])
    assert (service.paused() is not None) == pauses


def test_downtime_between_two_looks_is_no_jump() -> None:
    watch = JumpWatch(NOW, 0.0)
    assert watch.jump(NOW + timedelta(days=3), 3 * 86_400.0) == timedelta(0)


def test_only_the_leader_runs_a_job_and_an_error_does_not_end_the_timetable(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    monday = NOW + timedelta(days=1)
    worker = Worker(settings(tmp_path), now=lambda: monday, ticks=lambda: 0.0)
    worker.run_job(jobs.job_named("tick"))
    assert OwedStep.select().count() == 0  # it has no lease yet
    worker.beat()
    worker.run_job(jobs.Job("broken", "坏的", {}, lambda *_: 1 / 0))
    worker.run_job(jobs.job_named("tick"))
    worker.run_job(jobs.job_named("deliver"))
    assert Message.get().state == "sent"


def test_a_lease_has_one_holder_until_it_ends(cast: Cast) -> None:
    minute = timedelta(minutes=1)
    assert leases.take("timetable", "a", NOW, minute)
    assert leases.take("timetable", "a", NOW, minute)
    assert not leases.take("timetable", "b", NOW, minute)
    assert leases.take("timetable", "b", NOW + 2 * minute, minute)
    leases.give_up("timetable", "b")
    assert leases.take("timetable", "a", NOW + 2 * minute, minute)


def test_a_lease_taken_on_a_wrong_clock_keeps_nobody_out(cast: Cast) -> None:
    minute = timedelta(minutes=1)
    assert leases.take("timetable", "a", NOW + timedelta(days=400), minute)
    assert leases.take("timetable", "b", NOW, minute)
    assert not leases.take("timetable", "a", NOW, minute)


def test_alarms_name_the_stopped_worker_the_missing_tick_and_the_old_queue(cast: Cast, tmp_path: Path) -> None:
    monday = NOW + timedelta(days=1)
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    service.beat("w", monday, monday)
    service.tick(settings(tmp_path), monday.date(), monday)
    reached = {a.code for a in service.alarms(monday)}
    assert "worker" not in reached
    assert "tick" not in reached
    later = {a.code for a in service.alarms(monday + timedelta(days=1, hours=1))}
    assert {"worker", "tick", "queue"} <= later


def test_purging_forgets_what_nobody_can_use(cast: Cast, tmp_path: Path) -> None:
    account = cast.admin.account_id
    for days in (1, 60):
        at = NOW - timedelta(days=days)
        LoginSession.create(token_hash=f"t{days}", account=account, created_at=at, seen_at=at)
        IdempotencyKey.create(account=account, key=f"k{days}", fingerprint="", status=200, body="", created_at=at)
    jobs.purge(settings(tmp_path), NOW)
    assert LoginSession.select().count() == 1
    assert IdempotencyKey.select().count() == 1


def test_when_one_of_a_pair_dies_the_other_is_stopped_and_the_code_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pair = Pair({"web": ["sleep", "60"], "worker": ["false"]})
    assert pair.run() == 1
    assert all(child.poll() is not None for child in pair._children.values())
    assert "worker 意外结束" in capsys.readouterr().err


def test_the_date_of_last_tick_is_told(cast: Cast, tmp_path: Path) -> None:
    assert service.last_tick() is None
    service.tick(settings(tmp_path), TODAY, NOW)
    assert service.last_tick() == TODAY
