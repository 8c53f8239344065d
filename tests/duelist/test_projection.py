"""The projection: every bucket right, only what is stale recomputed, nothing lost whatever happens in between."""

import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import peewee
import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.db import db, is_sqlite
from inspect_station.duelist import projection, rules, service
from inspect_station.duelist.models import DueRow, DueStamp
from inspect_station.duelist.query import Filters
from inspect_station.registry import changes
from inspect_station.registry.facts import facts_of
from inspect_station.registry.ledgers import service as ledgers
from inspect_station.registry.models import Equipment, EquipmentTouched, Inspection
from schedules import answers
from schedules.due import due_dates
from tests.conftest import NOW, TODAY, Cast
from tests.duelist import park as parks
from tests.statements import counted

SYSTEM = Actor.system()


def items(today: date = TODAY, **filters: Any) -> list[dict[str, Any]]:
    return list(service.due_items(SYSTEM, Filters(**filters), today))


def whole_table() -> list[tuple[Any, ...]]:
    columns = [f for name, f in DueRow._meta.fields.items() if name not in {"id", "computed_on"}]
    return list(DueRow.select(*columns).order_by(DueRow.equipment, DueRow.clock).tuples())


@pytest.mark.parametrize("name", parks.EXPECTED)
def test_every_bucket_is_as_worked_out_by_hand(park: parks.Park, name: str) -> None:
    device = getattr(park, name)
    (item,) = [i for i in items(equipment=(device.id,)) if i["clock"] == "periodic"]
    bucket, on = parks.EXPECTED[name]
    assert item["bucket"] == bucket
    assert item.get("on") == on


def test_an_undetermined_date_shows_its_bounds_and_what_is_missing(park: parks.Park) -> None:
    (item,) = [i for i in items(equipment=(park.undetermined.id,)) if i["clock"] == "periodic"]
    assert (item["earliest"], item["latest"]) == ("2028-06-01", "2031-06-01")
    assert item["missing"] == ["institution_decision"]
    assert item["state"] == "ok"


def test_an_undetermined_date_past_its_last_lawful_day_is_overdue(park: parks.Park) -> None:
    found = items(date(2031, 6, 2), equipment=(park.undetermined.id,), bucket="overdue")
    assert "periodic" in {item["clock"] for item in found}


def test_buckets_and_states_in_sql_are_those_of_the_engine_on_every_day_that_matters(park: parks.Park) -> None:
    days = {TODAY + timedelta(days=n) for n in (-400, -31, -30, -1, 0, 1, 9, 10, 39, 40, 41, 89, 90, 91, 500, 1700)}
    days |= {date(2027, 2, 28), date(2027, 3, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 1)}
    for day in sorted(days):
        expected = {}
        for device in facts_of([e.id for e in Equipment.select(Equipment.id)]):
            for answer in due_dates(device.facts, day, projection.in_force_now().book):
                state = answers.state(answer, day)
                expected[device.equipment_id, str(answer.clock)] = (str(answers.bucket(answer, day)), state)
        found = {(i["equipment_id"], i["clock"]): (i["bucket"], i.get("state")) for i in items(day)}
        assert found == expected, day


def test_each_row_is_in_exactly_one_bucket(park: parks.Park) -> None:
    projection.refresh(TODAY)
    counts = service.counts(SYSTEM, Filters(), TODAY)
    assert counts.pop("all") == sum(counts.values()) == DueRow.select().count()


def test_a_refresh_where_nothing_changed_is_one_look_and_writes_nothing(park: parks.Park) -> None:
    assert projection.refresh(TODAY) > 0
    with counted() as ran:
        assert projection.refresh(TODAY) == 0
    assert len(ran) == 1
    assert ran[0].startswith("SELECT")


def test_the_look_uses_indexes_only(park: parks.Park) -> None:
    if not is_sqlite():
        pytest.skip("SQLite says in words how it searches")
    projection.refresh(TODAY)
    plan = db.execute_sql("EXPLAIN QUERY PLAN SELECT EXISTS(SELECT 1 FROM due_row WHERE changes_on <= '2026-11-22')")
    assert any("USING COVERING INDEX due_row_changes_on" in row[3] or "USING INDEX" in row[3] for row in plan)


def test_only_the_touched_device_is_rewritten(park: parks.Park) -> None:
    projection.refresh(TODAY)
    parks.inspected(park.undetermined, "periodic", "2026-11-20", grade=2)
    assert projection.refresh(TODAY) == 1
    (item,) = [i for i in items(equipment=(park.undetermined.id,)) if i["clock"] == "periodic"]
    assert item["on"] == "2032-11-20"


