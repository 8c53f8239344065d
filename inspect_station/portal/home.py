"""An enterprise's first page: what it has to do now, its devices, its dates, what was said and answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.config import Settings
from inspect_station.duelist import service as duelist
from inspect_station.issuing import service as issuing
from inspect_station.portal import todo
from inspect_station.portal.hand import left_to_do, of
from inspect_station.portal.todo import Act
from inspect_station.registry import service as registry
from inspect_station.reminders import paper, records, routes
from inspect_station.reminders.answers import service as answers

ACTS_MOST = 4
_LOOKED_AT = 500  # rows of one bucket; beyond it a number says enough
_UNANSWERED = timedelta(days=30)
_SHOWN_DATES, _SHOWN_LETTERS, _SHOWN_NOTICES = 6, 8, 5


@dataclass(frozen=True)
class Home:
    firm: Mapping[str, Any]
    acts: Sequence[Act]
    counts: Mapping[str, int]
    dates: Sequence[Mapping[str, Any]]
    letters: Sequence[Mapping[str, Any]]
    notices: Sequence[Mapping[str, Any]]
    in_hand: int
    reachable: bool  # whether a reminder finds anybody there


def home_of(actor: Actor, settings: Settings, today: date) -> Home:
    """Everything of the enterprise's first page. Staff have none: `NotFound`."""
    firm = registry.enterprises.get(actor, actor.enterprise_id or 0)
    filters = duelist.Filters(enterprise=firm["id"])
    rows = _rows(actor, filters, today)
    return Home(
        firm=firm,
        acts=list(_acts(actor, rows, settings, today))[:ACTS_MOST],
        counts=duelist.counts(actor, filters, today),
        dates=[row for row in rows if row["days"] is not None and row["days"] >= 0][:_SHOWN_DATES],
        letters=_letters(actor),
        notices=issuing.page_of(actor, issuing.Filters(), None, _SHOWN_NOTICES).rows,
        in_hand=_cases_in_hand(actor),
        reachable=_is_reachable(firm["id"], settings, today),
    )


def _is_reachable(enterprise_id: int, settings: Settings, today: date) -> bool:
    found = routes.of_enterprises(routes.channel_in_use(settings), today, [enterprise_id]).get(enterprise_id, ())
    return any(route.recipient != routes.NO_ADDRESS for route in found)


def _cases_in_hand(actor: Actor) -> int:
    by_state = casework.cases.counts(actor, casework.cases.Filters())
    return sum(by_state[state] for state in casework.words.OPEN_STATES)


def _rows(actor: Actor, filters: duelist.Filters, today: date) -> list[dict[str, Any]]:
    return duelist.due_page(actor, filters, "due", duelist.Place(), _LOOKED_AT, today, counted=False).rows


# --- what to do now -------------------------------------------------------------------------------------------------


def _acts(actor: Actor, rows: Sequence[Mapping[str, Any]], settings: Settings, today: date) -> Iterator[Act]:
    """The most urgent first."""
    open_rows = left_to_do(actor, actor.enterprise_id or 0, rows, today)
    late = bool(of(open_rows, "overdue", done_by="institution"))
    yield from _to_stop(rows)
    if late:
        yield from _to_apply(open_rows)
    yield from todo.acts(actor, today)
    if not late:
        yield from _to_apply(open_rows)
    yield from _to_answer(actor, settings, today)
    yield from _the_rest(open_rows)


def _to_stop(rows: Sequence[Mapping[str, Any]]) -> Iterator[Act]:
    forbidden = of(rows, "forbidden")  # an application on its way does not make use lawful
    if forbidden:
        why = "按规定不得继续使用，请先停用，再与检验站联系。"
        yield _due_act("stop", f"{len(forbidden)} 项须停止使用", why, "forbidden")


def _to_apply(open_rows: Sequence[Mapping[str, Any]]) -> Iterator[Act]:
    due = of(open_rows, "overdue", "apply_now", done_by="institution")
    if due:
        late = len(of(due, "overdue"))
        some = "都" if late == len(due) else f"其中 {late} 项"
        why = f"{some}已超期，检验合格前不得使用。" if late else "一个月内到期，现在就该提出。"
        yield Act("apply", f"{len(due)} 项要申请检验", why, "申请检验", "casework.new_application", {})


def _the_rest(open_rows: Sequence[Mapping[str, Any]]) -> Iterator[Act]:
    papers = of(open_rows, "undetermined", "date_missing")
    if papers:
        why = "缺检验报告或设备资料，到期日期还定不下来。把报告交给检验员即可。"
        yield _due_act("papers", f"{len(papers)} 项要补资料", why, papers[0]["bucket"])
    own = of(open_rows, "overdue", "apply_now", done_by="user")
    if own:
        why = "由贵单位自己做（或委托有资质的单位），做好后把记录交给检验员。"
        yield _due_act("own", f"{len(own)} 项自己负责的检查、校验要做", why, own[0]["bucket"], done_by="user")


def _due_act(kind: str, title: str, why: str, bucket: str, **more: str) -> Act:
    return Act(kind, title, why, "看是哪些", "duelist.due_list", {"bucket": bucket, "view": "flat", **more})


def _to_answer(actor: Actor, settings: Settings, today: date) -> Iterator[Act]:
    """The latest letter nobody has answered."""
    letters = records.page_of(actor, records.Filters(fate="sent", first=today - _UNANSWERED), None, 1).rows
    by_voice = bool(letters) and letters[0]["channel"] == "phone"  # they have been talked to
    if letters and not by_voice and not answers.of_message(letters[0]["id"]):
        secret = answers.secret_of_message(actor, letters[0]["id"], settings)
        why = f"{letters[0]['day'].isoformat()} 的催检通知还没有答复。已在安排也请点“已知悉”。"
        yield Act("reply", "回复提醒", why, "去答复", "answer.page", {"secret": secret})


# --- what was said and answered ---------------------------------------------------------------------------------------


def _letters(actor: Actor) -> list[dict[str, Any]]:
    """What we told the enterprise, the latest first, each with what it answered."""
    found = records.page_of(actor, records.Filters(fate="sent"), None, _SHOWN_LETTERS).rows
    with_paper = paper.with_file([row["id"] for row in found])
    return [row | {"answers": answers.of_message(row["id"]), "paper": row["id"] in with_paper} for row in found]
