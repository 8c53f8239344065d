"""The sentences of a notice. Law: 特种设备安全法 arts. 40, 83, 84; a passed date is never called more than that."""

from collections.abc import Iterator, Sequence
from datetime import date

from inspect_station.notices.model import Line, Notice, NoticeKind
from schedules.terms import DoneBy

LAW = (
    "按照《中华人民共和国特种设备安全法》第四十条，使用单位应当在检验合格有效期届满前一个月向检验机构提出定期检验要求；"
    "未经定期检验或者检验不合格的特种设备，不得继续使用。"
)
PENALTY = (
    "该法第八十三条规定，未按照规定申报检验的，由监管部门责令限期改正，逾期未改正的处一万元以上十万元以下罚款；"
    "第八十四条规定，使用未经检验或者检验不合格的特种设备的，责令停止使用，处三万元以上三十万元以下罚款。"
)


def opening(notice: Notice) -> list[str]:
    """The paragraphs above the table."""
    count = len(notice.lines)
    if notice.kind is NoticeKind.DUE:
        return [f"下表所列 {count} 项检验的有效期将要届满，请安排报检。", LAW + PENALTY]
    if notice.kind is NoticeKind.OVERDUE:
        since = f"截至 {chinese_date(notice.on)}，下表所列 {count} 项"
        if _own(notice.lines) == count:
            return [f"{since}自行检查已超过日期，我站没有查到新的记录。请尽快补做；已经做过的，请把记录发给我们。"]
        mixed = "须检验、校验的设备" if _own(notice.lines) else "这些设备"
        return [
            f"{since}已超过检验有效期或不得使用，我站没有查到新的合格检验记录。在检验合格之前，{mixed}不得继续使用。",
            LAW + PENALTY,
        ]
    return [
        "为使检验一次完成，现把需要准备的事项一次告知。请逐项准备，备好的打“√”；"
        "有做不到的，请在检验日之前告诉我们，以便改期。检验当天条件不具备的，检验无法进行，只能另约日期。"
    ]


def remarks(lines: Sequence[Line]) -> Iterator[str]:
    """What the marks in the table mean; only those that stand there."""
    if any(line.due and len(line.due) == 7 for line in lines):
        yield "到期日只写到月份的，有效至当月最后一天。"
    if any(line.to_verify for line in lines):
        yield "注有“待核实”的，按规则推算，所依据的条文尚待与文件原文核对；检验报告载明了日期的，以报告为准。"
    if any(line.due is None and not line.forbidden for line in lines):
        yield "写“待确定”的，现有资料不足以确定日期，请提供所缺资料；检验报告载明了日期的，请发给我们。"
    if any(line.done_by is not DoneBy.INSTITUTION for line in lines):
        yield "注有“自办”的项目不向我站报检，由使用单位自行完成或委托有资质的单位完成，报告存入设备档案。"


HOW = "怎样报检"


def acts(notice: Notice) -> Iterator[tuple[str, str]]:
    """What the enterprise is asked to do: a heading and a sentence each."""
    yield HOW, how(notice, with_code=bool(notice.answer_url))
    if notice.kind is NoticeKind.DUE:
        yield "何时报检", "请在表中“最晚报检”日期之前提出；这一天已经过去的，请现在就提出。周末和节假日不顺延有效期。"
    else:
        yield "现在请做", _now(len(notice.lines), _own(notice.lines))
    yield "情况有变", "设备已停用、已拆除、已由其他机构检验，或者本表有误的，请告诉我们，核实后即更正，不再催办。"
    if notice.with_preparation and notice.lines:
        yield "需要准备", "见附页“检验准备一次性告知”。"


def _own(lines: Sequence[Line]) -> int:
    """How many are the enterprise's own checks: another duty than a statutory inspection, and not called one."""
    return sum(line.done_by is DoneBy.USER and not line.forbidden for line in lines)


def _now(count: int, own: int) -> str:
    if own == count:
        return "按安全技术规范补做检查，把记录存入设备档案，并告诉我们。"
    stop = (
        "停止使用表中须检验、校验的设备，并马上报检；自行检查马上补做。" if own else "停止使用表中设备，并马上报检。"
    )
    return f"{stop}到检验合格之日为止，超期状态不会自行消除。"


def how(notice: Notice, *, with_code: bool) -> str:
    ways = ["扫描二维码，选“申请检验”并写上希望的日期"] if with_code else []
    ways += ["打电话"] if notice.office.phone or notice.office.contact_phone else []
    ways += [f"到{notice.office.address}办理" if notice.office.address else "到我站窗口办理"]
    return "；或".join(ways) + "。"


def due_words(line: Line) -> list[str]:
    """The due cell, a line each."""
    if line.forbidden:
        return ["不得使用", line.forbidden]
    words = [line.due] if line.due else ["待确定", *_between(line), *_missing(line)]
    return [*words, "待核实"] if line.to_verify else words


def _between(line: Line) -> Iterator[str]:
    if line.earliest:
        yield f"最早 {line.earliest}"
    if line.latest:
        yield f"最晚 {line.latest}"


def _missing(line: Line) -> Iterator[str]:
    if line.missing:
        yield f"缺：{'、'.join(line.missing)}"


def last_words(notice: Notice, line: Line) -> str:
    """The last cell: by when to apply, or for how long it has been overdue."""
    by_user = line.done_by is not DoneBy.INSTITUTION and not line.forbidden
    if notice.kind is NoticeKind.OVERDUE:
        return _overdue_words(line.last_day, notice.on) + ("，自办" if by_user else "")
    if by_user:
        return "自办"
    return line.apply_by.isoformat() if line.apply_by else "—"


def _overdue_words(last_day: date | None, on: date) -> str:
    days = (on - last_day).days if last_day else 0
    return f"{days} 天" if days > 0 else "—"


def last_heading(notice: Notice) -> str:
    return "已超期" if notice.kind is NoticeKind.OVERDUE else "最晚报检"


def chinese_date(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
