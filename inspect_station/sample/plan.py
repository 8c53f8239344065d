"""The sample's sites, what its inspections take, a plan in force (approved, published, with some answers), a better one asked for."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from inspect_station.accounts import service as accounts
from inspect_station.accounts import sessions
from inspect_station.accounts.scope import Actor
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.planning import service as planning
from inspect_station.planning.words import Figures

SECONDS, STEPS = 20, 90_000  # what the plan's row says, and the work really done: the same plan on any machine

# The invented station's own figures: its people work in pairs that know the sites.
FIGURES = {
    ("fixed_vessel", "periodic"): Figures(2, 60, 0, 5, "shutdown"),
    ("industrial_pipe", "periodic"): Figures(2, 15, 30, 5, "shutdown"),
    ("public_pipe", "full"): Figures(2, 30, 30, 5, "any"),
    ("boiler", "internal"): Figures(2, 150, 0, 5, "shutdown"),
    ("boiler", "external"): Figures(2, 60, 0, 3, "running"),
    ("mobile_vessel", "full"): Figures(2, 60, 0, 3, "any"),
}
# of the enterprises in order: (place in the list, sort, first day from today on, length, units, note)
WINDOWS = (
    (0, "shutdown", 26, 12, ("一车间",), "年度检修"),
    (1, "shutdown", 95, 16, (), "大修"),
    (2, "closed", 20, 4, (), "盘点"),
    (5, "shutdown", 40, 9, (), "春节前停车"),
    (7, "closed", 12, 3, (), "客户审核"),
    (12, "shutdown", 130, 14, (), "催化剂更换"),
    (18, "closed", 45, 10, (), "春节放假"),
)


def furnish(actor: Actor, enterprise_ids: Sequence[int], today: date, now: datetime, *, better: bool) -> int | None:
    """Windows, figures, and the careful rule's plan in force, which takes a second.

    `better`: the head has asked for the same year with the week model as well; the id of that plan, which somebody has yet to
    work out. It takes as long as the rest of the park, and nobody should wait for it before the first page. It was asked
    for before any plan was in force and so need not spare one.
    """
    for pair, figures in FIGURES.items():
        planning.efforts.set_figures(actor, *pair, figures, now)
    for place, sort, start, length, units, note in WINDOWS:
        first = today + timedelta(days=start)
        planning.sites.add(
            actor, enterprise_ids[place], sort=sort, first_on=first, last_on=first + timedelta(days=length - 1),
            units=units, note=note, now=now,
        )  # fmt: skip
    head = sessions.actor_of(accounts.find_login("zhanzhang"))
    last_on = planning.plans.default_last(today)
    number = planning.plans.propose(head, name=f"{today.year} 年度计划", last_on=last_on, seconds=0, now=now)
    asked = None
    if better:
        name = f"{today.year} 年度计划（优化）"
        asked = planning.plans.propose(head, name=name, last_on=last_on, seconds=SECONDS, now=now)
    planning.work.make_now(number, now, 0)
    planning.plans.approve(head, number, now)
    planning.plans.publish(head, number, today + timedelta(weeks=8), now)
    _answers(number, today, now)
    return asked


def _answers(plan_id: int, today: date, now: datetime) -> None:
    """Most enterprises agreed to the next two weeks, one wishes another day."""
    rng = random.Random(plan_id)  # noqa: S311 - a reproducible sample, no secret
    asked = planning.reading.visits(Actor.system(), plan_id, today, today + timedelta(days=28))
    wished = False
    for visit in asked:
        firm = Actor(None, "企业安全员", "enterprise", visit.enterprise_id)
        if not wished and (visit.on - today).days > 10:
            wished = _counter(firm, visit, now)
        elif (visit.on - today).days <= 14 and rng.random() < 0.7:
            planning.agreeing.agree(firm, visit.id, now)


def _counter(firm: Actor, visit: planning.Visit, now: datetime) -> bool:
    try:
        planning.agreeing.counter(firm, visit.id, visit.on - timedelta(days=1), "前一天装置正好切换，方便检验", now)
    except (InvalidInput, Conflict):
        return False
    return True
