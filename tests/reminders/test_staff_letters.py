"""The station's own letters: who gets what, once each, and that nobody who gets none is forgotten."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from flask import Flask

from inspect_station import jobs
from inspect_station.accounts import service as accounts
from inspect_station.accounts.models import Account
from inspect_station.casework import service as casework
from inspect_station.db import connection
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import hands
from inspect_station.reminders import service as reminders
from inspect_station.reminders.models import StaffLetter
from inspect_station.reminders.staff import digest, figures, service
from inspect_station.settings import checks
from tests.conftest import NOW, TODAY, Cast, csrf_of, log_in, people
from tests.reminders.answers.park import tell
from tests.reminders.park import contact, in_days, inspected, settings, vessel
from tests.reminders.smtp import Postbox

MONDAY = NOW + timedelta(days=1)


def text_of(actor: object, kind: str = "weekly") -> str:
    letters = StaffLetter.select().where(StaffLetter.account == actor.account_id, StaffLetter.kind == kind)
    return str(letters.order_by(StaffLetter.id.desc()).get().text)


def section(text: str, title: str) -> str:
    """The part of a letter under this title."""
    return text.split(f"【{title}】")[1].split("【")[0]


@pytest.fixture
def park(cast: Cast) -> Cast:
    """检一 looks after 甲, 检二 after 乙."""
    Enterprise.update(responsible=cast.inspector.account_id).where(Enterprise.id == cast.jia.id).execute()
    Enterprise.update(responsible=cast.other_inspector.account_id).where(Enterprise.id == cast.yi.id).execute()
    vessel(cast.jia, in_days(-5), name="甲超期")
    vessel(cast.jia, in_days(3), name="甲本周")
    vessel(cast.jia, "2026-12-20", name="甲下月")
    vessel(cast.yi, in_days(-40), name="乙早超期")
    return cast


def test_an_inspector_reads_his_own_firms_only_and_the_head_all(park: Cast, tmp_path: Path) -> None:
    done = service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    assert (done.weekly, done.overdue, done.without_address) == (3, 1, 0)
    mine = text_of(park.inspector)
    assert "甲超期" in section(mine, "超期和禁用")
    assert "甲本周" in section(mine, "本周到期")
    assert "甲下月" in section(mine, "下个月到期")
    assert "甲化工" in section(mine, "没有可用地址、提醒发不到的企业")
    assert "乙" not in mine
    head = text_of(park.head)
    assert section(head, "超期").startswith("2")
    assert "检一：禁用 0，超期 1" in section(head, "各人负责的")


def test_answers_nobody_looked_at_are_named_to_the_inspector_and_the_head(park: Cast, tmp_path: Path) -> None:
    told = tell(park, tmp_path)
    told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": in_days(-1)})
    told.answer("noted")  # nothing to look at
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    for actor, path in ((park.inspector, "/answers?tab=open&mine=true"), (park.head, "/answers?tab=open")):
        said = section(text_of(actor), "企业答复待处理")
        assert said.startswith("1")
        assert "福州甲化工有限公司：1 条，最早 2026-11-22" in said
        assert path in said
    assert section(text_of(park.other_inspector), "企业答复待处理").startswith("0")


def test_a_firm_that_no_inspector_looks_after_is_named_to_the_head(park: Cast, tmp_path: Path) -> None:
    Enterprise.update(responsible=None).where(Enterprise.id == park.yi.id).execute()
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    said = section(text_of(park.head), "没有负责检验员的企业")
    assert said.startswith("1")
    assert "连江乙新材料有限公司：1 项" in said


def test_each_figure_of_a_digest_opens_the_page_with_just_those_rows(sqlite_app: Flask, tmp_path: Path) -> None:
    with people(sqlite_app) as cast:
        Enterprise.update(responsible=cast.inspector.account_id).execute()
        for day in (in_days(-40), in_days(-2), in_days(1), in_days(20), in_days(28), "2026-12-31", "2027-01-01"):
            vessel(cast.jia, day)
        failed = vessel(cast.jia, "2033-01-01")
        inspected(failed, "periodic", "2033-01-01", "2026-11-01", conclusion="不符合要求")
        service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
        told = {"inspector": text_of(cast.inspector), "head": text_of(cast.head)}
    pages = {name: log_in(sqlite_app, getattr(cast, name)) for name in told}
    counted = {}
    for name, text in told.items():
        for title, count, path in re.findall(r"【(.+?)】(\d+)\n(?:  · .*\n)+  查看：\S+?(/due\?\S+)", text):
            page = pages[name].get(path).get_data(as_text=True)
            counted[name, title] = (int(count), int(re.search(r"共 (\d+) 项", page)[1]))
    late = counted.pop(("inspector", "超期和禁用"))
    assert late == (3, 2)
    (further,) = re.findall(r"其中禁用的：\S+?(/due\?\S+)", told["inspector"])
    assert "共 1 项" in pages["inspector"].get(further).get_data(as_text=True)
    newest = counted.pop(("head", "近七天新超期"))
    assert newest == (1, 2)  # the page has the newest first
    assert counted["inspector", "本周到期"] == (1, 1)
    assert counted["inspector", "下个月到期"] == (3, 3)
    assert [pair for pair in counted.values() if pair[0] != pair[1]] == []


def test_behind_hundreds_of_old_ones_the_newly_overdue_and_next_months_are_still_told(
    park: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "ROWS_MOST", 3)
    for _ in range(4):
        vessel(park.jia, in_days(-60))
        vessel(park.jia, in_days(6))
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    assert "甲超期" in text_of(park.head, "overdue")
    assert "甲下月" in section(text_of(park.inspector), "下个月到期")


def test_whom_somebody_has_to_call_stands_in_the_digest_of_who_answers_for_the_firm(
    park: Cast, tmp_path: Path
) -> None:
    reminders.tick(settings(tmp_path), MONDAY.date(), MONDAY)
    for task in hands.tasks(park.head):
        call = {"outcome": "later", "next_on": MONDAY.date() + timedelta(days=1)}
        hands.record_call(park.head, settings(tmp_path), task.id, call, MONDAY)
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    mine = section(text_of(park.inspector), "等人打电话的企业")
    assert "福州甲化工有限公司：3 项，2026-11-23 列入，上次约好再打，再打 2026-11-24" in mine
    assert "乙" not in mine
    assert section(text_of(park.head), "等人打电话的企业").startswith("2")


def test_no_date_of_a_digest_breaks_on_a_narrow_screen_and_no_name_becomes_markup(park: Cast, tmp_path: Path) -> None:
    Enterprise.update(name="<b>甲</b>").where(Enterprise.id == park.jia.id).execute()
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    html = StaffLetter.get(StaffLetter.kind == "overdue").html
    assert "&lt;b&gt;甲&lt;/b&gt;：1 项" in html
    assert '<span style="white-space:nowrap">2026-11-17</span>' in html


def test_the_head_is_told_once_of_what_became_overdue_not_once_for_each_device(park: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)
    vessel(park.yi, MONDAY.date().isoformat(), name="明天超期")
    service.compose(config, MONDAY.date(), MONDAY)
    first = text_of(park.head, "overdue")
    assert "甲超期" in first
    assert "乙早超期" not in first
    assert "明天超期" not in first  # due today is not overdue
    tuesday = MONDAY + timedelta(days=1)
    assert service.compose(config, tuesday.date(), tuesday).overdue == 1
    second = text_of(park.head, "overdue")
    assert "明天超期" in second
    assert "甲超期" not in second
    assert service.compose(config, tuesday.date(), tuesday) == digest.Written(0, 0, 0)
    wednesday = tuesday + timedelta(days=1)
    assert service.compose(config, wednesday.date(), wednesday).overdue == 0


def test_one_digest_a_week_for_each_person_however_many_workers_and_days(park: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)

    def once(day: int) -> int:
        with connection():
            moment = MONDAY + timedelta(days=day % 5)
            return service.compose(config, moment.date(), moment).weekly

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(once, range(8))) == 3
    after = MONDAY + timedelta(days=7)
    assert service.compose(config, after.date(), after).weekly == 3


def test_the_timetable_writes_it_on_the_first_working_day_of_the_week(park: Cast, tmp_path: Path) -> None:
    assert jobs.digest(settings(tmp_path), NOW) == "not a working day"
    jobs.digest(settings(tmp_path), MONDAY + timedelta(days=1))  # Monday was missed
    assert StaffLetter.select().where(StaffLetter.kind == "weekly").count() == 3


def test_told_without_effect_is_named_until_something_happens(park: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)
    contact(park.jia, "a@jia.example")
    reminders.tick(config, TODAY, NOW)
    reminders.deliver(config, NOW)
    soon, late = NOW + timedelta(days=2), NOW + timedelta(days=15)
    service.compose(config, soon.date(), soon)
    assert "没有。" in section(text_of(park.inspector), "已提醒、还没有结果的企业")
    service.compose(config, late.date(), late)
    assert "福州甲化工有限公司：3 项" in section(text_of(park.inspector), "已提醒、还没有结果的企业")
    due = Equipment.get(Equipment.name == "甲下月")
    casework.apply(park.jia_user, park.jia.id, [(due.id, "periodic")], source="portal", now=late)
    after = late + timedelta(days=7)
    service.compose(config, after.date(), after)
    assert "福州甲化工有限公司：2 项" in section(text_of(park.inspector), "已提醒、还没有结果的企业")


def test_it_goes_by_mail_once_and_waits_while_sending_is_paused(park: Cast, box: Postbox, tmp_path: Path) -> None:
    config = box.settings(tmp_path)
    accounts.change_email(park.inspector, "jian@station.example", NOW)
    done = service.compose(config, MONDAY.date(), MONDAY)
    assert (done.weekly, done.without_address) == (1, 2)
    reminders.pause(park.head, "by_hand", NOW)
    assert not service.deliver(config, MONDAY)
    reminders.resume(park.head, NOW)
    assert service.deliver(config, MONDAY) == {"sent": 1}
    assert not service.deliver(config, MONDAY)
    ((recipient, mail),) = box.arrived
    assert recipient == "jian@station.example"
    assert mail["Subject"].startswith("本周检验：超期和禁用 1")
    assert "甲超期" in mail.get_body(("html",)).get_content()


def test_a_refused_one_is_tried_again_by_hand_and_a_busy_server_later(
    park: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = box.settings(tmp_path)
    address = "jian@station.example"
    accounts.change_email(park.inspector, address, NOW)
    service.compose(config, MONDAY.date(), MONDAY)
    box.will_answer(address, "450 busy", "550 no such mailbox")
    assert service.deliver(config, MONDAY) == {"failed": 1}
    assert not service.deliver(config, MONDAY)
    assert service.deliver(config, MONDAY + timedelta(minutes=1)) == {"refused": 1}
    letter = StaffLetter.get()
    assert "no such mailbox" in letter.reason
    assert "检一" in checks.digests(config, MONDAY).text
    service.resend(park.head, letter.id, MONDAY)
    assert service.deliver(config, MONDAY) == {"sent": 1}


def test_a_sender_that_died_leaves_its_letter_to_another_which_marks_it(park: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)
    service.compose(config, MONDAY.date(), MONDAY)
    dead = {"state": "claimed", "claimed_by": "gone", "lease_until": MONDAY}
    StaffLetter.update(**dead).where(StaffLetter.account == park.head.account_id).execute()
    service.deliver(config, MONDAY + timedelta(minutes=1))
    doubtful = {letter.account_id for letter in StaffLetter.select().where(StaffLetter.doubtful)}
    assert doubtful == {park.head.account_id}
    assert {letter.state for letter in StaffLetter.select()} == {"sent"}
    files = sorted(config.outbox_dir.rglob("ZN*.eml"))
    assert len(files) == 4
    assert message_from_bytes(files[0].read_bytes(), policy=SMTP)["Subject"]


def test_people_without_an_address_are_named(park: Cast, box: Postbox, tmp_path: Path) -> None:
    config = box.settings(tmp_path)
    assert checks.digests(config, NOW).text == "没有邮箱、收不到周报的：站大长、检一、检二"
    for actor in (park.head, park.inspector, park.other_inspector):
        accounts.change_email(actor, f"p{actor.account_id}@station.example", NOW)
    assert checks.digests(config, NOW).level == "ok"
    with pytest.raises(InvalidInput):
        accounts.change_email(park.head, "站长@例子", NOW)
    assert Account.get_by_id(park.head.account_id).email == f"p{park.head.account_id}@station.example"


def test_everybody_sees_his_own_letters_the_head_all(park: Cast, tmp_path: Path) -> None:
    service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
    assert {row["who"] for row in service.letters(park.inspector)} == {"检一"}
    assert {row["who"] for row in service.letters(park.head)} == {"检一", "检二", "站大长"}
    others = StaffLetter.get(StaffLetter.account == park.head.account_id).id
    with pytest.raises(NotFound):
        service.letter_of(park.inspector, others)
    with pytest.raises(NotFound):
        service.letters(park.jia_user)


def test_on_pages_the_digest_can_be_read_and_the_address_given(sqlite_app: Flask, tmp_path: Path) -> None:
    with people(sqlite_app) as cast:
        vessel(cast.jia, in_days(-5), name="甲超期")
        service.compose(settings(tmp_path), MONDAY.date(), MONDAY)
        number = StaffLetter.get(StaffLetter.kind == "overdue").id
    client = log_in(sqlite_app, cast.head)
    assert "新超期 1 项" in client.get("/reminders/staff").get_data(as_text=True)
    assert "甲超期" in client.get(f"/reminders/staff/{number}").get_data(as_text=True)
    token = csrf_of(client)
    wrong = client.post("/me/email", data={"email": "不是邮箱", "csrf_token": token})
    assert wrong.status_code == 422
    assert 'value="不是邮箱"' in wrong.get_data(as_text=True)
    assert client.post("/me/email", data={"email": "z@station.example", "csrf_token": token}).status_code == 302
    assert "z@station.example" in client.get("/me").get_data(as_text=True)