def test_a_touch_that_changes_no_answer_rewrites_nothing(park: parks.Park) -> None:
    projection.refresh(TODAY)
    parks.touch(park.ok)
    assert projection.refresh(TODAY) == 0
    assert not EquipmentTouched.select().exists()


def test_dropping_the_table_and_refreshing_gives_the_same_rows(park: parks.Park) -> None:
    projection.refresh(TODAY)
    before = whole_table()
    db.drop_tables([DueRow])
    db.create_tables([DueRow])
    projection.refresh(TODAY)
    assert whole_table() == before


def test_an_interrupted_refresh_goes_on_where_it_stopped(park: parks.Park, monkeypatch: pytest.MonkeyPatch) -> None:
    projection.refresh(TODAY)
    complete = whole_table()
    DueRow.delete().execute()
    DueStamp.delete().execute()
    monkeypatch.setattr(projection, "CHUNK", 3)
    write, calls = projection._write, []

    def fails_the_second_time(ids: Any, *rest: Any) -> int:
        calls.append(list(ids))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(ids, *rest)

    monkeypatch.setattr(projection, "_write", fails_the_second_time)
    with pytest.raises(KeyboardInterrupt):
        projection.refresh(TODAY)
    assert 0 < DueRow.select().count() < len(complete)
    projection.refresh(TODAY)
    assert whole_table() == complete
    assert calls[2] == calls[1]


def test_several_refreshing_at_once_write_each_row_once(
    park: parks.Park, station: peewee.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "CHUNK", 2)
    written: list[int] = []

    def work() -> None:
        with db.connection_context():
            written.append(projection.refresh(TODAY))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(written) == 4
    assert sum(written) == DueRow.select().count() > 20


