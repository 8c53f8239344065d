"""Every route of the application, asked by 乙 for what is 甲's: nothing, and nothing to tell it from missing.

The routes are the application's own: one that has no expectation here fails the first test.
"""

import io
import sys
import zipfile
from contextlib import closing, suppress
from datetime import date

import pypdfium2
import pytest
from peewee import SQL

from inspect_station.accounts.scope import Actor
from inspect_station.db import is_sqlite
from inspect_station.duelist import query as due_query
from inspect_station.duelist import service as duelist
from inspect_station.issuing import service as issuing
from inspect_station.issuing.models import IssuedNotice
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, SiteWindow, VisitPerson
from inspect_station.registry.ledgers.models import LedgerImport
from inspect_station.registry.models import Contact
from inspect_station.reminders import service as reminders
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.models import DeadAddress, Message
from inspect_station.web import settings
from tests.casework.park import furnish_cases
from tests.clinic.park import furnish_clinic
from tests.conftest import NOW, TODAY, csrf_of, log_in, people, token_for
from tests.registry.park import CANARY, furnish

MISSING = 987_654

# endpoint → how its object is called; None: a list or a search, which answers with 乙's own; "staff": not for
# enterprises at all; "public": for anybody, about nobody; "self": about the person who asks; "own": a write whose
# objects stand in its body (BODIES and FORMS name 甲's): refused like missing ones.
MATRIX = {
    "home": "self",
    "accounts.login": "public",
    "accounts.log_in": "public",
    "accounts.link": "public",
    "accounts.use_link": "public",
    "accounts.log_out": "leave",  # asked last, for it ends the session
    "accounts.code": "public",
    "accounts.enter_code": "public",
    "accounts.factor": "self",
    "accounts.factor_code": "self",
    "accounts.begin_factor": "self",
    "accounts.confirm_factor": "self",
    "accounts.renew_codes": "self",
    "accounts.drop_factor": "self",
    "settings.person_factor": "staff",
    "accounts.me": "self",
    "accounts.change_password": "self",
    "accounts.change_email": "self",
    "accounts.audit_trail": "staff",
    "accounts.audit_export": "staff",
    "api-docs.openapi_json": "public",
    "api-docs.openapi_swagger_ui": "public",
    "health.alive": "public",
    "health.ready": "public",
    "health.metrics": "public",
    "duelist.due_list": None,
    "duelist.calendar": None,
    "duelist.export": None,
    "duelist.filters": None,
    "duelist.print_list": None,
    "duelist.why": "equipment",
    "duelist.rules": None,
    "duelist.rule": "public",
    "duelist.sources": None,
    "duelist.done_by": None,
    "duelist.set_done_by": "staff",
    "duelist.confirm": "staff",
    "duelist.withdraw": "staff",
    "duelist.preview": "staff",
    "duelist.make_preview": "staff",
    "duelist.preview_result": "staff",
    "duelist_api.due": None,
    "duelist_api.equipment_due": "equipment",
    "duelist_api.rule_list": None,
    "reminders.messages": None,
    "reminders.messages_export": None,
    "reminders.message": "message",
    "reminders.letter": "message",
    "reminders.notice": "message",
    "reminders.outlook": "staff",
    "reminders.staff_letters": "staff",
    "reminders.look_at_backlog": "staff",
    "reminders.void_backlog": "staff",
    "reminders.ask_bulk": "staff",
    "reminders.do_bulk": "staff",
    "reminders.steps": "staff",
    "reminders.steps_export": "staff",
    "reminders.staff_letter": "staff",
    "reminders.resend_staff_letter": "staff",
    "reminders.ladder": "staff",
    "reminders.change_ladder": "staff",
    "reminders.ask_to_reset": "staff",
    "reminders.reset_ladder": "staff",
    "reminders.own_ladder": "enterprise",
    "reminders.agree_ladder": "enterprise",
    "reminders.ask_to_end_own_ladder": "enterprise",
    "reminders.end_own_ladder": "enterprise",
    "reminders.draft": "staff",
    "reminders.remind": "staff",
    "reminders.hand_list": "staff",
    "reminders.hand_task": "message",
    "reminders.hand_print": "message",
    "reminders.hand_call": "message",
    "reminders.hand_delivered": "message",
    "reminders.authority_list": "staff",
    "reminders.authority_print": "staff",
    "reminders.authority_export": "staff",
    "reminders.clear_dead": "dead_address",
    "reminders.try_contact": "contact",
    "reminders.ask_to_pause": "staff",
    "reminders.pause": "staff",
    "reminders.resume": "staff",
    "reminders.resend": "message",
    "reminders.stop": "message",
    "reminders.bounced": "message",
    "answer.page": "public",
    "answer.form": "public",
    "answer.give": "public",
    "answer.question": "public",
    "answer.ask": "public",
    "answers.inbox": "staff",
    "answers.inbox_export": "staff",
    "answers.answer": "answer",
    "answers.confirm": "answer",
    "answers.reject": "answer",
    "answers.finish": "answer",
    "answers.evidence": "answer",
    "answers_api.answers": None,
    "reminders_api.reminders": None,
    "reminders_api.reminder": "message",
    "reminders_api.remind": "staff",
    "reminders_api.resend": "message",
    "reminders_api.stop": "message",
    "registry.import_list": "staff",
    "registry.import_upload": "staff",
    "registry.import_page": "ledger",
    "registry.import_progress": "ledger",
    "registry.import_problems": "ledger",
    "registry.import_mapping": "ledger",
    "registry.import_confirm": "ledger",
    "registry.import_again": "ledger",
    "registry.import_cancel": "ledger",
    "issuing.notices": None,
    "issuing.notices_export": None,
    "issuing.draft": "staff",
    "issuing.issue": "staff",
    "issuing.batch": "staff",
    "issuing.batch_pdf": "staff",
    "issuing.notice": "notice",
    "issuing.notice_pdf": "notice",
    "issuing.deliver": "notice",
    "issuing.void": "notice",
    "feeds.calendar": "public",
    "feeds.mine": "self",
    "feeds.create": "self",
    "feeds.revoke": "feed",
    "casework.cases": None,
    "casework.cases_export": None,
    "casework.new_application": None,
    "casework.add_application": "own",
    "casework.case": "application",
    "casework.attach": "application",
    "casework.attachment": "attachment",
    "casework.accept": "application",
    "casework.hand_over": "application",
    "casework.refuse_form": "application",
    "casework.refuse": "application",
    "casework.withdraw_form": "application",
    "casework.withdraw": "application",
    "casework.promise_settings": "staff",
    "casework.set_promises": "staff",
    "casework.propose_date": "task",
    "casework.answer_date": "task",
    "casework.assign_inspector": "task",
    "casework.begin_task": "task",
    "casework.preparation": "task",
    "casework.tick_preparation": "task",
    "casework.not_ready_form": "task",
    "casework.not_ready": "task",
    "casework.new_result": "staff",
    "casework.add_result": "staff",
    "casework.proposal": "staff",
    "casework.report_list": None,
    "casework.report_export": None,
    "casework.report": "report",
    "casework.advance_report": "report",
    "casework.report_of": "inspected",
    "casework.photo": "photo",
    "casework.transfer_form": "equipment",
    "casework.transfer": "equipment",
    "casework.merge_form": "equipment",
    "casework.merge": "equipment",
    "casework.field": "staff",
    "casework.field_session": "staff",
    "casework.service_worker": "public",
    "api_results.add_result": "staff",
    "casework.label_form": None,
    "casework.label_sheet": None,
    "casework.scan": "public",
    "casework.findings": None,
    "casework.new_finding": "staff",
    "casework.add_finding": "staff",
    "casework.finding": "finding",
    "casework.finding_pdf": "finding",
    "casework.edit_finding": "finding",
    "casework.change_finding": "finding",
    "casework.issue_finding": "finding",
    "casework.tell_of_finding": "finding",
    "casework.reply_to_finding": "finding",
    "casework.reinspect_finding": "finding",
    "casework.close_finding": "finding",
    "casework.cancel_finding": "finding",
    "casework.new_reason": "staff",
    "casework.add_reason": "staff",
    "casework.end_reason": "reason",
    "casework.postponements": None,
    "casework.postponement_export": None,
    "casework.new_postponement": "equipment",
    "casework.add_postponement": "equipment",
    "casework.postponement": "postponement",
    "casework.decide_postponement": "postponement",
    "casework.file_postponement": "postponement",
    "casework.withdraw_postponement": "postponement",
    "clinic.inbox": None,
    "clinic.request_list": None,
    "clinic.new_request": None,
    "clinic.add_request": "own",
    "clinic.request_page": "question",
    "clinic.answer_request": "question",
    "clinic.hand_over_request": "question",
    "clinic.close_request": "question",
    "clinic.hours": None,
    "clinic.offer_hours": "staff",
    "clinic.book_form": "slot",
    "clinic.book": "free_hour",  # everybody's; the form names 甲 as who books it
    "clinic.give_back": "slot",
    "clinic.withdraw_hours": "staff",
    "clinic.visit_list": None,
    "clinic.visits_export": None,
    "clinic.new_visit": "staff",
    "clinic.add_visit": "staff",
    "clinic.visit": "clinic_visit",
    "clinic.visit_pdf": "clinic_visit",
    "clinic.signature": "clinic_visit",
    "clinic.start_visit": "clinic_visit",
    "clinic.move_visit": "clinic_visit",
    "clinic.cancel_visit": "clinic_visit",
    "clinic.record": "clinic_visit",
    "clinic.save_record": "clinic_visit",
    "clinic.finding_list": None,
    "clinic.findings_export": None,
    "clinic.finding": "prescription",
    "clinic.tell_of_finding": "prescription",
    "clinic.reply_to_finding": "prescription",
    "clinic.confirm_finding": "prescription",
    "clinic.rounds": "staff",
    "clinic.plan_rounds": "staff",
    "clinic.library": "staff",
    "clinic.new_common": "staff",
    "clinic.add_common": "staff",
    "clinic.edit_common": "staff",
    "clinic.change_common": "staff",
    "clinic.end_common": "staff",
    "clinic.scope": None,
    "clinic.save_scope": "staff",
    "clinic.scope_answer": "scope_answer",
    "clinic.register_scope": "scope_answer",
    "api_clinic.list_visits": None,
    "api_clinic.get_visit": "clinic_visit",
    "api_clinic.add_visit": "staff",
    "api_clinic.start_visit": "clinic_visit",
    "api_clinic.record_visit": "clinic_visit",
    "portal.record": "enterprise",
    "portal.health": "enterprise",
    "api_applications.list_applications": None,
    "api_applications.get_application": "application",
    "api_applications.add_application": "own",
    "api_applications.accept_application": "application",
    "api_applications.refuse_application": "application",
    "api_applications.withdraw_application": "application",
    "settings.overview": "staff",
    "persons.requests": "staff",
    "persons.held": "staff",
    "persons.hand_out": "staff",
    "persons.forget": "staff",
    "settings.channels": "staff",
    "settings.change_channels": "staff",
    "settings.try_channel": "staff",
    "settings.people": "staff",
    "settings.new_person": "staff",
    "settings.add_person": "staff",
    "settings.person_link": "staff",
    "settings.person_disabled": "staff",
    "settings.new_token": "staff",
    "settings.token_revoked": "staff",
    "workcalendar.year": "staff",
    "workcalendar.announce": "staff",
    "workcalendar.import_file": "staff",
    "workcalendar.mark": "staff",
    "workcalendar.undo": "staff",
    "staffing.people": "staff",
    "staffing.export": "staff",
    "staffing.person": "staff",
    "staffing.qualify": "staff",
    "staffing.remove_qualification": "staff",
    "staffing.set_hours": "staff",
    "staffing.add_absence": "staff",
    "staffing.remove_absence": "staff",
    "staffing.codes": "staff",
    "staffing.new_code": "staff",
    "staffing.add_code": "staff",
    "staffing.edit_code": "staff",
    "staffing.change_code": "staff",
    "staffing.remove_code": "staff",
    "planning.plan_list": "staff",
    "planning.propose_form": "staff",
    "planning.propose": "staff",
    "planning.year": "staff",
    "planning.month": "staff",
    "planning.week": "staff",
    "planning.unplanned": "staff",
    "planning.warnings": "staff",
    "planning.compare": "staff",
    "planning.export": "staff",
    "planning.progress_page": "staff",
    "planning.again": "staff",
    "planning.cancel": "staff",
    "planning.approve": "staff",
    "planning.publish": "staff",
    "planning.discard": "staff",
    "planning.keep": "staff",
    "planning.copy": "staff",
    "planning.move": "staff",
    "planning.pin": "staff",
    "planning.take_out": "staff",
    "planning.accept_counter": "staff",
    "planning.note_agreed": "staff",
    "planning.place": "staff",
    "planning.day": "staff",
    "planning.data": "staff",
    "planning.set_weights": "staff",
    "planning.figures": "staff",
    "planning.set_figures": "staff",
    "planning.board": "self",
    "planning.visit": "visit",
    "planning.visit_list": None,
    "planning.visits_export": None,
    "planning.answer": "visit",
    "planning.agree": "visit",
    "planning.counter": "visit",
    "planning.windows": None,
    "planning.new_window": "self",
    "planning.add_window": "self",
    "planning.edit_window": "window",
    "planning.change_window": "window",
    "planning.remove_window": "window",
    "planning.set_site": "enterprise",
    "api_plans.list_plans": "staff",
    "api_plans.get_plan": "staff",
    "api_visits.list_visits": None,
    "api_visits.get_visit": "visit",
    "api_visits.move_visit": "visit",
    "api_visits.agree": "visit",
    "api_visits.counter": "visit",
    "workload.month": "staff",
    "workload.people": "staff",
    "workload.person": "staff",
    "workload.forecast": "staff",
    "workload.park": "staff",
    "workload.coming": "staff",
    "workload.room": "staff",
    "workload.planned": "staff",
    "workload.rows": "staff",
    "workload.report": "staff",
    "workload.report_pdf": "staff",
    "workload.report_workbook": "staff",
    "workload.write_remark": "staff",
    "workload.ask_to_close": "staff",
    "workload.close": "staff",
    "workload.set_target": "staff",
    "workload.wall": "staff",
    "workload.wall_by_secret": "public",
    "workload.wall_links": "staff",
    "workload.add_wall_link": "staff",
    "workload.revoke_wall_link": "staff",
    "api_workload.period": "staff",
    "registry.equipment_list": None,
    "registry.equipment_export": None,
    "registry.new_equipment": "staff",
    "registry.add_equipment": "staff",
    "registry.edit_equipment": "equipment",
    "registry.change_equipment": "equipment",
    "registry.act_form": "equipment",
    "registry.perform_act": "equipment",
    "registry.new_inspection": "equipment",
    "registry.add_inspection": "equipment",
    "registry.correct_inspection": "inspection",
    "registry.save_correction": "inspection",
    "registry.new_extension": "equipment",
    "registry.add_extension": "equipment",
    "registry.withdraw_form": "extension",
    "registry.withdraw_extension": "extension",
    "registry.new_document": "equipment",
    "registry.add_document": "equipment",
    "registry.download_document": "document",
    "registry.removal_form": "document",
    "registry.remove_document": "document",
    "registry.enterprise_list": None,
    "registry.enterprise_export": None,
    "registry.new_enterprise": "staff",
    "registry.add_enterprise": "staff",
    "registry.edit_enterprise": "enterprise",
    "registry.change_enterprise": "enterprise",
    "registry.new_contact": "enterprise",
    "registry.add_contact": "enterprise",
    "registry.end_contact_form": "contact",
    "registry.end_contact": "contact",
    "registry.reveal_contact": "contact",
    "portal.home": "self",
    "portal.device": "equipment",
    "portal.device_code": "equipment",
    "portal.enterprise": "enterprise",
    "portal.search": None,
    "api_enterprises.list_enterprises": None,
    "api_enterprises.get_enterprise": "enterprise",
    "api_enterprises.add_enterprise": "staff",
    "api_enterprises.change_enterprise": "enterprise",
    "api_equipment.list_equipment": None,
    "api_equipment.get_equipment": "equipment",
    "api_equipment.add_equipment": "staff",
    "api_equipment.change_equipment": "equipment",
    "api_equipment.perform_act": "equipment",
    "api_inspections.list_inspections": None,
    "api_inspections.get_inspection": "inspection",
    "api_inspections.add_inspection": "staff",
    "api_inspections.correct_inspection": "inspection",
    "api_extensions.list_extensions": None,
    "api_extensions.get_extension": "extension",
    "api_extensions.add_extension": "staff",
    "api_extensions.withdraw_extension": "extension",
}
# Objects of another kind that the same route shows, by other filters.
ALSO = {"portal.device": ("installation",), "duelist.why": ("installation",)}
BODIES = {
    "api_clinic.add_visit": {"enterprise_id": 1},
    "api_clinic.start_visit": None,
    "api_clinic.record_visit": {"kind": "hazard"},
    "api_visits.move_visit": {"date": "2026-12-01"},
    "api_visits.agree": None,
    "api_visits.counter": {"on": "2026-12-01"},
    "api_applications.add_application": {"enterprise_id": 1, "items": [{"equipment_id": 1, "clock": "periodic"}]},
    "api_applications.accept_application": None,
    "api_results.add_result": {"equipment_ids": [1], "clock": "periodic", "completed_on": "2026-11-20"},
    "api_applications.refuse_application": {"reason": "x"},
    "api_applications.withdraw_application": {"reason": "x"},
    "reminders_api.remind": {"ids": [1]},
    "reminders_api.stop": {"reason": "不必再发"},
    "reminders_api.resend": None,
    "api_enterprises.add_enterprise": {"name": "丙"},
    "api_equipment.add_equipment": {"enterprise_id": 1, "catalogue_code": "2150", "name": "x"},
    "api_inspections.add_inspection": {"equipment_id": 1, "clock": "periodic", "completed_on": "2025-01-01"},
    "api_extensions.add_extension": {"equipment_id": 1, "clock": "periodic", "until": "2030-01-01", "document": "x"},
    "api_equipment.perform_act": {"on": "2026-01-01", "reason": "x"},
    "api_inspections.correct_inspection": {"reason": "x", "grade": 1},
    "api_extensions.withdraw_extension": {"withdrawn": True, "reason": "x"},
}


