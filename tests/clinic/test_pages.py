"""The clinic's pages: what is typed wrong comes back with a sentence, what is right leads on."""

import io
from datetime import timedelta

import pypdfium2
import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from inspect_station.clinic import service
from inspect_station.clinic.models import ClinicFinding, ClinicRequest, ClinicVisit, VisitDevice
from inspect_station.clinic.views import record
from inspect_station.db import db
from inspect_station.web import settings
from tests.casework.pictures import photo
from tests.clinic.park import begun, finished, found, only_finding, signature
from tests.conftest import NOW, TODAY, csrf_of, downloaded, log_in, people
from tests.duelist import park


@pytest.fixture
def app(sqlite_app):
    """One engine is enough for pages: services, API and the tenant matrix run on both."""
    return sqlite_app


@pytest.fixture
def cast(app):
    with people(app) as made:
        return made


def at(app, act, *given, **named):
    """Do something in the station itself, beside the pages."""
    with db.connection_context(), app.app_context():
        return act(*given, **named)


def done(cast, *findings):
    return finished(cast, settings().files_dir, *findings)


def post(client, address, **form):
    # Encoded here: the client's own encoder leaves a large body's temporary file to the collector.
    boundary, body = encode_multipart({"csrf_token": csrf_of(client), **form})
    return client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def shot(width, height, name="a.jpg"):
    return FileStorage(io.BytesIO(photo(width, height)), name)


def finding_form(place=0, **changes):
    typed = {
        "symptom": "安全阀校验有效期已过",
        "grade": "major",
        "measure": "送检",
        "deadline": "2026-12-06",
    } | changes
    return {f"finding-{place}-{name}": value for name, value in typed.items()}


def head_form(**changes):
    return {
        "kind": "hazard",
        "minutes": "40",
        "signed_by": "李明",
        "signature": signature(),
        "act": "finish",
    } | changes


def test_a_firm_asks_and_is_answered_in_time(app, cast):
    client = log_in(app, cast.jia_user)
    taken = shot(60, 40, "a.jpg")
    asked = post(client, "/clinic/requests/new", kind="consult", question="停用一年要办什么？", photos=taken)
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"]).get_data(as_text=True)
    assert "停用一年要办什么？" in page
    assert "2026-11-24 前首次答复" in page  # two working days after Sunday the 22nd
    staff = log_in(app, cast.inspector)
    assert "停用一年要办什么" in staff.get("/clinic").get_data(as_text=True)
    post(staff, asked.headers["Location"] + "/answer", text="三十日内书面告知登记机关。")
    assert "三十日内书面告知" in client.get(asked.headers["Location"]).get_data(as_text=True)
    assert at(app, ClinicRequest.get).answered_at == NOW


def test_a_question_without_words_or_kind_comes_back_as_typed(app, cast):
    client = log_in(app, cast.jia_user)
    refused = post(client, "/clinic/requests/new", phone="13800000000", question="")
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "请写明想问什么" in text
    assert "13800000000" in text


def test_the_desk_must_name_the_firm(app, cast):
    client = log_in(app, cast.inspector)
    for address in ("/clinic/requests/new", "/clinic/visits/new"):
        refused = post(client, address, kind="consult", question="问")
        assert refused.status_code == 422
        assert "请选择企业" in refused.get_data(as_text=True)