def test_a_change_committed_while_a_refresh_runs_is_not_lost(
    park: parks.Park, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    projection.refresh(TODAY)
    parks.touch(park.ok)
    touched, taken = threading.Event(), threading.Event()

    def change() -> None:
        with db.connection_context(), db.atomic():
            Inspection.update(next_due="2027-09-09").where(Inspection.equipment == park.ok).execute()
            changes.touch([park.ok.id])
            touched.set()
            taken.wait(10)

    writer = threading.Thread(target=change)
    writer.start()
    assert touched.wait(10)
    projection.refresh(TODAY)  # sees neither the change nor, rightly, the mark
    taken.set()
    writer.join(60)
    (item,) = [i for i in items(equipment=(park.ok.id,)) if i["clock"] == "periodic"]
    assert item["on"] == "2027-09-09"


def test_a_row_turns_on_its_own_day(park: parks.Park) -> None:
    parks.inspected(park.apply_now, "periodic", "2026-12-01", grade=2, next_due="2032-12-01")
    assert items(equipment=(park.apply_now.id,), clock="periodic")[0]["on"] == "2026-12-22"
    assert items(date(2026, 12, 1), equipment=(park.apply_now.id,), clock="periodic")[0]["on"] == "2032-12-01"


def test_a_clock_set_back_gives_the_earlier_answers_again(park: parks.Park) -> None:
    parks.inspected(park.apply_now, "periodic", "2026-12-01", grade=2, next_due="2032-12-01")
    projection.refresh(TODAY)
    before = whole_table()
    projection.refresh(date(2026, 12, 5))
    assert whole_table() != before
    projection.refresh(TODAY)
    assert whole_table() == before
    with counted() as ran:
        assert projection.refresh(TODAY) == 0
    assert len(ran) == 1


def test_a_changed_setting_recomputes_what_rests_on_it(park: parks.Park, cast: Cast) -> None:
    projection.refresh(TODAY)
    chosen = {row["name"]: row["value"] for row in rules.done_by(cast.technical_head)}
    rules.set_done_by(cast.technical_head, chosen | {"fixed_vessel.annual": "institution"}, NOW)
    annual = items(kind="fixed_vessel", clock="annual")
    assert {item["done_by"] for item in annual} == {"institution"}
    assert {item["done_by"] for item in items(kind="industrial_pipe", clock="annual")} == {"user"}


def test_a_device_that_cannot_be_read_is_listed_and_says_why(park: parks.Park, cast: Cast) -> None:
    strange = parks.device(cast.jia, "9999", "不明设备", "X-1")
    (item,) = items(equipment=(strange.id,))
    assert item["bucket"] == "undetermined"
    assert "9999" in item["because"][0]


def test_an_installation_has_no_clocks_of_its_own(park: parks.Park, cast: Cast) -> None:
    installation = parks.device(cast.jia, "8310", "工艺管道装置", "G-1", form="installation")
    assert items(equipment=(installation.id,)) == []


def test_a_preview_of_the_ladder_stores_nothing(park: parks.Park) -> None:
    parks.inspected(park.apply_now, "periodic", "2026-12-01", grade=2, next_due="2032-12-01")
    projection.refresh(TODAY)
    before = whole_table()
    later = date(2026, 12, 5)
    rows = list(service.rows_for_ladder(later, later + timedelta(days=90), preview=True))
    assert (park.apply_now.id, "periodic") not in {(row.equipment_id, row.clock) for row in rows}
    assert (park.approaching.id, "periodic") in {(row.equipment_id, row.clock) for row in rows}
    assert whole_table() == before


def test_the_ladder_gets_the_forbidden_the_dated_and_the_undetermined_up_to_its_horizon(park: parks.Park) -> None:
    rows = {(r.equipment_id, r.clock): r for r in service.rows_for_ladder(TODAY, TODAY + timedelta(days=90))}
    assert rows[park.forbidden.id, "periodic"].why == "failed"
    assert rows[park.overdue.id, "periodic"].on == date(2026, 11, 21)
    assert rows[park.approaching.id, "periodic"].precision == "month"
    assert (park.ok.id, "periodic") not in rows
    assert (park.stopped.id, "periodic") not in rows
    assert (park.undetermined.id, "periodic") in {
        (r.equipment_id, r.clock) for r in service.rows_for_ladder(TODAY, date(2028, 7, 1))
    }
    assert [r.on for r in service.rows_for_equipment([park.ok.id], TODAY) if r.clock == "periodic"] == [
        date(2028, 3, 31)
    ]


def test_an_import_brings_its_rows_of_the_due_list_along_in_the_same_transaction(cast: Cast, tmp_path: Path) -> None:
    service.refresh(TODAY)
    path = tmp_path / "ledger.csv"
    rows = "".join(f"福州甲化工有限公司,储罐,2150,V-{n},2019-03-15\n" for n in range(3))
    path.write_text(f"单位名称,设备名称,设备目录代码,内部编号,投用日期\n{rows}", encoding="utf-8")
    left: list[int] = []

    def settle() -> None:
        service.settle(TODAY)
        left.append(EquipmentTouched.select().count())

    done = ledgers.import_file(SYSTEM, path, NOW, folder=tmp_path / "spool", write=True, settle=settle)
    assert (done["created"], left) == (3, [0])
    assert DueRow.select().count() == 6
    before = whole_table()
    DueRow.delete().execute()
    service.refresh(TODAY)
    assert whole_table() == before


def test_settling_leaves_a_rebuild_to_whoever_reads(park: parks.Park) -> None:
    DueStamp.update(digest="another rulebook").execute()
    EquipmentTouched.insert(equipment=park.overdue.id).on_conflict_ignore().execute()
    assert service.settle(TODAY) == 0


def written_page(today: date = TODAY, **filters: Any) -> tuple[list[dict[str, Any]], int]:
    found, _, (total, _) = service.due_json(SYSTEM, Filters(**filters), "due", service.Place(), 200, today)
    return orjson.loads(found), total


def _touch(park: parks.Park) -> date:
    parks.inspected(park.overdue, "periodic", "2026-11-20", grade=2)
    return TODAY


def _turn(_park: parks.Park) -> date:
    return date(2029, 4, 1)


def _set_back(_park: parks.Park) -> date:
    projection.refresh(TODAY + timedelta(days=900))
    return TODAY


def _choose(_park: parks.Park) -> date:
    chosen = {row["name"]: row["value"] for row in rules.done_by(SYSTEM)}
    rules.set_done_by(SYSTEM, chosen | {"fixed_vessel.annual": "institution"}, NOW)
    return TODAY


def _empty(_park: parks.Park) -> date:
    DueRow.delete().execute()
    return TODAY


@pytest.mark.parametrize("change", [_touch, _turn, _set_back, _choose, _empty])
def test_a_page_in_one_statement_is_the_list_after_whatever_made_it_stale(park: parks.Park, change: Any) -> None:
    written_page()
    today = change(park)
    found, total = written_page(today)
    assert found == items(today)
    assert total == len(found) > 0


def test_a_page_of_nothing_has_a_total_of_nothing(park: parks.Park) -> None:
    assert written_page(q="没有这样的设备") == ([], 0)


def test_a_name_that_looks_like_the_next_item_stays_a_name(park: parks.Park) -> None:
    name = '},{"enterprise_id":1,"enterprise":"\\u0022},{'
    Equipment.update(name=name).where(Equipment.id == park.ok.id).execute()
    found, _ = written_page(equipment=(park.ok.id,))
    assert {item["name"] for item in found} == {name}
    assert found == items(equipment=(park.ok.id,))
