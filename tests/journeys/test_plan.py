"""The plan, from the head's proposal to the result that shows it done: propose, drag, type, approve, agree, record."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.planning import service as planning
from inspect_station.registry import service as registry
from tests.conftest import NOW, TODAY

pytestmark = pytest.mark.browser

SYSTEM = Actor.system()


def unanswered() -> tuple[planning.Visit, str]:
    """A published visit a week or more ahead that nobody answered, and the log-in of its enterprise."""
    with db.connection_context():
        visits = planning.published(SYSTEM, TODAY + timedelta(days=14))
        visit = next(v for v in visits if not v.answer and not v.pinned and not v.errands)
        login = Account.get(Account.enterprise_id == visit.enterprise_id).login
    return visit, login


def test_a_plan_goes_from_proposal_to_done(visit: Callable[..., Page]) -> None:
    head = visit("zhanzhang")
    head.goto("/plan/propose")
    head.get_by_label("立即").check()
    head.get_by_role("button", name="开始排").click()
    # Made in a process of its own; the page follows by itself.
    expect(head.get_by_role("heading", name=re.compile("不变"))).to_be_visible(timeout=90_000)
    proposal = int(re.search(r"/plan/(\d+)/compare", head.url).group(1))  # type: ignore[union-attr]

    move_by_hand(head, proposal)

    head.goto(f"/plan/{proposal}")
    head.get_by_role("link", name="批准并执行").click()
    head.get_by_role("dialog").get_by_role("button", name="批准").click()
    expect(head.get_by_role("main")).to_contain_text("已批准，从现在起执行")
    head.get_by_label("发布到").fill((TODAY + timedelta(weeks=8)).isoformat())
    head.get_by_role("button", name="发布").click()
    expect(head.get_by_role("main")).to_contain_text("已发布到")

    chosen, login = unanswered()
    people_meet(visit, chosen, login)


def move_by_hand(head: Page, proposal: int) -> None:
    """One visit is dragged to another day, and typed onto a Sunday, which is refused in words."""
    with db.connection_context():
        visits = planning.reading.visits(SYSTEM, proposal, date(2027, 3, 1), date(2027, 3, 31))
        chosen = next(v for v in visits if not v.fixed and v.on.weekday() == 2)
    head.goto(f"/plan/{proposal}/week?of={chosen.on.isoformat()}")
    block = head.locator(f"[data-visit='{chosen.id}']").first
    target = chosen.on - timedelta(days=1)
    block.drag_to(head.locator(f"td[data-day='{target.isoformat()}']").first)
    expect(head.get_by_role("main")).to_contain_text(re.compile("已移到|不能这样移动"))

    head.goto(f"/plan/visits/{chosen.id}")
    sunday = chosen.on + timedelta(days=4)
    head.get_by_label("日期").fill(sunday.isoformat())
    head.get_by_role("button", name="移动", exact=True).click()
    expect(head.get_by_role("alert")).to_contain_text("（周日）不是工作日")
    expect(head.get_by_label("日期")).to_have_value(sunday.isoformat())


def people_meet(visit: Callable[..., Page], chosen: planning.Visit, login: str) -> None:
    """The inspector sees the visit on the phone, the enterprise agrees, the results make it done."""
    with db.connection_context():
        inspector = Account.get_by_id(chosen.people[0][0]).login
    phone = visit(inspector, "phone")
    phone.goto(f"/plan/day?on={chosen.on.isoformat()}")
    expect(phone.get_by_role("main")).to_contain_text(chosen.enterprise)

    firm = visit(login, "phone")
    firm.goto("/plan/")
    firm.locator(f"a[href='/plan/visits/{chosen.id}/answer']").click()
    firm.get_by_role("button", name="同意").click()
    expect(firm.get_by_role("main")).to_contain_text("已约定")
    assert firm.evaluate("document.documentElement.scrollWidth") <= 390
    phone.reload()
    expect(phone.get_by_role("main")).to_contain_text("已约定")

    with db.connection_context():
        for item in planning.reading.of_visit(SYSTEM, chosen.plan_id, chosen.id):
            said = {"clock": item["clock"], "completed_on": TODAY.isoformat(), "conclusion": "符合要求"}
            graded = {"grade": 2} if item["clock"] in {"periodic", "full"} else {}
            registry.inspections.record(SYSTEM, item["equipment_id"], said | graded, now=NOW, today=TODAY)
    phone.reload()
    expect(phone.get_by_role("main")).to_contain_text("已完成")
    firm.reload()
    expect(firm.get_by_role("main")).to_contain_text("检验结果都已登记")
