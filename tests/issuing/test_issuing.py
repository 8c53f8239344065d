"""Notices are numbered without gaps, kept as printed, handed over by name and day."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask

from inspect_station.accounts.models import AuditEntry
from inspect_station.db import connection
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.issuing import service
from inspect_station.issuing.models import IssuedNotice
from inspect_station.issuing.service import Filters
from inspect_station.reminders import service as reminders
from tests.conftest import NOW, TODAY, Cast, csrf_of, downloaded, log_in, people
from tests.reminders.park import contact, in_days, settings, vessel

CANARY = "甲厂的金丝雀"


def ids(cast: Cast, **filters: object) -> list[int]:
    """The rows of the due list that concern a periodic inspection."""
    asked = duelist.Filters(clock="periodic", **filters)
    return [r["id"] for r in duelist.due_page(cast.inspector, asked, "due", duelist.Place(), 200, TODAY).rows]


def issue(cast: Cast, tmp_path: Path, form: str = "notice", **filters: object) -> list[IssuedNotice]:
    batch = service.issue(cast.inspector, settings(tmp_path), ids(cast, **filters), form, True, TODAY, NOW)
    return list(IssuedNotice.select().where(IssuedNotice.batch == batch).order_by(IssuedNotice.id))


def words(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_one_notice_for_each_enterprise_and_what_is_late_apart_from_what_is_to_come(
    cast: Cast, tmp_path: Path
) -> None:
    for days in (-3, -1, 20, 40):
        vessel(cast.jia, in_days(days))
    vessel(cast.yi, in_days(10))
    made = Counter((n.enterprise_id, n.kind, n.items) for n in issue(cast, tmp_path))
    assert made == {(cast.jia.id, "overdue", 2): 1, (cast.jia.id, "due", 2): 1, (cast.yi.id, "due", 1): 1}


def test_numbers_run_through_the_year_and_begin_anew(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(20))
    config = settings(tmp_path)
    for _ in range(2):
        issue(cast, tmp_path)
    after = TODAY + timedelta(days=60)
    service.issue(cast.inspector, config, ids(cast), "notice", True, after, NOW + timedelta(days=60))
    numbers = [n.number for n in IssuedNotice.select().order_by(IssuedNotice.id)]
    assert numbers == ["检通〔2026〕0001号", "检通〔2026〕0002号", "检通〔2027〕0001号"]


def test_printing_side_by_side_gives_each_notice_its_own_number(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(20))
    vessel(cast.yi, in_days(20))
    chosen, config = ids(cast), settings(tmp_path)

    def once(_number: int) -> str:
        with connection():
            return service.issue(cast.inspector, config, chosen, "notice", False, TODAY, NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(4)))
    assert sorted(n.sequence for n in IssuedNotice.select()) == list(range(1, 9))


def test_the_pdf_holds_what_the_register_says_and_stays_the_same_to_the_byte(cast: Cast, tmp_path: Path) -> None:
    equipment = vessel(cast.jia, in_days(20), name=CANARY)
    contact(cast.jia, "a@jia.example", name="张安全")
    (made,) = issue(cast, tmp_path)
    name, path = service.pdf_of(cast.jia_user, settings(tmp_path), made.id)
    before = path.read_bytes()
    assert name == "通知单-检通2026-0001.pdf"
    for word in (CANARY, "检通〔2026〕0001号", "张安全收", "第四十条", in_days(20), "盲板"):
        assert word in words(path), word
    type(equipment).update(name="改了名").execute()
    assert service.pdf_of(cast.inspector, settings(tmp_path), made.id)[1].read_bytes() == before
    assert service.record_of(cast.inspector, made.id)[1][0]["name"] == CANARY


def test_the_one_pdf_of_a_batch_holds_every_notice_with_pages_of_its_own(cast: Cast, tmp_path: Path) -> None:
    for firm in (cast.jia, cast.yi):
        vessel(firm, in_days(20))
    made = issue(cast, tmp_path)
    rows, path = service.batch_of(cast.inspector, settings(tmp_path), made[0].batch)
    assert [row["number"] for row in rows] == ["检通〔2026〕0001号", "检通〔2026〕0002号"]
    text = words(path)
    assert text.count("第1页，共2页") == 2
    assert "共4页" not in text
    with pytest.raises(NotFound):
        service.batch_of(cast.jia_user, settings(tmp_path), made[0].batch)


def test_what_to_prepare_is_told_for_each_clock_of_the_ticked_devices(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(200))
    (made,) = issue(cast, tmp_path, form="preparation")
    text = words(service.pdf_of(cast.inspector, settings(tmp_path), made.id)[1])
    assert made.kind == "preparation"
    assert "检验准备一次性告知书" in text
    assert "盲板" in text


def test_a_firm_told_within_ten_days_is_named_before_it_is_told_again(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    vessel(cast.yi, in_days(10))
    contact(cast.yi, "b@yi.example")
    reminders.tick(settings(tmp_path), TODAY, NOW)
    reminders.deliver(settings(tmp_path), NOW)
    issue(cast, tmp_path, enterprise=cast.jia.id)
    found = {d.enterprise_id: d.last_told for d in service.drafts(cast.inspector, ids(cast), "notice", TODAY)}
    assert found == {cast.jia.id: TODAY, cast.yi.id: TODAY}
    later = service.drafts(cast.inspector, ids(cast), "notice", TODAY + timedelta(days=11))
    assert {d.last_told for d in later} == {None}


def test_delivery_names_day_and_receiver_and_may_be_put_right(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    (made,) = issue(cast, tmp_path)
    handed = {"receiver": "李四", "delivery_note": "", "today": TODAY, "now": NOW}
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=1)):
        with pytest.raises(InvalidInput):
            service.record_delivery(cast.inspector, made.id, delivered_on=day, **handed)
    service.record_delivery(cast.inspector, made.id, delivered_on=TODAY, **handed)
    service.record_delivery(cast.inspector, made.id, delivered_on=TODAY, **handed | {"receiver": "王五"})
    row, _ = service.record_of(cast.inspector, made.id)
    assert (row["standing"], row["receiver"], row["delivery_by"]) == ("delivered", "王五", "检一")
    assert AuditEntry.select().where(AuditEntry.act == "notice.deliver").count() == 2


def test_a_void_notice_keeps_its_number_and_can_no_longer_be_delivered(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    (made,) = issue(cast, tmp_path)
    service.void(cast.inspector, made.id, "日期打错", NOW)
    with pytest.raises(Conflict):
        service.void(cast.inspector, made.id, "日期打错", NOW)
    with pytest.raises(Conflict):
        service.record_delivery(
            cast.inspector, made.id, delivered_on=TODAY, receiver="李四", delivery_note="", today=TODAY, now=NOW
        )
    (second,) = issue(cast, tmp_path)
    assert second.number == "检通〔2026〕0002号"
    assert service.last_printed(cast.jia.id) == TODAY


def test_stopped_devices_alone_make_no_notice(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10), status="stopped", stopped_on="2026-10-01")
    with pytest.raises(InvalidInput, match="没有可以通知"):
        issue(cast, tmp_path)
    assert IssuedNotice.select().count() == 0


def test_the_register_is_narrowed_paged_and_seen_by_its_own_firm_only(cast: Cast, tmp_path: Path) -> None:
    for firm in (cast.jia, cast.yi):
        vessel(firm, in_days(20))
    first, _ = issue(cast, tmp_path)
    service.void(cast.inspector, first.id, "不用了", NOW)

    def seen(actor: object = cast.inspector, **filters: object) -> set[int]:
        return {row["enterprise_id"] for row in service.page_of(actor, Filters(**filters), None, 50).rows}

    both = {cast.jia.id, cast.yi.id}
    assert seen() == both
    assert seen(cast.yi_user) == {cast.yi.id}
    assert seen(standing="void") | seen(standing="open") == both
    assert len(seen(standing="void")) == 1
    assert seen(standing="delivered") == set()
    assert seen(q="jhg") == {cast.jia.id}
    assert seen(q="0002") <= both
    assert seen(kind="overdue") == set()
    assert seen(last=TODAY - timedelta(days=1)) == set()
    page = service.page_of(cast.inspector, Filters(), None, 1)
    assert page.following is not None
    assert len(service.page_of(cast.inspector, Filters(), page.following, 1).rows) == 1


def test_from_the_ticked_rows_to_the_signed_notice_on_pages(sqlite_app: Flask, tmp_path: Path) -> None:
    with people(sqlite_app) as cast:
        vessel(cast.jia, in_days(10), name=CANARY)
        vessel(cast.jia, in_days(150))
        chosen = ids(cast)
    client = log_in(sqlite_app, cast.inspector)
    assert "打印通知" in client.get("/due?view=flat").get_data(as_text=True)
    draft = client.get("/reminders/notices/new?" + "&".join(f"ids={i}" for i in chosen)).get_data(as_text=True)
    assert CANARY in draft
    assert "90 天以上才到期" in draft
    token = csrf_of(client)
    answer = client.post(
        "/reminders/notices/new", data={"ids": chosen, "form": "notice", "with_preparation": "1", "csrf_token": token}
    )
    batch = answer.headers["Location"]
    assert "检通〔2026〕0001号" in client.get(batch).get_data(as_text=True)
    with client.get(f"{batch}/notices.pdf") as pdf:
        assert pdf.get_data()[:5] == b"%PDF-"
        assert (
            "inline" in pdf.headers["Content-Disposition"] or "attachment" not in pdf.headers["Content-Disposition"]
        )
    page = client.get("/reminders/notices").get_data(as_text=True)
    number = int(page.split('href="/reminders/notices/')[1].split('"')[0].split("/")[0])
    wrong = client.post(
        f"/reminders/notices/{number}/delivered",
        data={"csrf_token": token, "delivered_on": in_days(1), "receiver": "李四"},
    )
    assert wrong.status_code == 422
    assert 'value="李四"' in wrong.get_data(as_text=True)
    right = {"csrf_token": token, "delivered_on": TODAY.isoformat(), "receiver": "李四"}
    assert client.post(f"/reminders/notices/{number}/delivered", data=right).status_code == 302
    sheet = downloaded(client, "/reminders/notices.xlsx?standing=delivered").active
    assert [row[7] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["李四"]
    own = log_in(sqlite_app, cast.jia_user)
    assert "检通〔2026〕0001号" in own.get("/reminders/notices").get_data(as_text=True)
    assert "登记送达" not in own.get(f"/reminders/notices/{number}").get_data(as_text=True)