# Arguments that are words, and ones that no id of an enterprise's thing stands behind.
WORDS = {
    "act": "stop",
    "of": "2026-11",
    "clock": "periodic",
    "key": "fixed_vessel.periodic.metal.first",
    "batch": "no-such-batch",
    "token": "no-such-token",
    "secret": "no-such-secret",
    "kind": "noted",
    "who": "contact",
}


def routes(app):
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: MATRIX.get(r.endpoint) == "leave"):
        if rule.endpoint != "static":
            yield rule, next(m for m in ("POST", "PATCH", "GET") if m in rule.methods)


def ask(client, rule, method, number, csrf, headers, **query):
    arguments = {name: WORDS.get(name, number) for name in rule.arguments}
    with client.application.test_request_context():
        address = client.application.url_for(rule.endpoint, **arguments, **query)
    if rule.rule.startswith("/api/"):
        body = BODIES.get(
            rule.endpoint,
            {"name": "x", "reason": "x"} if method == "PATCH" and "equipment" in rule.endpoint else {"name": "x"},
        )
        return client.open(address, method=method, headers=headers, json=None if method == "GET" else body)
    return client.open(
        address,
        method=method,
        data={"csrf_token": csrf, "reason": "x", **FORMS.get(rule.endpoint, {}), **_files(rule.endpoint)}
        if method == "POST"
        else None,
    )


