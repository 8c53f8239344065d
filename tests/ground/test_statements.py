"""P3: whatever a page holds, it costs the same few statements.

The routes are the application's own: one without an expectation here fails. Lists are asked at two sizes of the page;
what looks at many things at once has a number of its own, which the whole sample park must not exceed.
"""

import shutil
from datetime import date
from pathlib import Path

from flask import Flask

from inspect_station import create_app
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.casework.models import (
    Application,
    ApplicationItem,
    ExtensionRequest,
    FindingNotice,
    Report,
    ReportItem,
)
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.duelist import projection
from inspect_station.planning import service as planning
from inspect_station.registry.models import Contact, Enterprise, Equipment, EquipmentTouched, Inspection
from inspect_station.reminders import service as reminders
from inspect_station.web import settings
from tests.conftest import NOW, SECRET, TODAY, Cast, dispose, log_in, people
from tests.planning import park
from tests.statements import counted

MOST = 5
LISTS = {
    "accounts.audit_trail", "answers_api.answers", "api_applications.list_applications",
    "api_clinic.list_visits", "api_enterprises.list_enterprises", "api_equipment.list_equipment",
    "api_extensions.list_extensions", "api_inspections.list_inspections", "api_plans.list_plans", "api_visits.list_visits",
    "casework.cases", "casework.findings", "casework.postponements", "casework.promise_settings", "casework.report_list",
    "clinic.finding_list", "clinic.hours", "clinic.library", "clinic.request_list", "clinic.visit_list", "duelist.done_by",
    "duelist.due_list", "duelist.filters", "duelist.print_list", "duelist.rules", "duelist.sources", "duelist_api.due",
    "duelist_api.rule_list", "feeds.mine", "issuing.notices", "planning.data", "planning.plan_list", "planning.visit_list",
    "planning.windows", "portal.search", "registry.enterprise_list", "registry.equipment_list", "registry.import_list",
    "reminders.ladder", "reminders.staff_letters", "reminders.steps", "reminders_api.reminders", "settings.channels",
    "persons.requests", "staffing.codes", "staffing.people", "workcalendar.year", "workload.park", "workload.wall_links",
}  # fmt: skip
# Many things on one page: how many statements, however much there is of each.
VIEWS = {
    "answers.inbox": 7, "casework.field": 12, "clinic.inbox": 15, "clinic.rounds": 11, "duelist.calendar": 8, "health.metrics": 24,
    "health.ready": 5, "planning.board": 14, "planning.day": 13, "planning.propose_form": 14,
    "reminders.authority_list": 9, "reminders.authority_print": 9, "reminders.hand_list": 7, "reminders.look_at_backlog": 8,
    "reminders.messages": 9, "reminders.outlook": 23,
    "settings.overview": 30, "settings.people": 7, "workload.forecast": 18, "workload.month": 50,
    "workload.people": 20, "workload.report": 80, "workload.wall": 42,
}  # fmt: skip
# Not counted: files (read in stretches, so that memory stays flat), forms, pages that hold no list, and with a reason:
OTHERS = {
    "accounts.code", "accounts.factor", "accounts.factor_code", "accounts.login", "accounts.me",
    "api-docs.openapi_json", "api-docs.openapi_swagger_ui", "casework.field_session",
    "casework.label_form", "casework.proposal", "casework.service_worker", "clinic.scope", "duelist.preview", "health.alive",
    "home", "issuing.draft", "portal.home", "reminders.ask_bulk", "reminders.ask_to_pause", "reminders.ask_to_reset",
    "reminders.draft",
}  # fmt: skip
FILES = ("export", "_workbook", "_pdf", "label_sheet")
FORMS = ("new_",)
QUERIES = (
    "/due?view=flat", "/due?view=flat&q=cg", "/equipment?q=V-1", "/equipment?grade=3", "/enterprises?q=fz", "/search?q=V",
    "/cases?q=fz", "/reports?late=1", "/reports?q=KM", "/postponements?state=open", "/findings?state=open",
)  # fmt: skip


