"""What a digest says, gathered: rows of the due list by firm, who has been told without effect, what failed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from peewee import fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.duelist import service as duelist
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import hands, quiets, routes, source
from inspect_station.reminders.answers.models import Answer
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.reading import tuples
from inspect_station.workcalendar import service as workcalendar

ROWS_MOST = 500
FIRMS_NAMED = 15
SILENT_AFTER = 5  # working days without an effect
SILENT_WITHIN = timedelta(days=60)
_A_REPEAT = 8  # the day past its date of a second overdue step
FAILED_WITHIN = timedelta(days=7)
_LATE = ("forbidden", "overdue")
_COMING = ("apply_now", "approaching")


@dataclass(frozen=True)
class Firm:
    """One line: a firm, how many of its clocks, the first date among them, an example or two."""

    name: str
    count: int
    first: str
    examples: str


@dataclass(frozen=True)
class Section:
    """`count` may be more than its lines tell; `path` is the page of the same rows, `further` what it leaves out, named."""

    title: str
    count: int
    lines: Sequence[str]
    path: str = ""
    capped: bool = False
    further: tuple[str, str] | None = None

    @property
    def count_words(self) -> str:
        return f"{self.count}+" if self.capped else str(self.count)


def due_section(title: str, rows: Sequence[Mapping[str, Any]], path: str) -> Section:
    """Rows of the due list, told by firm."""
    firms = list(by_firm(rows))
    lines = [f"{f.name}：{f.count} 项{_first_words(f.first)}（{f.examples}）" for f in firms]
    return Section(title, len(rows), _first_few(lines), path, len(rows) == ROWS_MOST)


def _first_few(lines: Sequence[str], what: str = "家企业") -> list[str]:
    left = len(lines) - FIRMS_NAMED
    return [*lines[:FIRMS_NAMED], *([f"还有 {left} {what}"] if left > 0 else [])]


def _first_words(first: str) -> str:
    return f"，最早 {first}" if first else ""


def by_firm(rows: Iterable[Mapping[str, Any]]) -> Iterable[Firm]:
    """The firms of these rows, the one with the earliest date first."""

    def place(row: Mapping[str, Any]) -> tuple[str, int]:
        return (row["enterprise"], row["enterprise_id"])

    found = []
    for (name, _), group in groupby(sorted(rows, key=place), key=place):
        theirs = list(group)
        dates = [row["shown_on"] or row["late_on"] or "" for row in theirs]
        examples = [f"{row['name']} {row['line_number'] or row['own_number']}".strip() for row in theirs[:2]]
        words = "、".join(examples) + ("等" if len(theirs) > 2 else "")
        found.append(Firm(name, len(theirs), min(filter(None, dates), default=""), words))
    return sorted(found, key=lambda firm: (firm.first or "9999", firm.name))


def rows(today: date, *, sort: str = "due", **filters: Any) -> list[dict[str, Any]]:
    """The first ones in this order."""
    asked = duelist.Filters(**filters)
    return duelist.due_page(Actor.system(), asked, sort, duelist.Place(), ROWS_MOST, today, counted=False).rows


def late_section(today: date, responsible: int) -> Section:
    """What must not be in use any more: forbidden first, then overdue."""
    found = {bucket: rows(today, bucket=bucket, responsible=responsible) for bucket in _LATE}
    paths = {bucket: f"/due?bucket={bucket}&responsible={responsible}" for bucket in _LATE}
    path = paths["overdue" if found["overdue"] or not found["forbidden"] else "forbidden"]
    section = due_section("超期和禁用", [row for bucket in _LATE for row in found[bucket]][:ROWS_MOST], path)
    both = all(found.values())
    return replace(section, further=("其中禁用的", paths["forbidden"]) if both else None)


def this_week(today: date, **filters: Any) -> list[dict[str, Any]]:
    """What falls due from today to Sunday."""
    return rows(today, until=_sunday(today), bucket="apply_now", **filters)


def _sunday(today: date) -> date:
    return today + timedelta(days=6 - today.weekday())


def week_section(today: date, responsible: int) -> Section:
    path = f"/due?bucket=apply_now&until={_sunday(today)}&responsible={responsible}"
    return due_section("本周到期", this_week(today, responsible=responsible), path)


def of_month(today: date, month: str, **filters: Any) -> list[dict[str, Any]]:
    """What falls due in a month to come (2026-12), asked for as such: a long list before it hides none of it."""
    return [row for bucket in _COMING for row in rows(today, month=month, bucket=bucket, **filters)][:ROWS_MOST]


def newly_overdue(today: date, since: date) -> list[dict[str, Any]]:
    """What became overdue after its last valid day `since` or later: told at +1.

    The newest are looked at first: behind hundreds of old ones they would not be seen.
    """
    newest = rows(today, sort="-due", bucket="overdue")
    found = [row for row in newest if (row["late_on"] or row["due_on"] or "") >= since.isoformat()]
    return found[::-1]


NEWEST_OVERDUE = "/due?bucket=overdue&view=flat&sort=-due"


@dataclass(frozen=True)
class Silent:
    """A firm that was told and of which nothing came: when last, and how many clocks stand as they stood."""

    enterprise_id: int
    name: str
    told_on: date
    clocks: int


def silent_firms(today: date, firms: set[int] | None = None) -> list[Silent]:
    """Told at least five working days ago, neither answered nor applied for, and the dates still stand.

    The longest silent first.
    """
    before = workcalendar.calendar(today).add(today, -SILENT_AFTER)
    query = (
        OwedStep.select(OwedStep.enterprise, OwedStep.equipment, OwedStep.clock, OwedStep.due, fn.MAX(Message.day))
        .join(Message)
        .where(OwedStep.state == "sent", Message.day <= before, Message.day > today - SILENT_WITHIN)
        .group_by(OwedStep.enterprise, OwedStep.equipment, OwedStep.clock, OwedStep.due)
    )
    told = [row for row in tuples(query) if firms is None or row[0] in firms]
    resting = quiets.standing(today)
    # An answer rests at least the repeats: what it quiets is not silent.
    told = [row for row in told if resting.over(row[1], row[2], "overdue", _A_REPEAT, today) is None]
    present = source.present((row[1] for row in told), today)
    found: dict[int, list[date]] = {}
    for enterprise_id, equipment_id, clock, due, day in told:
        now = present.get((equipment_id, clock))
        if now is not None and now.due == due and now.enterprise_id == enterprise_id:
            found.setdefault(enterprise_id, []).append(day if isinstance(day, date) else date.fromisoformat(day))
    names = registry.enterprise_names(Actor.system())
    silent = [Silent(number, names[number], max(days), len(days)) for number, days in found.items()]
    return sorted(silent, key=lambda s: (s.told_on, s.name))


def silent_section(today: date, firms: set[int] | None = None) -> Section:
    found = silent_firms(today, firms)
    lines = [f"{s.name}：{s.clocks} 项，最近一次提醒 {s.told_on.isoformat()}" for s in found]
    return Section("已提醒、还没有结果的企业", len(found), _first_few(lines), "/reminders?fate=sent")


def answers_section(path: str, firms: set[int] | None = None) -> Section:
    """What enterprises answered and nobody of the station has looked at, the longest waiting first."""
    query = (
        Answer.select(Enterprise.id, Enterprise.name, fn.COUNT(Answer.id), fn.MIN(Answer.given_at))
        .join(Enterprise)
        .where(Answer.state == "open")
        .group_by(Enterprise.id, Enterprise.name)
        .order_by(fn.MIN(Answer.given_at), Enterprise.name)
    )
    found = [row for row in tuples(query) if firms is None or row[0] in firms]
    lines = [f"{name}：{count} 条，最早 {str(first)[:10]}" for _, name, count, first in found]
    return Section("企业答复待处理", sum(row[2] for row in found), _first_few(lines), path)


def nobodys_section(today: date) -> Section:
    """Late and pressing clocks of firms that no inspector looks after: they stand in nobody's digest."""
    without = [int(i) for (i,) in tuples(Enterprise.select(Enterprise.id).where(Enterprise.responsible.is_null()))]
    buckets = (*_LATE, "apply_now")
    # Asked firm by firm: behind the hundreds of others' rows they might not be among the first.
    found = [row for firm in without for bucket in buckets for row in rows(today, bucket=bucket, enterprise=firm)]
    return due_section("没有负责检验员的企业", found, "/enterprises")


