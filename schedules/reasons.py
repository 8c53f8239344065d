"""Saying why: one Chinese sentence for each step of the reasoning, fit to be read out to an enterprise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from schedules.answers import Answer, Due, Forbidden, NotRunning, Undetermined
from schedules.dates import Day
from schedules.facts import Inspection
from schedules.rule import Outcome, Version
from schedules.terms import (
    BeforeUse,
    DecidedBy,
    DoneBy,
    Missing,
    Origin,
    Status,
    WarningCode,
    WhyForbidden,
    WhyNotRunning,
)

if TYPE_CHECKING:
    from schedules.view import ClockInView

_START = {
    "put_into_use_on": "投入使用日期",
    "made_on": "制造日期",
    "completed_on": "最近一次检验日期",
}
_EVENT = {"moved": "移装", "restarted": "停用后重新启用"}


def reasons(view: ClockInView, answer: Answer) -> tuple[str, ...]:
    """The reasoning behind an answer that the engine has just given."""
    return tuple(_steps(view, answer))


def not_running(view: ClockInView, why: WhyNotRunning) -> tuple[str, ...]:
    clock = view.rules.clock.label
    if why is WhyNotRunning.EXEMPT_BY_DESIGN:
        return (f"使用登记载明“设计规定不实施定期检验”，不计算{clock}。",)
    if why is WhyNotRunning.NOT_SUBJECT:
        return (f"{_cites(view.spans[0].version)}", f"因此没有固定周期的{clock}。")
    return (f"设备{why.label}，不计算{clock}。",)


def _steps(view: ClockInView, answer: Answer) -> Iterator[str]:
    if isinstance(answer, NotRunning):
        yield "设备停用中，不按超期催办；停用不改变检验日期。"
    yield from _history(view)
    if isinstance(answer, Forbidden):
        yield from _forbidden(view, answer)
    elif view.event is not None:
        yield from _event(view)
    else:
        yield from _rule(view)
        yield from _outcome(view, answer)
    if isinstance(answer, NotRunning):
        yield from _stopped(view, answer)
    yield from _remarks(answer)


def _history(view: ClockInView) -> Iterator[str]:
    clock, last = view.rules.clock.label, view.last
    if last is None:
        later = sum(one.clock is view.rules.clock for one in view.equipment.inspections)
        start = f"，{_START[view.start_fact]}为{view.start}" if view.start else ""
        known = f"到{view.on}为止没有{clock}记录（之后的{later}条不计）" if later else f"没有{clock}记录"
        yield f"{known}，按首次计算{start}。"
        return
    yield from _undated(view, last)
    done = f"{last.completed_on}" if last.completed_on else "日期不详"
    parts = [f"最近一次{last.clock.label}：{done}"]
    if last.conclusion is not None:
        parts.append(f"结论“{last.conclusion}”")
    if last.grade is not None:
        parts.append(f"安全状况等级{last.grade}级")
    yield "，".join(parts) + "。"


def _undated(view: ClockInView, last: Inspection) -> Iterator[str]:
    undated = sum(one.completed_on is None for one in view.inspections)
    if last.completed_on is not None and undated:
        yield f"另有{undated}条没有日期的{last.clock.label}记录，有日期的优先，未采用。"
    elif undated > 1:
        yield f"有{undated}条没有日期的{last.clock.label}记录，取其中不合格的或下次日期最早的一条。"


def _mark(version: Version) -> str:
    return "" if version.is_text else "（待核实）"


def _cites(version: Version) -> str:
    return f"依据{version.citation}：{version.paraphrase}{_mark(version)}。"


def _rule(view: ClockInView) -> Iterator[str]:
    if view.only is None:
        facts = "、".join(Missing(fact).label for fact in view.deciding_facts())
        yield f"缺少{facts}，无法确定适用哪一条规则。" if facts else _cites(view.version)
        return
    span, version = view.only, view.only.version
    yield _cites(version)
    for one in version.allowances:
        if view.equipment.traits.get(one.trait):
            yield f"依据{version.document} {one.clause}：{one.paraphrase}{_mark(version)}。"
    if version.outcome is Outcome.MONITORED and span.start:
        yield f"监控使用自{span.start}起累计。"
    if span.start and span.latest:
        yield _reckoning(version, span.start, span.earliest, span.latest)
    if span.scrap_on and (scrap := span.candidate.scrap):
        yield f"{_cites(scrap)[:-1]}，报废期限为{span.scrap_on}。"


def _reckoning(version: Version, start: Day, earliest: date | None, latest: date) -> str:
    low, high = version.min_months, version.max_months
    decided = f"，{version.decided_by.label}" if version.decided_by is not DecidedBy.RULE else ""
    if low is not None and low != high:
        return f"自{start.date}起算，{low}至{high}个月，即{earliest}至{latest}{decided}。"
    most = "最长" if low is None else ""
    return f"自{start.date}起算，{most}{high}个月，到{latest}{decided}。"


def _event(view: ClockInView) -> Iterator[str]:
    if view.event is not None:
        day, version = view.event
        yield f"设备于{day}{_EVENT[version.event]}，此后没有{view.rules.clock.label}记录。"
        yield _cites(version)
        yield f"投用前须先做{view.rules.clock.label}，报告此前载明的日期不再适用。"


def _outcome(view: ClockInView, answer: Answer) -> Iterator[str]:
    printed = view.last.next_due if view.last else None
    if printed:
        yield f"检验报告载明下次{view.rules.clock.label}日期为{printed}，以报告为准。"
    if view.extension is not None:
        document = f"（{view.extension.document}）" if view.extension.document else ""
        yield f"已批准延期至{view.extension.until}{document}。"
    if isinstance(answer, Due):
        yield from _due(view, answer)
    elif isinstance(answer, Undetermined):
        yield from _undetermined(answer)


def _due(view: ClockInView, answer: Due) -> Iterator[str]:
    unsure = answer.origin is Origin.RULE and answer.version is not None and not answer.version.is_text
    last_day = f"（{answer.on:%Y-%m}月内有效，到当月最后一天）" if answer.precision == "month" else ""
    yield f"因此有效期的最后一天是{answer.on}{last_day}{'（待核实）' if unsure else ''}。"
    if answer.before_extension:
        yield f"延期前为{answer.before_extension}。"
    if answer.done_by is DoneBy.INSTITUTION:
        law = view.book.principles["apply_before"].citation
        yield f"依据{law}，最迟应在{answer.apply_by}提出检验申请。"


def _undetermined(answer: Undetermined) -> Iterator[str]:
    yield f"日期待确定，还需要：{'、'.join(Missing(fact).label for fact in answer.missing)}。"
    if answer.earliest and answer.latest and answer.earliest != answer.latest:
        yield f"最早{answer.earliest}，最迟{answer.latest}；确定之前按最早的日期安排。"
    elif answer.earliest:
        yield f"在此之前按{answer.earliest}安排。"
    elif answer.latest:
        yield f"最迟不得晚于{answer.latest}。"


def _forbidden(view: ClockInView, answer: Forbidden) -> Iterator[str]:
    span = view.spans[0]
    if answer.version:
        yield _cites(answer.version)
    if answer.why is WhyForbidden.MONITORED_USE_EXHAUSTED:
        yield f"监控使用自{span.start}起，至{span.latest}已满。"
    if answer.why is WhyForbidden.PAST_SCRAP_AGE:
        yield f"制造日期{view.equipment.made_on}，报废期限{span.scrap_on}已过。"
    yield (
        f"{answer.why.label}：必须停止使用。" if view.equipment.status is Status.IN_USE else f"{answer.why.label}。"
    )


def _stopped(view: ClockInView, answer: NotRunning) -> Iterator[str]:
    if answer.failed:
        yield f"最近一次{view.rules.clock.label}不合格。"
    if answer.before_use:
        yield (f"{answer.before_use.label}。" if answer.before_use is BeforeUse.SELF_CHECK else _inspect(answer))


def _inspect(answer: NotRunning) -> str:
    passes = f"检验有效期到{answer.on}；" if answer.on else ""
    return f"{passes}{BeforeUse.INSPECTION.label}。"


def _remarks(answer: Answer) -> Iterator[str]:
    for code in answer.warnings:
        if code is not WarningCode.PRECISION_MONTH:
            yield f"注意：{code.label}"