# Forms that name their objects: 甲's.
FORMS = {
    "casework.add_application": {"items": "1", "offered": "1"},
    "clinic.add_request": {"enterprise": "1", "devices": "1", "kind": "consult", "question": "x"},
    "clinic.book": {"topic": "x", "enterprise": "1"},
    "clinic.answer_request": {"text": "x"},
    "clinic.reply_to_finding": {"reply": "x"},
}


# Without a file such a form is refused before anybody asks whose it is for.
FILES = {"casework.attach": ("files", b"%PDF-1.4 a drawing", "drawing.pdf")}


def _files(endpoint):
    if endpoint not in FILES:
        return {}
    field, content, name = FILES[endpoint]
    return {field: (io.BytesIO(content), name)}


def objects(endpoint, things):
    """The numbers of 甲's a route is asked for."""
    what = MATRIX[endpoint]
    return [getattr(things, name, MISSING) for name in (what, *ALSO.get(endpoint, ()))] if what else [MISSING]


def text_of(response):
    data = response.get_data()
    response.close()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"".join(book.read(name) for name in book.namelist())
    if data[:4] == b"%PDF":  # its text is compressed: a word in it would not be seen
        # What a test put in as a proof is no whole PDF: it is looked at as it is.
        with suppress(pypdfium2.PdfiumError), closing(pypdfium2.PdfDocument(data)) as printed:
            data = "".join(page.get_textpage().get_text_bounded() for page in printed).encode()
    return data.decode("utf-8", "replace")