def _furnish(firms: int, each: int) -> None:
    for f in range(firms):
        firm = Enterprise.create(name=f"福州第{f}化工有限公司", initials="fz", created_at=NOW, updated_at=NOW)
        Contact.create(
            enterprise=firm, role="safety_officer", name="安小全", email=f"a{f}@example.com", receives_reminders=True,
            started_on=TODAY, created_at=NOW,
        )  # fmt: skip
        for n in range(each):
            device = Equipment.create(
                enterprise=firm, catalogue_code="2150", name="储罐", initials="cg", own_number=f"V-{n}",
                traits={"material": "metal"}, put_into_use_on="2019-03-15", created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            Inspection.create(equipment=device, clock="periodic", completed_on="2023-12-22", grade=3, recorded_at=NOW)
            EquipmentTouched.create(equipment=device)
            if n < 4:
                _furnish_casework(firm, device, f"KM-{f}-{n}")


def _furnish_casework(firm: Enterprise, device: Equipment, number: str) -> None:
    case = Application.create(
        enterprise=firm, source="desk", submitted_at=NOW, submitted_by="窗口", accept_by=TODAY, quiet_until=TODAY
    )
    ApplicationItem.create(application=case, equipment=device, clock="periodic")
    report = Report.create(
        enterprise=firm, number=number, completed_on=TODAY, report_by=date(2026, 11, 2), created_at=NOW
    )
    done = Inspection.create(equipment=device, clock="annual", completed_on="2026-11-20", recorded_at=NOW)
    ReportItem.create(report=report, equipment=device, clock="annual", inspection=done)
    said = {"enterprise": firm, "equipment": device, "clock": "periodic"}
    FindingNotice.create(**said, number=number, problem="腐蚀", deadline=TODAY, state="issued", created_at=NOW)
    ExtensionRequest.create(
        **said,
        until=date(2027, 6, 1),
        reason="停产",
        measures="巡检",
        approved_by="陈总",
        asked_at=NOW,
        asked_by="安全员",
    )


def _plan(cast: Cast) -> None:
    """A plan in force with published visits, a proposal beside it, and a standstill at each firm."""
    park.make(cast)
    park.in_force(cast)
    park.planned(cast)
    for firm in Enterprise.select():
        planning.sites.add(cast.head, firm.id, sort="shutdown", now=NOW, first_on=park.LAST, last_on=park.LAST)


def _routes(app: Flask) -> dict[str, str]:
    """Every address that can be asked without knowing an object, by its endpoint."""
    return {
        rule.endpoint: rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments
    }


def _is_other(endpoint: str) -> bool:
    name = endpoint.split(".")[-1]
    return endpoint in OTHERS or name.startswith(FORMS) or name.endswith(FILES)


def test_every_address_has_an_expectation(sqlite_app: Flask) -> None:
    routes = _routes(sqlite_app).keys()
    assert {one for one in routes if not _is_other(one)} == LISTS | VIEWS.keys()
    assert routes >= OTHERS | LISTS | VIEWS.keys()


def test_no_list_costs_more_statements_than_five_whatever_it_holds_or_shows(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        _furnish(3, 20)
        projection.refresh(TODAY)
        reminders.tick(settings(), TODAY, NOW)
        _plan(cast)
        assert AuditEntry.select().exists()
    ask = _Asking(sqlite_app, cast.head, cast.admin)
    routes = _routes(sqlite_app)
    addresses = [*(routes[endpoint] for endpoint in sorted(LISTS)), *QUERIES]
    found = {address: [ask.statements(address, size) for size in (1, 50)] for address in addresses}
    assert {address: costs for address, costs in found.items() if max(costs) > MOST} == {}
    assert {address: costs for address, costs in found.items() if costs[1] > costs[0] + 1} == {}


def test_no_page_of_the_sample_park_costs_more_statements_than_it_may(sample_folder: Path, tmp_path: Path) -> None:
    shutil.copy(sample_folder / "station.db", tmp_path / "station.db")
    url = f"sqlite:///{tmp_path / 'station.db'}"
    app = create_app(Settings(database_url=url, data_dir=str(tmp_path), secret_key=SECRET, log_level="CRITICAL"))
    try:
        with db.connection_context():
            head, admin = (sessions.actor_of(Account.get(Account.login == login)) for login in ("zhanzhang", "admin"))
        ask, routes = _Asking(app, head, admin), _routes(app)
        limits = dict.fromkeys(LISTS, MOST) | VIEWS
        found = {endpoint: ask.statements(routes[endpoint]) for endpoint in sorted(limits)}
    finally:
        dispose(db.obj)
    assert {endpoint: cost for endpoint, cost in found.items() if cost > limits[endpoint]} == {}


class _Asking:
    """Asks as the head, and as the administrator where the head may not."""

    def __init__(self, app: Flask, *who: Actor) -> None:
        self._browsers = [log_in(app, one) for one in who]
        for browser in self._browsers:
            browser.get("/due")  # the first page of a minute also looks the day up, the first list what is stale

    def statements(self, address: str, size: int | None = None) -> int:
        sized = address if size is None else f"{address}{'&' if '?' in address else '?'}per_page={size}"
        for asked in dict.fromkeys((sized, address)):  # not every list lets its page size be chosen
            for browser in self._browsers:
                with counted() as ran, browser.get(asked) as answer:
                    answer.get_data()
                if answer.status_code == 200 or (answer.status_code == 503 and address == "/readyz"):
                    return len(ran)
        raise AssertionError(f"{address}: {answer.status_code}")
