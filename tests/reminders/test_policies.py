"""The ladder as data: the station's, what single enterprises agreed, sending hours; and what the outlook makes of it."""

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from inspect_station.accounts.models import AuditEntry
from inspect_station.errors import InvalidInput, NotAllowed
from inspect_station.reminders import alarms, forecast, policies, policy_forms, service
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.policies import Policy
from inspect_station.workcalendar import service as workcalendar
from schedules.hours import Hours
from schedules.ladder import Ladder
from schedules.terms import Clock
from tests.conftest import NOW, TODAY, Cast, csrf_of, log_in, people
from tests.reminders.park import contact, in_days, settings, vessel
from tests.reminders.smtp import Postbox

OFFICE_HOURS = Hours(time(8), time(20), workdays_only=True)


def with_steps(*steps: int, **more: object) -> Policy:
    return replace(policies.shipped(), ladder=replace(policies.shipped().ladder, steps=steps, more={}), **more)


def told(firm: object) -> list[str]:
    return [s.step for s in OwedStep.select().where(OwedStep.enterprise == firm).order_by(OwedStep.id)]


def at(days: int, hour: int = 9) -> tuple[date, object]:
    moment = (NOW + timedelta(days=days)).replace(hour=hour)
    return moment.date(), moment


def test_the_stations_ladder_can_be_changed_is_audited_and_goes_back(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(70))
    contact(cast.jia, "a@jia.example")
    policies.change(cast.technical_head, with_steps(120, 45, 30), NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert told(cast.jia) == ["d120"]
    assert AuditEntry.get(AuditEntry.act == "ladder.change").detail["steps"] == [
        [90, 60, 30, 15, 7, 0],
        [120, 45, 30],
    ]
    policies.reset(cast.head, NOW)
    assert policies.station_policy() == (policies.shipped(), False)
    service.tick(settings(tmp_path), *at(1))
    assert told(cast.jia) == ["d120", "d90"]  # a step of the old ladder is not said again, the next new one is


def test_shutdown_clocks_start_half_a_year_ahead() -> None:
    ladder = policies.shipped().ladder
    shutdown = {clock for clock in Clock if ladder.steps_of(clock)[0] == 180}
    assert shutdown == {Clock.INTERNAL, Clock.PERIODIC, Clock.FULL, Clock.PRESSURE_TEST}


def test_an_enterprise_has_the_ladder_it_agreed_to_and_the_others_the_stations(cast: Cast, tmp_path: Path) -> None:
    for firm in (cast.jia, cast.yi):
        vessel(firm, in_days(50))
        contact(firm, f"a@{firm.id}.example")
    policies.agree(cast.head, cast.jia.id, with_steps(55, 30), "电话约定", NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert (told(cast.jia), told(cast.yi)) == (["d55"], ["d60"])
    policies.end_agreement(cast.head, cast.jia.id, NOW)
    assert policies.in_force().own == {}


def test_a_far_step_of_one_enterprise_reaches_as_far_as_it_says(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(300))
    contact(cast.jia, "a@jia.example")
    policies.agree(cast.head, cast.jia.id, with_steps(365, 30), "大修计划", NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert told(cast.jia) == ["d365"]


@pytest.mark.parametrize(("before", "after"), [(7, 14), (14, 7), (7, 3), (3, 7)])
def test_another_rhythm_of_repeats_neither_falls_silent_nor_says_a_day_twice(
    cast: Cast, tmp_path: Path, before: int, after: int
) -> None:
    vessel(cast.jia, in_days(-1))
    contact(cast.jia, "a@jia.example")
    config = settings(tmp_path)

    def every(days: int) -> Policy:
        ladder = replace(policies.shipped().ladder, overdue_every_days=days)
        return replace(policies.shipped(), ladder=ladder)

    policies.change(cast.head, every(before), NOW)
    for day in range(0, 30):
        service.tick(config, *at(day))
    policies.change(cast.head, every(after), NOW)
    for day in range(30, 60):
        service.tick(config, *at(day))
    days = [s.week for s in OwedStep.select().order_by(OwedStep.week)]
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert max(gaps) <= before + after
    assert gaps[-1] == after
    assert len(set(days)) == len(days)


def test_repeats_of_several_overdue_devices_still_share_one_letter_a_week_in_another_rhythm(
    cast: Cast, tmp_path: Path
) -> None:
    contact(cast.jia, "a@jia.example")
    policies.change(
        cast.head, replace(policies.shipped(), ladder=replace(policies.shipped().ladder, overdue_every_days=3)), NOW
    )
    for days in range(1, 8):
        vessel(cast.jia, in_days(-days))
    letters = 0
    for day in range(0, 28):
        letters += service.tick(settings(tmp_path), *at(day)).messages
        service.deliver(settings(tmp_path), at(day)[1])
    assert letters == 4


def test_letters_wait_for_the_hours_and_nobody_cries_over_them(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    vessel(cast.yi, in_days(10))
    contact(cast.jia, "a@jia.example")
    contact(cast.yi, "b@yi.example")
    policies.agree(cast.head, cast.jia.id, replace(policies.shipped(), hours=OFFICE_HOURS), "只在上班时收", NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert service.deliver(settings(tmp_path), NOW) == {"quiet": 1, "sent": 1}  # NOW is a Sunday
    waiting = Message.get(Message.enterprise == cast.jia)
    assert (waiting.state, waiting.tries) == ("queued", 0)
    assert waiting.next_at == at(1, 8)[1].replace(minute=0)
    evening = NOW.replace(hour=22)
    assert "queue" not in {alarm.code for alarm in alarms.alarms(evening)}
    assert service.deliver(settings(tmp_path), evening) == {}
    assert service.deliver(settings(tmp_path), at(1)[1]) == {"sent": 1}


def test_a_letter_that_waited_long_for_its_hours_is_not_given_up_at_its_first_failure(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = box.settings(tmp_path)
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    policies.change(cast.head, replace(policies.shipped(), hours=OFFICE_HOURS), NOW)
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"quiet": 1}
    box.will_answer("a@jia.example", "450 busy")
    monday = at(8)[1]
    assert service.deliver(config, monday) == {"failed": 1}
    assert service.deliver(config, monday + timedelta(minutes=1)) == {"sent": 1}


def test_hours_given_up_let_waiting_letters_go_at_once(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    policies.change(cast.head, replace(policies.shipped(), hours=OFFICE_HOURS), NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert service.deliver(settings(tmp_path), NOW) == {"quiet": 1}
    policies.reset(cast.head, NOW)
    assert service.deliver(settings(tmp_path), NOW) == {"sent": 1}


def test_the_gathered_letter_goes_on_its_weekday_the_urgent_one_when_it_is_urgent(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(80))
    policies.agree(cast.head, cast.jia.id, replace(policies.shipped(), weekday=2), "每周三", NOW)
    written = {}
    for day in range(0, 5):
        written[at(day)[0].weekday()] = service.tick(settings(tmp_path), *at(day)).messages
        service.deliver(settings(tmp_path), at(day)[1])
    assert written == {6: 0, 0: 0, 1: 0, 2: 1, 3: 0}
    vessel(cast.jia, at(5 + 7)[0])
    assert service.tick(settings(tmp_path), *at(5)).messages == 1


def test_a_weekday_that_was_missed_is_caught_up_on_the_next_day() -> None:
    rhythm = replace(policies.shipped(), weekday=2).rhythm
    wednesday = date(2026, 11, 25)
    thursday, tuesday = wednesday + timedelta(days=1), wednesday - timedelta(days=1)
    assert rhythm.is_its_weekday(thursday, tuesday)
    assert not rhythm.is_its_weekday(thursday, wednesday)
    assert not rhythm.is_its_weekday(tuesday, tuesday - timedelta(days=1))


def test_the_outlook_foretells_exactly_the_letters_that_will_be_written(cast: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)
    for firm in (cast.jia, cast.yi):
        contact(firm, f"a@{firm.id}.example")
        for days in (-20, 3, 12, 33, 47, 71, 95, 140):
            vessel(firm, in_days(days))
    own = replace(with_steps(75, 40, 30, 10), weekday=3, hours=OFFICE_HOURS)
    policies.agree(cast.head, cast.jia.id, own, "约定", NOW)
    foretold = {
        o.enterprise_id: [letter.day for letter in o.letters] for o in forecast.outlook(cast.head, config, TODAY)
    }
    working = workcalendar.calendar(TODAY)
    for day in range(0, forecast.DAYS + 1):
        on, moment = at(day)
        if working.is_workday(on):
            service.tick(config, on, moment)
            service.deliver(config, moment)
    for firm in (cast.jia, cast.yi):
        written = [m.day for m in Message.select().where(Message.enterprise == firm).order_by(Message.day)]
        assert foretold[firm.id] == written


def test_who_may_not_set_the_ladder_cannot(cast: Cast) -> None:
    for actor in (cast.inspector, cast.auditor):
        with pytest.raises(NotAllowed):
            policies.change(actor, policies.shipped(), NOW)
        with pytest.raises(NotAllowed):
            policies.agree(actor, cast.jia.id, policies.shipped(), "约定", NOW)


def typed(**changes: str) -> dict[str, str]:
    return {name: str(value) for name, value in policy_forms.form_of(policies.shipped()).items()} | changes


def test_what_the_form_shows_reads_back_the_same() -> None:
    policy = Policy(Ladder((60, 30), {Clock.FULL: (200,)}, 5, 9, 10), OFFICE_HOURS, 4)
    form = policy_forms.form_of(policy)
    given = {name: str(value) for name, value in form.items()} | {"workdays_only": "1"}
    assert policy_forms.read(given) == policy
    assert policy_forms.read(typed(steps="90天 60,30；7，0")).ladder.steps == (90, 60, 30, 7, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", ""),
        ("steps", "九十"),
        ("steps", "-5、30"),
        ("steps", "731、30"),
        ("steps", "1,2,3,4,5,6,7,8,9,10,11,12,30"),
        ("more_full", "半年"),
        ("overdue_every_days", "0"),
        ("overdue_every_days", "７"),
        ("urgent_within_days", "1000000000000"),
        ("opens", "八点"),
        ("closes", "00:30"),
    ],
)
def test_a_field_that_does_not_fit_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        policy_forms.read(typed(**{field: value} | ({"opens": "08:00"} if field == "closes" else {})))
    assert set(refused.value.fields) == {field}


def test_the_page_keeps_what_was_typed_and_refuses_a_ladder_that_tells_too_late(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        number = cast.jia.id
    client = log_in(sqlite_app, cast.technical_head)
    late = typed(steps="20、10", csrf_token=csrf_of(client))
    answer = client.post("/reminders/ladder", data=late)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="20、10"' in page
    assert "到期前一个月提出" in page
    assert client.post("/reminders/ladder", data=late | {"steps": "100、30"}).status_code == 302
    assert "提前 100、30 天" in client.get("/reminders/ladder").get_data(as_text=True)
    own = client.post(f"/enterprises/{number}/ladder", data=late | {"steps": "45、30", "agreed": ""})
    assert own.status_code == 422
    assert "约定的依据" in own.get_data(as_text=True)
    client.post(f"/enterprises/{number}/ladder", data=late | {"steps": "45、30", "agreed": "与张安全约定"})
    assert "与张安全约定" in client.get(f"/enterprises/{number}/ladder").get_data(as_text=True)
    assert "福州甲化工有限公司" in client.get("/reminders/ladder").get_data(as_text=True)
    client.post(f"/enterprises/{number}/ladder/end", data={"csrf_token": csrf_of(client)})
    assert "没有单独约定" in client.get(f"/enterprises/{number}/ladder").get_data(as_text=True)


def test_an_inspector_sees_the_ladder_without_a_form(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    page = log_in(sqlite_app, cast.inspector).get("/reminders/ladder").get_data(as_text=True)
    assert "现在的阶梯" in page
    assert 'name="steps"' not in page
