"""Filters, order, paging and scope of the due list, on both engines."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import query, service
from inspect_station.duelist.query import Filters
from inspect_station.duelist.service import Place
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry.models import Enterprise
from schedules.terms import Bucket
from tests.conftest import TODAY, Cast
from tests.duelist import park as parks
from tests.statements import counted

SYSTEM = Actor.system()


def names(actor: Actor = SYSTEM, **filters: Any) -> list[str]:
    return [item["name"] for item in service.due_items(actor, Filters(**filters), TODAY)]


def test_filters_narrow_the_list(park: parks.Park, cast: Cast) -> None:
    Enterprise.update(responsible=cast.inspector.account_id).where(Enterprise.id == cast.yi.id).execute()
    assert set(names(enterprise=cast.yi.id)) == {"乙企业的釜"}
    assert set(names(kind="industrial_pipe")) == {"循环水管"}
    assert len(names(clock="periodic")) == 11
    assert set(names(grade=5)) == {"液氨储罐"}
    assert names(month="2026-12") == ["换热器", "反应釜"]
    assert set(names(responsible=cast.inspector.account_id)) == {"乙企业的釜"}
    assert set(names(done_by="institution", bucket="overdue")) == {"缓冲罐"}
    assert names(until=date(2026, 12, 22), clock="periodic") == ["液氨储罐", "缓冲罐", "换热器"]


def test_a_printed_date_bears_no_mark_and_a_computed_one_does(park: parks.Park) -> None:
    unread = names(mark="unverified", clock="periodic")
    assert "缓冲罐" not in unread  # its date is printed in the report
    assert "精馏塔" in unread  # its bounds rest on a rule known at second hand only
    assert sorted(names(mark="verified") + names(mark="unverified")) == sorted(names())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("缓冲", {"缓冲罐"}),
        ("a00001", {"液氨储罐"}),
        ("pl-1001", {"循环水管"}),
        ("fqg", {"分汽缸"}),
        ("yxc", {"乙企业的釜"}),
        ("甲化工 R-30", {"反应釜", "备用釜"}),
        ("100%", set()),
        ("_", set()),
    ],
)
def test_search_finds_names_numbers_certificates_lines_and_initials(
    park: parks.Park, typed: str, found: set[str]
) -> None:
    assert set(names(q=typed)) == found


@pytest.mark.parametrize("sort", [d + name for name in query.SORTS for d in ("", "-")])
def test_paging_gives_every_row_once_in_order_even_among_ties(park: parks.Park, sort: str) -> None:
    whole = [i["id"] for i in service.due_page(SYSTEM, Filters(), sort, Place(), 100, TODAY).rows]
    assert len(whole) == len(set(whole)) == 22
    found, place = [], Place()
    while True:
        page = service.due_page(SYSTEM, Filters(), sort, place, 4, TODAY)
        found += [row["id"] for row in page.rows]
        if page.following is None:
            break
        place = Place(page.following)
    assert found == whole
    back = service.due_page(SYSTEM, Filters(), sort, Place(page.preceding or (), backwards=True), 4, TODAY)
    assert [row["id"] for row in back.rows] == whole[16:20]


def test_an_unknown_order_is_refused_in_a_sentence(park: parks.Park) -> None:
    with pytest.raises(InvalidInput, match="不能按“colour”排序"):
        service.key_count("colour")


def test_groups_come_by_their_earliest_date_and_page(park: parks.Park, cast: Cast) -> None:
    first = service.due_groups(SYSTEM, Filters(), Place(), 1, 3, TODAY)
    assert [(g["id"], g["count"], len(g["rows"])) for g in first.rows] == [(cast.jia.id, 20, 3)]
    assert first.rows[0]["first"] == "1900-01-01"  # something there is forbidden
    second = service.due_groups(SYSTEM, Filters(), Place(first.following or ()), 1, 3, TODAY)
    assert [g["id"] for g in second.rows] == [cast.yi.id]
    assert second.following is None
    back = service.due_groups(SYSTEM, Filters(), Place(second.preceding or (), backwards=True), 1, 3, TODAY)
    assert [g["id"] for g in back.rows] == [cast.jia.id]


@pytest.mark.parametrize("bucket", [None, *(str(b) for b in Bucket)])
def test_groups_and_the_flat_list_hold_the_same_rows(park: parks.Park, bucket: str | None) -> None:
    filters = Filters(bucket=bucket)
    groups = service.due_groups(SYSTEM, filters, Place(), 10, 100, TODAY).rows
    flat = service.due_page(SYSTEM, filters, "due", Place(), 100, TODAY)
    assert sorted(r["id"] for g in groups for r in g["rows"]) == sorted(r["id"] for r in flat.rows)
    assert sum(g["count"] for g in groups) == flat.total
    assert service.counts(SYSTEM, filters, TODAY)[bucket or "all"] == flat.total


def test_totals_are_capped(park: parks.Park, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "TOTAL_CAP", 5)
    query.count_sql.cache_clear()
    page = service.due_page(SYSTEM, Filters(), "due", Place(), 2, TODAY)
    query.count_sql.cache_clear()
    assert (page.total, page.capped) == (5, True)


Ask = Callable[[int], object]


@pytest.mark.parametrize("size", [1, 5, 100])
def test_the_statements_of_a_page_do_not_grow_with_it(park: parks.Park, size: int) -> None:
    service.refresh(TODAY)
    asks: dict[str, tuple[Ask, int]] = {
        "json": (lambda n: service.due_json(SYSTEM, Filters(), "due", Place(), n, TODAY), 1),
        "page": (lambda n: service.due_page(SYSTEM, Filters(), "due", Place(), n, TODAY), 3),
        "groups": (lambda n: service.due_groups(SYSTEM, Filters(), Place(), n, n, TODAY), 2),
        "counts": (lambda n: service.counts(SYSTEM, Filters(), TODAY), 1),
    }
    for name, (ask, most) in asks.items():
        with counted() as ran:
            ask(size)
        assert len(ran) == most, name


def test_an_enterprise_sees_its_own_rows_only(park: parks.Park, cast: Cast) -> None:
    assert set(names(cast.yi_user)) == {"乙企业的釜"}
    assert names(cast.yi_user, enterprise=cast.jia.id) == []
    assert names(cast.yi_user, q="缓冲") == []
    assert names(cast.yi_user, equipment=(park.ok.id,)) == []
    assert service.counts(cast.yi_user, Filters(), TODAY)["all"] == 2
    assert [g["id"] for g in service.due_groups(cast.yi_user, Filters(), Place(), 9, 9, TODAY).rows] == [cast.yi.id]
    assert service.choices(cast.yi_user) == {"enterprise": [(cast.yi.id, cast.yi.name)], "responsible": []}
    assert service.names_of(cast.yi_user, Filters(enterprise=cast.jia.id)) == {}


def test_a_foreign_device_and_a_missing_one_look_the_same(park: parks.Park, cast: Cast) -> None:
    for number in (park.ok.id, 10**6):
        with pytest.raises(NotFound) as raised:
            service.clocks_of(cast.yi_user, number, TODAY)
        assert raised.value.message == NotFound().message


def test_the_month_counts_are_those_of_the_list(park: parks.Park) -> None:
    counts = service.calendar_counts(SYSTEM, TODAY, 6, Filters(), TODAY)
    assert counts == {m: len(names(month=m)) for m in counts}
    assert counts["2026-12"] == 2
