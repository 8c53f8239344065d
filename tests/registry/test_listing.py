"""Lists: filtered, searched, paged without loss, in a constant number of statements, each firm its own."""

import pytest

from inspect_station.errors import InvalidInput
from inspect_station.registry import service
from inspect_station.registry.listing import Filters
from inspect_station.registry.models import Equipment, Inspection
from tests.conftest import NOW
from tests.statements import counted


def put(enterprise, number, **given):
    row = {"catalogue_code": "2150", "name": "储罐", "own_number": f"V-{number:03d}", "initials": "cg", **given}
    return Equipment.create(enterprise=enterprise, created_at=NOW, updated_at=NOW, **row)


def page(actor, sort="own_number", after=None, size=50, **filters):
    return service.listing.page(actor, Filters(**filters), sort=sort, after=after, size=size)


def numbers(found):
    return [row["own_number"] for row in found.rows]


def graded(device, on, grade):
    Inspection.create(equipment=device, clock="periodic", completed_on=on, grade=grade, recorded_at=NOW)


@pytest.mark.parametrize(
    "sort", ["own_number", "-own_number", "enterprise", "-put_into_use", "name", "kind", "id", "certificate"]
)
def test_paging_forward_and_back_loses_and_repeats_nothing(cast, sort):
    for n in range(11):
        put(cast.jia if n % 2 else cast.yi, n % 4, put_into_use_on=None if n % 3 else f"20{10 + n}-01-01")
    whole = [row["id"] for row in page(cast.inspector, sort).rows]
    seen, after, last = [], None, None
    while True:
        last = page(cast.inspector, sort, after, size=3)
        seen += [row["id"] for row in last.rows]
        if last.next_keys is None:
            break
        after = last.next_keys
    assert seen == whole
    assert len(set(whole)) == 11
    before = page(cast.inspector, sort, last.previous_keys, size=3)
    assert [row["id"] for row in before.rows] == whole[6:9]
    assert page(cast.inspector, sort, before.previous_keys, size=6).previous_keys is None


def test_keys_of_another_sort_are_refused(cast):
    for keys in (["next", "a"], ["next", 1, 1], ["sideways", "a", 1], [], ["next", "a", 10**20], ["next", "a\0", 1]):
        with pytest.raises(InvalidInput):
            page(cast.inspector, "own_number", keys)
    with pytest.raises(InvalidInput):
        page(cast.inspector, "password_hash")


def test_filters_and_search_find_what_they_say(cast):
    sphere = put(
        cast.jia, 1, name="丙烯球罐", initials="bxqg", certificate_number="容15闽A00001(20)", unregistered=True
    )
    boiler = put(cast.yi, 2, catalogue_code="1100", name="导热油炉", initials="drly", status="stopped")
    graded(sphere, "2020-01-01", 4)
    graded(sphere, "2023-01-01", 2)
    for filters, found in (
        ({"q": "球罐"}, [sphere]),
        ({"q": "bxq"}, [sphere]),
        ({"q": "闽A00001"}, [sphere]),
        ({"q": "乙新材 V-002"}, [boiler]),
        ({"q": "%"}, []),
        ({"kind": "boiler"}, [boiler]),
        ({"kind": "nonsense"}, []),
        ({"status": "stopped"}, [boiler]),
        ({"unregistered": True}, [sphere]),
        ({"enterprise": cast.yi.id}, [boiler]),
        ({"grade": 2}, [sphere]),
        ({"grade": 4}, []),
    ):
        assert [row["id"] for row in page(cast.inspector, **filters).rows] == [d.id for d in found], filters
    assert page(cast.inspector, kind="fixed_vessel").rows[0]["grade"] == 2


def test_a_firm_sees_its_own_only_whatever_it_asks(cast):
    put(cast.jia, 1, name="甲的罐 canary")
    for filters in ({}, {"q": "canary"}, {"enterprise": cast.jia.id}, {"q": "甲化工"}):
        found = page(cast.yi_user, **filters)
        assert (found.rows, found.total) == ([], 0)
    assert list(service.listing.stream(cast.yi_user, Filters())) == []
    assert service.listing.counts(cast.yi_user, cast.jia.id) == []


def test_a_page_costs_two_statements_and_a_stream_two_for_a_thousand(cast):
    for n in range(30):
        graded(put(cast.jia, n), "2022-01-01", 3)
    with counted() as ran:
        page(cast.inspector, size=20)
    assert len(ran) == 2
    with counted() as ran:
        rows = list(service.listing.stream(cast.inspector, Filters()))
    assert (len(ran), len(rows), rows[0]["deep.completed_on"], rows[0]["grade"]) == (2, 30, "2022-01-01", 3)


def test_pipes_are_counted_in_lines_and_length(cast):
    host = put(cast.jia, 0, form="installation", catalogue_code="8310")
    for n in (1, 2):
        put(cast.jia, n, form="line", catalogue_code="8310", parent=host, length_mm=1_500_000)
    put(cast.jia, 3, form="batch", catalogue_code="2310", quantity=40)
    found = {row["kind"]: row for row in service.listing.counts(cast.jia_user, cast.jia.id)}
    assert (found["industrial_pipe"]["rows"], found["industrial_pipe"]["length_mm"]) == (2, 3_000_000)
    assert found["cylinder"]["pieces"] == 40