def settled(response):
    """What one can tell an answer by, but for the CSRF token, which differs each time."""
    return response.status_code, response.headers.get("Location"), "没有找到" in text_of(response)


def test_every_route_stands_in_the_matrix(sqlite_app):
    assert {rule.endpoint for rule, _ in routes(sqlite_app)} == set(MATRIX)


def planned(cast, equipment):
    """A published visit to 甲 and a window of 甲's."""
    days = {"as_of": TODAY, "first_on": TODAY, "last_on": date(2027, 11, 30)}
    plan = Plan.create(name=CANARY, state="approved", published_until=date(2027, 1, 31), made_by="检一", instance={},
                       seconds=0, created_at=NOW, **days)  # fmt: skip
    visit = PlanVisit.create(plan=plan, enterprise=cast.jia, on_day=date(2026, 12, 1), start=40, minutes=60)
    VisitPerson.create(visit=visit, account=cast.inspector.account_id)
    PlanItem.create(plan=plan, visit=visit, key=f"{equipment}.periodic", equipment=equipment, clock="periodic",
                    kind="fixed_vessel", enterprise=cast.jia, minutes=60, people=1, due_on=date(2027, 1, 31),
                    why=CANARY)  # fmt: skip
    window = SiteWindow.create(enterprise=cast.jia, sort="closed", first_on=date(2026, 12, 8), made_by=CANARY,
                               last_on=date(2026, 12, 9), note=CANARY, made_at=NOW)  # fmt: skip
    return visit.id, window.id