def test_a_record_of_a_visit_is_written_in_one_form(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    saved = post(
        client, f"/clinic/visits/{visit}/record", **head_form(), **finding_form(),
        **{"finding-0-photos": shot(800, 600, "a.jpg")},
    )  # fmt: skip
    assert saved.headers["Location"] == f"/clinic/visits/{visit}"
    shown = log_in(app, cast.jia_user).get(f"/clinic/visits/{visit}").get_data(as_text=True)
    assert "安全阀校验有效期已过" in shown
    assert "/case-files/" in shown
    assert "不是法定检验结论" in shown


def test_a_refused_record_keeps_everything_typed_and_its_photos(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    address = f"/clinic/visits/{visit}/record"
    wrong = finding_form(grade="", deadline="2026-11-01", symptom="有异响")
    refused = post(
        client, address, **head_form(summary="谈了检修"), **wrong,
        **{"finding-0-photos": shot(80, 60, "a.jpg")},
    )  # fmt: skip
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "第 1 项没有选诊断等级" in text
    assert "整改期限 2026-11-01 已经过去" in text
    for kept in ("有异响", "谈了检修", "finding-0-held", "data:image/png;base64"):
        assert kept in text
    held = text.split('name="finding-0-held" value="')[1].split('"')[0]
    right = finding_form(symptom="有异响") | {"finding-0-held": held}
    assert post(client, address, **head_form(summary="谈了检修"), **right).status_code == 302
    page = client.get(f"/clinic/visits/{visit}").get_data(as_text=True)
    assert f"/case-files/{held}" in page


def test_a_photo_of_40_mb_is_refused_by_one_sentence_and_nothing_typed_is_lost(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    big = FileStorage(io.BytesIO(b"\xff\xd8\xff" + bytes(40 * 1024 * 1024)), "大.jpg")
    refused = post(
        client, f"/clinic/visits/{visit}/record", **head_form(), **finding_form(symptom="壁厚减薄"),
        **{"finding-0-photos": big},
    )  # fmt: skip
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "照片“大.jpg”有 40 MB，超过 20 MB" in text
    assert "壁厚减薄" in text
    assert at(app, ClinicFinding.select().count) == 0


def test_what_is_no_date_and_no_number_is_said_beside_its_field(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    refused = post(client, f"/clinic/visits/{visit}/record", **head_form(minutes="半小时"), **finding_form(deadline="明天"))  # fmt: skip
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "应为整数" in text
    assert "第 1 项期限日期应写成 2026-11-22 的样子" in text


def test_a_chosen_device_beyond_the_list_stays_chosen(app, cast, monkeypatch):
    monkeypatch.setattr(record, "DEVICES_SHOWN", 1)
    client = log_in(app, cast.inspector)

    def visit_with_a_late_device():
        made = park.make(cast)
        visit = begun(cast)
        VisitDevice.create(visit=visit, equipment=made.overdue.id)
        VisitDevice.create(visit=visit, equipment=made.apply_now.id)
        return visit, {made.overdue.id, made.apply_now.id}

    visit, chosen = at(app, visit_with_a_late_device)
    page = client.get(f"/clinic/visits/{visit}/record").get_data(as_text=True)
    assert {n for n in chosen if f'name="devices" value="{n}" checked' in page} == chosen


def test_a_severe_finding_leads_straight_to_the_duty_of_law(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    saved = post(client, f"/clinic/visits/{visit}/record", **head_form(act="save"), **finding_form(grade="severe"))
    finding = at(app, only_finding, visit)
    assert saved.headers["Location"] == f"/clinic/findings/{finding}#duty"
    page = client.get(f"/clinic/findings/{finding}").get_data(as_text=True)
    assert "法律要求立即办的两步" in page
    empty = post(client, f"/clinic/findings/{finding}/tell", side="unit", whom=" ")
    assert empty.status_code == 422
    post(client, f"/clinic/findings/{finding}/tell", side="unit", whom="安全总监李明，当面")
    assert "2026-11-22 09:30 安全总监李明，当面" in client.get(f"/clinic/findings/{finding}").get_data(as_text=True)


def test_a_prescription_is_answered_by_the_firm_and_confirmed(app, cast):
    finding = at(app, lambda: only_finding(done(cast)))
    firm = log_in(app, cast.jia_user)
    post(firm, f"/clinic/findings/{finding}/reply", reply="已送检", photos=shot(60, 40, "证.jpg"))
    staff = log_in(app, cast.inspector)
    assert "已送检" in staff.get(f"/clinic/findings/{finding}").get_data(as_text=True)
    unsaid = post(staff, f"/clinic/findings/{finding}/confirm", outcome="partly")
    assert "请写明还差什么" in unsaid.get_data(as_text=True)
    post(staff, f"/clinic/findings/{finding}/confirm", outcome="done")
    assert at(app, ClinicFinding.get_by_id, finding).state == "done"


@pytest.mark.parametrize("address", ["", "/requests", "/visits", "/findings", "/hours", "/scope"])
def test_an_empty_clinic_says_why_and_what_to_do(app, cast, address):
    for actor in (cast.inspector, cast.jia_user):
        assert log_in(app, actor).get(f"/clinic{address}").status_code == 200


def test_lists_narrow_and_refuse_words_they_do_not_know(app, cast):
    at(app, done, cast)
    client = log_in(app, cast.inspector)
    for address in ("/clinic/findings?state=live&grade=major&q=安全阀", "/clinic/visits?state=finished&q=甲化工"):
        assert "福州甲化工" in client.get(address).get_data(as_text=True)
    assert "没有符合这些条件的处方" in client.get("/clinic/findings?grade=severe").get_data(as_text=True)
    assert client.get("/clinic/visits?state=x").status_code == 422
    assert client.get("/clinic/findings?cursor=x").status_code == 422


def test_the_exports_hold_what_the_lists_show(app, cast):
    at(app, done, cast)
    client = log_in(app, cast.inspector)
    visits, findings = (downloaded(client, f"/clinic/{what}.xlsx").active for what in ("visits", "findings"))
    assert [cell.value for cell in visits[2]][:5] == [
        "CZ2026-00001",
        "回访中",
        "福州甲化工有限公司",
        "隐患排查",
        "其他",
    ]
    assert findings["F2"].value == "安全阀校验有效期已过"


def test_the_visit_sheet_shows_finding_signature_and_photo(app, cast):
    client = log_in(app, cast.inspector)
    visit = at(app, begun, cast)
    post(
        client, f"/clinic/visits/{visit}/record", **head_form(), **finding_form(grade="severe"),
        **{"finding-0-photos": shot(800, 600, "a.jpg")},
    )  # fmt: skip
    made = log_in(app, cast.jia_user).get(f"/clinic/visits/{visit}.pdf").get_data()
    page = pypdfium2.PdfDocument(made)[0]
    text = page.get_textpage().get_text_range()
    for said in ("工业诊所出诊单", "安全阀校验有效期已过", "严重", "不是法定检验结论", "李明"):
        assert said in text
    pictures = [o for o in page.get_objects() if o.type == 3]
    assert len(pictures) == 2  # the photo and the signature


def test_rounds_give_reasons_and_become_visits(app, cast):
    client = log_in(app, cast.head)
    page = client.get("/clinic/rounds").get_data(as_text=True)
    assert "两年内没有走访" in page
    assert post(client, "/clinic/rounds").status_code == 422
    planned = post(client, "/clinic/rounds", ids=str(cast.yi.id), planned_on="2026-11-25")
    assert planned.status_code == 302
    visit = at(app, ClinicVisit.get)
    assert (visit.enterprise_id, visit.origin, visit.reason) == (cast.yi.id, "round", "两年内没有走访")


def test_rounds_put_severe_before_late_before_unseen(app, cast):
    at(app, done, cast, found(grade="severe"))
    first, *rest = at(app, service.rounds.ranked, cast.head, TODAY)
    assert first.enterprise == cast.jia.id
    assert first.reasons[0] == "1 项严重隐患未办结"
    assert [firm.enterprise for firm in rest] == [cast.yi.id]
    assert at(app, service.rounds.reached, cast.head, TODAY) == (1, 2)
    later = at(app, service.rounds.ranked, cast.head, TODAY + timedelta(days=91), unseen_only=True)
    assert {firm.enterprise for firm in later} == {cast.jia.id, cast.yi.id}


def test_is_it_special_equipment_and_in_one_tap_it_stands_in_the_ledger(app, cast):
    client = log_in(app, cast.inspector)
    facts = {
        "object": "vessel",
        "pressure_mpa": "0.8",
        "volume_l": "1000",
        "diameter_mm": "800",
        "medium": "harmless_gas",
    }
    asked = client.get("/clinic/scope", query_string=facts).get_data(as_text=True)
    assert "属于特种设备" in asked
    assert "待核实" in asked
    saved = post(client, "/clinic/scope", enterprise=str(cast.jia.id), name="空压机储气罐", **facts)
    page = client.get(saved.headers["Location"]).get_data(as_text=True)
    assert "各项都达到目录的下限" in page
    made = post(client, saved.headers["Location"] + "/register", code="2170")
    device = client.get(made.headers["Location"]).get_data(as_text=True)
    assert "空压机储气罐" in device
    again = post(client, saved.headers["Location"] + "/register", code="2170")
    assert again.status_code == 409


def test_a_number_that_is_none_is_named_and_the_rest_stays(app, cast):
    client = log_in(app, cast.jia_user)
    text = client.get("/clinic/scope?object=vessel&pressure_mpa=八&volume_l=40").get_data(as_text=True)
    assert "应为数字，单位 MPa" in text
    assert 'value="40"' in text


def test_the_library_belongs_to_the_technical_head(app, cast):
    at(app, service.seed, NOW)
    inspector, head = log_in(app, cast.inspector), log_in(app, cast.technical_head)
    assert "安全阀校验有效期已过" in inspector.get("/clinic/library").get_data(as_text=True)
    assert inspector.get("/clinic/library/new").status_code == 403
    entry = {"symptom": "法兰螺栓松动", "measure": "按力矩紧固", "grade": "minor", "days": "7", "verified": "unknown"}
    assert post(head, "/clinic/library/new", **entry).status_code == 302
    assert post(head, "/clinic/library/new", **entry).status_code == 409
    assert post(head, "/clinic/library/new", symptom="只有症状").status_code == 422
    assert "法兰螺栓松动" in inspector.get(f"/clinic/visits/{at(app, begun, cast)}/record").get_data(as_text=True)


def test_firms_see_what_recurs_without_names_and_only_where_nobody_can_be_told_apart(app, cast):
    at(app, service.seed, NOW)
    at(app, done, cast)
    assert "园区常见问题" not in log_in(app, cast.yi_user).get("/clinic").get_data(as_text=True)


def test_the_record_of_a_firm_tells_the_whole_story(app, cast):
    finding = at(app, lambda: only_finding(done(cast)))
    client = log_in(app, cast.jia_user)
    page = client.get(f"/enterprises/{cast.jia.id}/record").get_data(as_text=True)
    assert "工业诊所出诊 CZ2026-00001" in page
    assert f"/clinic/findings/{finding}" in page
    made = client.get(f"/enterprises/{cast.jia.id}/health.pdf").get_data()
    text = pypdfium2.PdfDocument(made)[0].get_textpage().get_text_range()
    assert "特种设备健康表" in text
    assert "送检（安全阀校验有效期已过）" in text.replace("\r\n", "")
