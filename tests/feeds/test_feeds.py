"""Calendar feeds as a calendar program meets them: parsed, updated in place, one's own only."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event

from inspect_station.accounts import service as accounts
from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.db import db
from inspect_station.errors import Conflict, NotFound
from inspect_station.feeds import service
from inspect_station.feeds.models import CalendarFeed, FeedEvent
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from tests.conftest import NOW, Cast, csrf_of, log_in, people
from tests.duelist import park
from tests.statements import counted

LATER = NOW + timedelta(hours=12)


def link(number: int) -> str:
    return f"https://station.example/equipment/{number}"


def events(secret: str, now=NOW) -> dict[str, Event]:
    calendar = Calendar.from_ical(service.calendar(secret, now, link))
    found = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    assert len(found) == len(calendar.walk("VEVENT"))
    return found


@dataclass
class Scene:
    cast: Cast
    park: park.Park
    secret: str  # the feed of 甲's user


@pytest.fixture
def scene(cast: Cast) -> Scene:
    made = park.make(cast)
    Enterprise.update(responsible=cast.inspector.account_id).where(Enterprise.id == cast.jia.id).execute()
    return Scene(cast, made, service.create(cast.jia_user, "手机", NOW))


def uid(equipment: Equipment, clock: str = "periodic") -> str:
    return f"equipment-{equipment.id}-{clock}@inspect-station"


def test_every_due_date_is_an_all_day_event_with_two_alarms(scene: Scene) -> None:
    event = events(scene.secret)[uid(scene.park.apply_now)]
    assert event.decoded("dtstart") == date(2026, 12, 22)
    assert event.decoded("dtend") == date(2026, 12, 23)
    assert event["summary"] == "定期检验到期：换热器 E-201（福州甲化工有限公司）"
    assert "最晚报检：2026-11-22" in event["description"]
    assert event["url"] == link(scene.park.apply_now.id)
    alarms = [alarm.decoded("trigger") for alarm in event.walk("VALARM")]
    assert alarms == [timedelta(days=-30), timedelta(days=-7)]


def test_a_month_is_valid_to_its_last_day_and_says_so(scene: Scene) -> None:
    event = events(scene.secret)[uid(scene.park.approaching)]
    assert event.decoded("dtstart") == date(2026, 12, 31)
    assert "到期：2026-12（有效至当月最后一天）" in event["description"]


def test_only_running_clocks_with_a_date_are_events(scene: Scene) -> None:
    found = events(scene.secret)
    assert uid(scene.park.overdue) in found
    for other in ("forbidden", "undetermined", "date_missing", "stopped", "none"):
        assert uid(getattr(scene.park, other)) not in found, other


def test_a_date_by_an_unread_rule_says_so(scene: Scene) -> None:
    new = park.vessel(scene.cast.jia, "新储罐", "V-9", put_into_use_on="2025-03-01", made_on="2025-01-01")
    found = events(scene.secret)
    assert "待核实" in found[uid(new)]["description"]
    assert "待核实" not in found[uid(scene.park.ok)]["description"]


def test_no_line_is_longer_than_75_octets_and_chinese_survives_the_folding(scene: Scene) -> None:
    Equipment.update(name="超长名称" * 40, location="二期装置区" * 30).where(
        Equipment.id == scene.park.ok.id
    ).execute()
    park.touch(scene.park.ok)
    body = service.calendar(scene.secret, NOW, link)
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    for line in lines:
        line.decode()  # no character is cut in two
    assert "超长名称" * 40 in events(scene.secret)[uid(scene.park.ok)]["summary"]


def test_nothing_changed_gives_the_same_bytes_half_a_day_later(scene: Scene) -> None:
    assert service.calendar(scene.secret, NOW, link) == service.calendar(scene.secret, LATER, link)


def test_a_changed_date_moves_the_same_event_and_raises_its_sequence(scene: Scene) -> None:
    before = events(scene.secret)[uid(scene.park.apply_now)]
    park.inspected(scene.park.apply_now, "periodic", "2026-11-20", grade=2, next_due="2032-11-20")
    after = events(scene.secret, LATER)[uid(scene.park.apply_now)]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after.decoded("dtstart") == date(2032, 11, 20)
    assert after.decoded("last-modified") > before.decoded("last-modified")
    assert events(scene.secret, LATER)[uid(scene.park.apply_now)]["sequence"] == 1
    assert events(scene.secret)[uid(scene.park.ok)]["sequence"] == 0


def test_inspector_and_enterprise_are_told_the_same_under_the_same_uid(scene: Scene) -> None:
    inspector = service.create(scene.cast.inspector, "", NOW)
    theirs, ours = events(scene.secret), events(inspector)
    assert ours
    assert all(ours[key].to_ical() == theirs[key].to_ical() for key in ours)
    assert FeedEvent.select().where(FeedEvent.sequence > 0).count() == 0


def lines_of_one_installation(scene: Scene, count: int) -> list[Equipment]:
    plant = park.device(scene.cast.jia, "8310", "氨合成装置管道", "GD-1", form="installation")
    facts = {"form": "line", "parent": plant, "put_into_use_on": "2018-02-20", "traits": {"pipe_grade": "GC2"}}
    made = [park.device(scene.cast.jia, "8310", "氨管", "", line_number=f"NH-{n}", **facts) for n in range(count)]
    for line in made:
        park.inspected(line, "periodic", "2021-05-20", grade=2, next_due="2027-05-20")
    return made


def test_lines_of_one_installation_with_one_date_are_one_event(scene: Scene) -> None:
    first, second, third = lines_of_one_installation(scene, 3)
    found = events(scene.secret)
    assert found[uid(first)]["summary"] == "定期检验到期：氨合成装置管道 3 条管道（福州甲化工有限公司）"
    assert "NH-0、氨管 NH-1、氨管 NH-2" in found[uid(first)]["description"]
    assert uid(second) not in found
    assert uid(third) not in found


def test_a_line_with_a_new_date_leaves_its_group(scene: Scene) -> None:
    first, second, third = lines_of_one_installation(scene, 3)
    events(scene.secret)
    park.inspected(first, "periodic", "2026-11-01", grade=2, next_due="2032-11-01")
    found = events(scene.secret, LATER)
    assert found[uid(first)].decoded("dtstart") == date(2032, 11, 1)
    assert found[uid(first)]["sequence"] == 1
    assert found[uid(second)].decoded("dtstart") == date(2027, 5, 20)
    assert "2 条管道" in found[uid(second)]["summary"]
    assert uid(third) not in found


def test_one_sees_ones_own_devices_only(scene: Scene) -> None:
    yi = service.create(scene.cast.yi_user, "", NOW)
    other = service.create(scene.cast.other_inspector, "", NOW)
    assert "YI-CANARY" not in service.calendar(scene.secret, NOW, link).decode()
    found = events(yi)
    assert set(found) == {uid(scene.park.yi_vessel), uid(scene.park.yi_vessel, "annual")} & set(found)
    assert uid(scene.park.yi_vessel) in found
    assert events(other) == {}


def test_an_inspector_is_shown_what_he_inspects_himself(scene: Scene) -> None:
    found = events(service.create(scene.cast.inspector, "", NOW))
    assert uid(scene.park.apply_now) in found
    assert not [key for key in found if "annual" in key]


@pytest.mark.parametrize("secret", ["", "x", "a" * 500, "检验", "../../etc/passwd"])
def test_an_unknown_secret_opens_nothing(scene: Scene, secret: str) -> None:
    with pytest.raises(NotFound):
        service.calendar(secret, NOW, link)


def test_a_revoked_feed_and_the_feed_of_a_closed_account_open_nothing(scene: Scene) -> None:
    second = service.create(scene.cast.jia_user, "电脑", NOW)
    service.revoke(scene.cast.jia_user, service.own(scene.cast.jia_user)[0].id, NOW)
    with pytest.raises(NotFound):
        service.calendar(second, NOW, link)
    assert events(scene.secret)
    accounts.set_disabled(scene.cast.admin, scene.cast.jia_user.account_id, True, NOW)
    with pytest.raises(NotFound):
        service.calendar(scene.secret, NOW, link)


def test_nobody_lists_or_revokes_another_persons_feed(scene: Scene) -> None:
    feed = CalendarFeed.get()
    for other in (scene.cast.yi_user, scene.cast.inspector, scene.cast.admin):
        assert service.own(other) == []
        with pytest.raises(NotFound):
            service.revoke(other, feed.id, NOW)
    assert events(scene.secret)


def test_only_the_hash_is_kept_and_acts_are_audited(scene: Scene) -> None:
    assert scene.secret not in str(list(CalendarFeed.select().dicts()))
    service.revoke(scene.cast.jia_user, CalendarFeed.get().id, NOW)
    entries = list(AuditEntry.select().where(AuditEntry.object_type == "feed").dicts())
    assert [e["act"] for e in entries] == ["feed.create", "feed.revoke"]
    assert {e["enterprise_id"] for e in entries} == {scene.cast.jia.id}
    assert scene.secret not in str(entries)


def test_the_eleventh_feed_is_refused(scene: Scene) -> None:
    for _ in range(9):
        service.create(scene.cast.jia_user, "", NOW)
    with pytest.raises(Conflict, match="最多同时保留 10 个"):
        service.create(scene.cast.jia_user, "", NOW)


def test_more_devices_do_not_take_more_statements(scene: Scene) -> None:
    events(scene.secret)

    def statements() -> int:
        with counted() as seen:
            service.calendar(scene.secret, NOW, link)
        return len(seen)

    before = statements()
    for number in range(20):
        made = park.vessel(scene.cast.jia, "罐", f"X-{number}")
        park.inspected(made, "periodic", "2024-01-01", grade=2, next_due=f"2030-01-{number + 1:02}")
    events(scene.secret)
    assert statements() == before


def test_a_person_subscribes_on_the_page_and_a_program_fetches_without_logging_in(app: Flask) -> None:
    with people(app) as cast:
        park.make(cast)
    browser = log_in(app, cast.jia_user)
    form = {"csrf_token": csrf_of(browser), "name": "我的手机"}
    assert browser.post("/me/calendars", data=form).status_code == 302
    page = browser.get("/me/calendars").get_data(as_text=True)
    path = "/calendar/" + page.split("/calendar/")[1].split(".ics")[0] + ".ics"
    assert f'href="webcal://127.0.0.1:8000{path}"' in page  # one tap on a phone
    assert path not in browser.get("/me/calendars").get_data(as_text=True)  # shown once

    answer = app.test_client().get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert "换热器" in answer.get_data(as_text=True).replace("\r\n ", "")
    assert "Set-Cookie" not in answer.headers
    again = app.test_client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304

    with db.connection_context():
        feed = CalendarFeed.get()
        assert feed.fetched_at == NOW
    stranger = log_in(app, cast.yi_user)
    token = {"csrf_token": csrf_of(stranger)}
    assert stranger.post(f"/me/calendars/{feed.id}/revoked", data=token).status_code == 404
    own = {"csrf_token": csrf_of(browser)}
    assert browser.post(f"/me/calendars/{feed.id}/revoked", data=own).status_code == 302
    assert app.test_client().get(path).status_code == 404


def test_the_address_cannot_be_written_to(sqlite_app: Flask) -> None:
    assert sqlite_app.test_client().get("/calendar/nothing.ics").status_code == 404
    assert sqlite_app.test_client().post("/calendar/nothing.ics").status_code in {400, 405}


def test_nothing_else_is_written_by_fetching(scene: Scene) -> None:
    before = (Inspection.select().count(), Account.select().count(), AuditEntry.select().count())
    events(scene.secret)
    assert (Inspection.select().count(), Account.select().count(), AuditEntry.select().count()) == before