@pytest.fixture
def scene(app):
    return furnished(app)


def furnished(app):
    """One of everything that can be 甲's."""
    with people(app) as cast, app.app_context():
        things = furnish(cast, settings().files_dir)
        Contact.update(email="ehs@jia.example").where(Contact.enterprise == cast.jia.id).execute()
        reminders.tick(settings(), TODAY, NOW)
        reminders.deliver(settings(), NOW)
        made = {"created_at": NOW, "account": cast.inspector.account_id, "enterprise": CANARY}
        things.ledger = LedgerImport.create(file_name=f"{CANARY}.xlsx", size=1, state="previewed", **made).id
        things.dead_address = DeadAddress.create(
            enterprise=cast.jia.id, recipient="ehs@jia.example", channel="mail", reason=CANARY, at=NOW
        ).id
        things.visit, things.window = planned(cast, things.equipment)
        vars(things).update(furnish_cases(cast, things, settings().files_dir))
        rows = [
            row["id"]
            for row in duelist.due_page(cast.inspector, duelist.Filters(), "due", duelist.Place(), 5, TODAY).rows
        ]
        issuing.issue(cast.inspector, settings(), rows, "notice", False, TODAY, NOW)
        things.notice = IssuedNotice.get(IssuedNotice.enterprise == cast.jia.id).id
        vars(things).update(furnish_clinic(cast, things, settings().files_dir))
        # The letter; the notice printed after it has no mail to download.
        letters = Message.select().where(Message.enterprise == cast.jia.id).order_by(Message.id)
        things.message = letters.first().id
        said = {"kind": "stopped", "facts": {"act": "stop", "on": "2026-11-01"}, "given_at": NOW, "note": CANARY}
        things.answer = Answer.create(message=things.message, enterprise=cast.jia.id, **said).id
        AnswerItem.create(answer=things.answer, equipment=things.equipment)
    return cast, things


