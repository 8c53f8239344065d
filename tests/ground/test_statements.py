"""P3: whatever a page of a list holds, it costs the same few statements."""

from datetime import date

from flask import Flask

from inspect_station.accounts.models import AuditEntry
from inspect_station.casework.models import (
    Application,
    ApplicationItem,
    ExtensionRequest,
    FindingNotice,
    Report,
    ReportItem,
)
from inspect_station.duelist import projection
from inspect_station.planning import service as planning
from inspect_station.registry.models import Contact, Enterprise, Equipment, EquipmentTouched, Inspection
from inspect_station.reminders import service as reminders
from inspect_station.web import settings
from tests.conftest import NOW, TODAY, Cast, log_in, people, token_for
from tests.planning import park
from tests.statements import counted

MOST = 5
PAGES = (
    "/due", "/due?view=flat", "/due?view=flat&q=cg", "/equipment", "/equipment?q=V-1", "/equipment?grade=3", "/enterprises",
    "/enterprises?q=fz", "/audit", "/search?q=V", "/cases", "/cases?q=fz", "/reports", "/reports?late=1", "/reports?q=KM",
    "/postponements", "/postponements?state=open", "/findings", "/findings?state=open", "/clinic/requests", "/clinic/visits",
    "/clinic/findings", "/plan/plans", "/plan/windows", "/plan/visits", "/reminders", "/reminders?fate=sent&q=fz",
)  # fmt: skip
ALARMS = 2  # the page of reminders also looks into every corner where something may be wrong
API = (
    "applications", "due", "equipment", "enterprises", "inspections", "extensions", "reminders", "rules", "clinic/visits",
    "plans", "visits",
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


def _costs(app: Flask) -> dict[str, int]:
    with people(app) as cast, app.app_context():
        _furnish(3, 20)
        projection.refresh(TODAY)
        reminders.tick(settings(), TODAY, NOW)
        _plan(cast)
        assert AuditEntry.select().exists()
    browser, headers = log_in(app, cast.head), token_for(cast.head)
    asked = [(path, {}) for path in PAGES] + [(f"/api/v1/{name}", headers) for name in API]
    costs = {}
    browser.get("/me")  # the first page of a minute also looks the day up
    for size in (1, 50):
        for path, given in asked:
            address = f"{path}{'&' if '?' in path else '?'}per_page={size}" if path != "/search?q=V" else path
            with counted() as ran:
                answer = browser.get(address, headers=given)
            assert answer.status_code in {200, 422}, address
            if answer.status_code == 422:  # not every list lets its page size be chosen
                with counted() as ran:
                    assert browser.get(path, headers=given).status_code == 200, path
            costs[f"{path} × {size}"] = len(ran)
    return costs


def test_no_list_costs_more_statements_than_five_whatever_it_holds_and_a_longer_page_none_more(
    sqlite_app: Flask,
) -> None:
    costs = _costs(sqlite_app)
    most = {address: MOST + ALARMS * address.startswith("/reminders") for address in costs}
    assert {address: n for address, n in costs.items() if n > most[address]} == {}
    for address in {name.split(" × ")[0] for name in costs}:
        assert costs[f"{address} × 50"] <= costs[f"{address} × 1"] + 1, address