def no_address_section(today: date, firms: set[int] | None = None) -> Section:
    found = [name for number, name in routes.without_address(today) if firms is None or number in firms]
    return Section("没有可用地址、提醒发不到的企业", len(found), _first_few(found), "/reminders/by-hand")


def by_hand_section(firms: set[int] | None = None) -> Section:
    """Whom a person has to call or bring a notice."""
    found = [task for task in hands.tasks(Actor.system()) if firms is None or task.enterprise_id in firms]
    lines = [f"{t.enterprise}：{t.items} 项，{t.since:%Y-%m-%d} 列入{_last_words(t.last)}" for t in found]
    path = "/reminders/by-hand" if firms is None else "/reminders/by-hand?who=mine"
    return Section("等人打电话的企业", len(found), _first_few(lines), path)


def _last_words(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return ""
    again = f"，再打 {last['next_on']}" if last["next_on"] else ""
    return f"，上次{last['outcome_word']}{again}"


def failures_section(now: datetime) -> Section:
    query = (
        Message.select(Enterprise.name, Message.recipient, Message.reason)
        .join(Enterprise)
        .where(Message.state == "refused", Message.done_at > now - FAILED_WITHIN, Message.recipient != "")
        .order_by(Message.id.desc())
    )
    found = tuples(query)
    lines = [f"{name} {routes.shown(recipient)}：{reason}" for name, recipient, reason in found]
    return Section("近七天没有送达的提醒", len(found), _first_few(lines, "封"), "/reminders?fate=refused")


def firms_of(account_id: int) -> set[int]:
    return {int(i) for (i,) in tuples(Enterprise.select(Enterprise.id).where(Enterprise.responsible == account_id))}


def load_section(today: date) -> Section:
    """Each inspector's late and coming clocks."""
    people = tuples(
        Account.select(Account.id, Account.name)
        .where(Account.id.in_(Enterprise.select(Enterprise.responsible)), Account.disabled_at.is_null())
        .order_by(Account.name)
    )
    lines = []
    for number, name in people:
        held = duelist.counts(Actor.system(), duelist.Filters(responsible=number), today)
        lines.append(f"{name}：禁用 {held['forbidden']}，超期 {held['overdue']}，应报检 {held['apply_now']}")
    return Section("各人负责的", len(people), lines, "/due")