def test_yi_learns_nothing_of_jia_by_any_route(app, scene):
    cast, things = scene
    client, headers = log_in(app, cast.yi_user), token_for(cast.yi_user)
    csrf = csrf_of(client)
    seen = set()
    for rule, method in routes(app):
        what = MATRIX[rule.endpoint]
        for number in objects(rule.endpoint, things):
            foreign = ask(client, rule, method, number, csrf, headers)
            assert CANARY not in text_of(foreign), rule.endpoint
            if what == "own":
                assert foreign.status_code in {404, 422}, (rule.endpoint, foreign.status_code)
            elif what in {"public", "self", "leave"}:
                assert foreign.status_code in {200, 302, 400, 404, 409, 422, 503}, rule.endpoint
            else:
                assert foreign.status_code == (200 if what is None else 404), (rule.endpoint, foreign.status_code)
            if what not in {None, "public", "self", "leave", "own"}:
                missing = ask(client, rule, method, MISSING, csrf, headers)
                assert settled(foreign) == settled(missing), rule.endpoint
        seen.add(rule.endpoint)
    assert seen == set(MATRIX)


LISTS = [name for name, what in MATRIX.items() if what is None]
PRYING = (
    {"q": CANARY},
    {"q": "甲化工"},
    {"enterprise_id": "jia"},
    {"equipment_id": "jia"},
    {"parent_id": "jia"},
    {"ids": "jia"},
    {"equipment": "jia"},
    {"parent": "jia"},
    {"sort": "-id"},
    {"per_page": "200"},
)


