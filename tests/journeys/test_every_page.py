"""Every page, as the people who use it meet it: readable by everybody, no wider than the screen, without errors."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.chromium import violations, violations_of_a_kind
from tests.journeys.conftest import SIZES

pytestmark = pytest.mark.browser

PAGES = {
    "zhanzhang": ("/due", "/due?view=flat&bucket=overdue", "/due/calendar", "/enterprises", "/audit", "/reminders",
                  "/reminders/outlook?enterprise=1", "/reminders/by-hand", "/answers", "/reminders/ladder", "/enterprises/1/ladder",
                  "/reminders/notices", "/reminders/notices/1", "/reminders/authority", "/reminders/1",
                  "/answers/1", "/reminders/staff", "/reminders/steps", "/reminders/backlog", "/me", "/imports",
                  "/plan/", "/plan/1/month?of=2026-12", "/plan/1/week?of=2026-12-07", "/plan/1/unplanned",
                  "/plan/1/warnings", "/plan/1/compare", "/plan/plans", "/plan/propose?what_if=1", "/plan/windows",
                  "/plan/windows/new", "/plan/data", "/plan/data/boiler/internal", "/plan/visits", "/plan/visits/9",
                  "/staffing/", "/staffing/4", "/staffing/codes", "/staffing/codes/1"),
    "shenji": ("/workload", "/workload?of=2026", "/workload/people", "/workload/people/5/done?of=2026",
               "/workload/rows/due?step=planned", "/workload/forecast?months=24", "/workload/park",
               "/workload/report", "/workload/rows/rate_inspected", "/workload/walls",
               "/workload/coming/overdue?enterprise=1", "/workload/rows/due?each=line"),
    "chenjian": ("/workload", "/equipment", "/equipment/20", "/equipment/20/due/periodic", "/equipment/20/edit",
                 "/equipment/20/inspections/new", "/equipment/20/acts/stop", "/enterprises/1",
                 "/enterprises/1/contacts/new", "/search?q=R-0001", "/plan/day?on=2026-12-01"),
    "jishu": ("/rules", "/rules/fixed_vessel.periodic.metal.grade_3", "/rules/sources", "/rules/preview", "/clinic/library/new"),
    "admin": ("/me/factor", "/cases/promises", "/settings/", "/settings/people", "/settings/people/new", "/settings/channels",
              "/settings/calendar/", "/settings/persons/?q=池", "/settings/persons/contact/1", "/settings/persons/account/2"),
    "linyan": ("/cases", "/cases?state=open", "/cases/6", "/cases/10", "/cases/new?enterprise=20", "/tasks/3/preparation",
               "/results/new?equipment=20&clock=periodic", "/reports", "/reports/1", "/findings", "/findings?overdue=1", "/findings/3",
               "/findings/new?equipment=20&clock=periodic",
               "/reasons/new?ids=5&ids=6", "/postponements", "/equipment/20/postpone", "/equipment/20/transfer",
               "/equipment/20/merge", "/labels", "/field?all=1"),
    "qiye01": ("/home", "/cases", "/cases/new", "/due", "/equipment", "/reminders", "/me", "/me/calendars",
               "/plan/visits", "/plan/windows", "/plan/windows/new", "/reminders/notices",
               "/clinic", "/clinic/requests/new", "/clinic/hours", "/clinic/findings", "/enterprises/1/record"),
    "zhenggui": ("/clinic", "/clinic/requests", "/clinic/requests/1", "/clinic/requests/new?equipment=20", "/clinic/hours",
                 "/clinic/visits", "/clinic/visits/new?enterprise=3", "/clinic/visits/3", "/clinic/findings",
                 "/clinic/findings/3", "/clinic/findings?overdue=1", "/clinic/rounds", "/clinic/library", "/clinic/scope",
                 "/clinic/scope?object=vessel&pressure_mpa=0.8&volume_l=1000", "/clinic/scope/1", "/enterprises/3/record"),
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("login", PAGES)
def test_pages_are_readable_and_fit_the_screen(visit: Callable[..., Page], login: str, size: str) -> None:
    page = visit(login, size)
    for path in PAGES[login]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], path
        assert "示例数据" in page.locator("main").inner_text(), path
        assert violations_of_a_kind(page) == [], path


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_a_call_is_readable_and_leads_back(visit: Callable[..., Page], size: str) -> None:
    page = visit("zhanzhang", size)
    page.goto("/reminders/by-hand")
    page.locator("main [data-row-link]").first.click()
    page.wait_for_url("**/reminders/by-hand/*")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert violations(page) == []
    page.get_by_role("link", name="电话名单").first.click()
    page.wait_for_url("**/reminders/by-hand")
