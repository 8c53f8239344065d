"""Firms, their people and the files kept with their devices."""

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import identifiers, service
from inspect_station.registry.models import Contact, FactChange
from tests.conftest import NOW, TODAY

BODY = "91350122MA2XN0000"
CODE = BODY + identifiers.credit_code_check(BODY)


def refused(call, *args, **kwargs):
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)
    return caught.value.fields


def listed(actor, **filters):
    page = service.enterprises.page(actor, service.enterprises.Filters(**filters))
    return [row["name"] for row in page.rows]


def test_a_firm_is_found_by_name_initials_and_credit_code(cast):
    service.enterprises.create(cast.inspector, {"name": "长江重工（福建）有限公司", "credit_code": CODE}, NOW)
    for q in ("重工", "cjzg", CODE[:8], "长江 福建"):
        assert listed(cast.inspector, q=q) == ["长江重工（福建）有限公司"], q
    assert listed(cast.inspector, q="100%") == []
    assert listed(cast.jia_user) == ["福州甲化工有限公司"]


def test_a_wrong_credit_code_and_a_name_used_twice_are_refused(cast):
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    assert "credit_code" in refused(
        service.enterprises.create, cast.inspector, {"name": "丙", "credit_code": wrong}, NOW
    )
    with pytest.raises(Conflict) as caught:
        service.enterprises.create(cast.inspector, {"name": cast.jia.name}, NOW)
    assert "name" in caught.value.fields


def test_initials_follow_a_new_name_unless_somebody_typed_them(cast):
    change = service.enterprises.change
    change(cast.inspector, cast.jia.id, {"name": "单县甲化工", "short_name": ""}, now=NOW, revision=1)
    assert service.enterprises.get(cast.inspector, cast.jia.id)["initials"] == "dxjhg"
    change(cast.inspector, cast.jia.id, {"initials": "sxjhg"}, now=NOW, revision=2)
    assert listed(cast.inspector, q="sxj") == ["单县甲化工"]
    with pytest.raises(Stale):
        change(cast.inspector, cast.jia.id, {"note": "x"}, now=NOW, revision=2)
    assert FactChange.get(FactChange.field == "name").old == "福州甲化工有限公司"


def test_the_responsible_person_is_one_of_the_station(cast):
    given = {"responsible": cast.jia_user.account_id}
    assert "responsible_id" in refused(service.enterprises.change, cast.inspector, cast.jia.id, given, now=NOW)
    service.enterprises.change(cast.inspector, cast.jia.id, {"responsible": cast.inspector.account_id}, now=NOW)
    assert listed(cast.inspector, responsible=cast.inspector.account_id) == [cast.jia.name]


PERSON = {"role": "safety_officer", "name": "林安全", "mobile": "138 1234 5678"}


def test_a_contact_is_ended_never_overwritten(cast):
    number = service.contacts.add(cast.inspector, cast.jia.id, PERSON, now=NOW, today=TODAY)
    service.contacts.end(cast.inspector, number, reason="离职", now=NOW, today=TODAY)
    row = Contact.get_by_id(number)
    assert (row.name, row.mobile, row.ended_on, row.end_reason) == ("林安全", "13812345678", TODAY, "离职")
    with pytest.raises(Conflict):
        service.contacts.end(cast.inspector, number, reason="离职", now=NOW, today=TODAY)


def test_mobiles_are_masked_until_asked_for_and_asking_is_kept(cast):
    number = service.contacts.add(cast.inspector, cast.jia.id, PERSON, now=NOW, today=TODAY)
    (shown,) = service.contacts.of(cast.inspector, cast.jia.id)
    assert shown["mobile"] == "138****5678"
    assert service.contacts.reveal(cast.inspector, number, NOW)["mobile"] == "13812345678"
    entry = AuditEntry.get(AuditEntry.act == "contact.reveal")
    assert (entry.account_id, entry.object_id) == (cast.inspector.account_id, str(number))
    assert not any("13812345678" in str(row.new) for row in FactChange.select())
    with pytest.raises(NotFound):
        service.contacts.reveal(cast.yi_user, number, NOW)


@pytest.mark.parametrize("given", [{"mobile": "1381234567"}, {"role": "boss"}, {"name": ""}, {"mobile": ""}])
def test_a_contact_nobody_can_reach_or_name_is_refused(cast, given):
    assert refused(service.contacts.add, cast.inspector, cast.jia.id, {**PERSON, **given}, now=NOW, today=TODAY)


def vessel(cast, enterprise):
    given = {"enterprise": enterprise.id, "catalogue_code": "2150", "name": "储罐", "traits": {"material": "metal"}}
    return service.equipment.create(cast.inspector, given, now=NOW, today=TODAY)


def keep(cast, device, tmp_path, file_name="报告.pdf", content=b"%PDF-1.7 canary"):
    return service.documents.add(
        cast.inspector, device, title="", file_name=file_name, content=content, files_dir=tmp_path, now=NOW
    )


def test_a_file_is_stored_once_by_its_content_under_no_name_of_its_own(cast, tmp_path):
    device = vessel(cast, cast.jia)
    one, two = keep(cast, device, tmp_path, "../../etc/报告.pdf"), keep(cast, device, tmp_path, "副本.PDF")
    assert len([p for p in tmp_path.rglob("*") if p.is_file() and len(p.name) == 64]) == 1
    row, path = service.documents.path_of(cast.jia_user, one, tmp_path)
    assert (row["file_name"], path.read_bytes()) == ("报告.pdf", b"%PDF-1.7 canary")
    with pytest.raises(NotFound):
        service.documents.path_of(cast.yi_user, two, tmp_path)
    service.documents.remove(cast.inspector, one, now=NOW)
    assert [d["id"] for d in service.documents.of(cast.inspector, device)] == [two]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.html", b"<html>"), ("x.pdf", b"<html>"), ("x.png", b""), ("x", b"%PDF-"), ("x.svg", b"<svg>")],
)
def test_a_file_a_browser_might_run_or_that_lies_about_itself_is_refused(cast, tmp_path, name, content):
    assert "file" in refused(keep, cast, vessel(cast, cast.jia), tmp_path, name, content)
    assert not any(p.is_file() and len(p.name) == 64 for p in tmp_path.rglob("*"))


def test_a_firms_changes_name_the_people_and_the_states(cast):
    service.enterprises.change(cast.head, cast.jia.id, {"responsible": cast.inspector.account_id}, now=NOW)
    service.enterprises.change(
        cast.head, cast.jia.id, {"responsible": cast.other_inspector.account_id, "status": "closed"}, now=NOW
    )
    told = [(c["field"], c["old"], c["new"]) for c in service.history.of_firm(cast.jia_user, cast.jia.id)]
    assert ("responsible", None, "检一") in told
    assert ("responsible", "检一", "检二") in told
    assert ("status", "在园", "停业") in told