def test_no_filter_or_search_opens_jias_rows_to_yi(app, scene):
    cast, things = scene
    client, headers = log_in(app, cast.yi_user), token_for(cast.yi_user)
    jia = {"enterprise_id": things.enterprise, "equipment_id": things.equipment, "parent_id": things.installation}
    jia |= {"ids": things.equipment, "equipment": things.equipment, "parent": things.installation}
    answered = set()
    for rule in (rule for rule, _ in routes(app) if rule.endpoint in LISTS):
        for query in PRYING:
            asked = {k: jia[k] if v == "jia" else v for k, v in query.items()}
            response = ask(client, rule, "GET", MISSING, "", headers, **asked)
            text = text_of(response)
            # A page repeats what was typed into its box; nothing else of it may appear.
            assert CANARY not in text or query.get("q") == CANARY, (rule.endpoint, query)
            assert "储罐" not in text, (rule.endpoint, query)
            assert "福州甲化工" not in text, (rule.endpoint, query)
            answered |= {rule.endpoint} if response.status_code == 200 else set()
    assert answered == set(LISTS)


def test_jia_sees_its_own_and_may_change_nothing(app, scene):
    cast, things = scene
    client, headers = log_in(app, cast.jia_user), token_for(cast.jia_user)
    csrf = csrf_of(client)
    readable = {
        "portal.device",
        "portal.device_code",
        "portal.enterprise",
        "registry.download_document",
        "registry.reveal_contact",
        "duelist.why",
        "reminders.message",
        "reminders.letter",
        "planning.answer",
        "planning.edit_window",
        "reminders.notice",
        "issuing.notice",
        "issuing.notice_pdf",
        "casework.case",
        "casework.withdraw_form",
        "casework.preparation",
        "casework.report",
        "casework.photo",
        "casework.attachment",
        "casework.finding",
        "casework.finding_pdf",
        "casework.new_postponement",
        "casework.postponement",
        "clinic.request_page",
        "clinic.book_form",
        "clinic.visit",
        "clinic.visit_pdf",
        "clinic.signature",
        "clinic.finding",
        "clinic.scope_answer",
        "portal.record",
        "portal.health",
    }
    # What an enterprise does with its own cases, visits and days; the answers say what was wrong with an empty form, or
    # that it is done.
    own = {
        "casework.add_application": {422},
        "casework.attach": {302, 409},
        "clinic.add_request": {302},
        "clinic.answer_request": {302},
        "clinic.close_request": {302},
        "clinic.book": {302},
        "clinic.give_back": {302},
        "clinic.reply_to_finding": {302},
        "casework.withdraw": {302, 409},
        "casework.tick_preparation": {302, 409},
        "casework.report_of": {302},
        "casework.reply_to_finding": {422},
        "casework.add_postponement": {422},
        "casework.withdraw_postponement": {302},
        "casework.propose_date": {422, 409},
        "casework.answer_date": {422, 409},
        "api_applications.add_application": {201, 409},
        "api_applications.withdraw_application": {200, 409},
        "planning.agree": {302},
        "planning.counter": {422},
        "planning.change_window": {422},
        "planning.remove_window": {302},
        "planning.set_site": {302, 422},
        "api_visits.agree": {200},
        "api_visits.counter": {422},
    }
    for rule, method in routes(app):
        what = MATRIX[rule.endpoint]
        number = getattr(things, what, MISSING) if what else MISSING
        if what in {"public", "self", "leave"}:
            continue
        response = ask(client, rule, method, number, csrf, headers)
        reads = rule.rule.startswith("/api/") and method == "GET" and what != "staff"
        may = what is None or rule.endpoint in readable or reads
        usual = {302} if rule.endpoint == "registry.reveal_contact" else {200} if may else {404}
        expected = own.get(rule.endpoint, usual)
        assert response.status_code in expected, (rule.endpoint, response.status_code)
        response.close()
    assert CANARY in text_of(client.get("/equipment"))
    assert CANARY in text_of(client.get(f"/equipment/{things.equipment}"))
    assert CANARY in text_of(client.get("/equipment.xlsx"))


def test_the_auditor_sees_all_and_changes_nothing(sqlite_app):
    with people(sqlite_app) as cast, sqlite_app.app_context():
        things = furnish(cast, settings().files_dir)
    client = log_in(sqlite_app, cast.auditor)
    assert client.get(f"/equipment/{things.equipment}").status_code == 200
    assert client.get(f"/equipment/{things.equipment}/edit").status_code == 403


def test_the_matrix_turns_red_when_the_tenant_filter_is_dropped(sqlite_app, monkeypatch):
    with people(sqlite_app) as cast, sqlite_app.app_context():
        furnish(cast, settings().files_dir)
    for name, module in list(sys.modules.items()):
        if name.startswith("inspect_station.") and hasattr(module, "visible"):
            monkeypatch.setattr(module, "visible", lambda *_: SQL("1 = 1"))
    client, headers = log_in(sqlite_app, cast.yi_user), token_for(cast.yi_user)
    lists = [rule for rule, _ in routes(sqlite_app) if MATRIX[rule.endpoint] is None]
    leaking = {r.endpoint for r in lists if CANARY in text_of(ask(client, r, "GET", MISSING, "", headers))}
    assert {"registry.equipment_list", "api_equipment.list_equipment", "api_inspections.list_inspections"} <= leaking


def _everybody_is_staff(monkeypatch):
    """The due list writes its own SQL: its condition asks the actor, not `visible`."""
    monkeypatch.setattr(due_query, "_condition", lambda _staff, shape, sqlite: _condition_of(True, shape, sqlite))


def _no_check(monkeypatch):
    monkeypatch.setattr(Actor, "sees", lambda *_: True)


_condition_of = due_query._condition


# Most routes are filtered twice; these rest on the one filter that is dropped.
@pytest.mark.parametrize(
    ("drop", "leaks"),
    [
        (_everybody_is_staff, {"duelist.due_list", "duelist.export", "duelist.print_list", "duelist_api.due"}),
        (_no_check, {"duelist_api.equipment_due"}),
    ],
)
def test_the_matrix_turns_red_when_another_tenant_filter_is_dropped(app, scene, monkeypatch, drop, leaks):
    cast, things = scene
    drop(monkeypatch)
    client, headers = log_in(app, cast.yi_user), token_for(cast.yi_user)
    csrf, leaking = csrf_of(client), set()
    for rule, method in routes(app):
        what = MATRIX[rule.endpoint]
        if rule.endpoint in leaks:
            query_ = {"view": "flat"} if rule.endpoint == "duelist.due_list" else {}
            answer = ask(
                client, rule, method, getattr(things, what, MISSING) if what else MISSING, csrf, headers, **query_
            )
            text = text_of(answer)
            if CANARY in text or "储罐" in text or (what is not None and answer.status_code != 404):
                leaking.add(rule.endpoint)
    assert leaking == (leaks if is_sqlite() else set())  # on PostgreSQL the second wall holds
