"""The month's report as a station sends it to its institute: the page's numbers, on paper and as a workbook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from inspect_station.accounts import station
from inspect_station.accounts.scope import Actor
from inspect_station.notices import pdf
from inspect_station.notices.wording import chinese_date
from inspect_station.workload import closing, counting, forecast, month, people, shares
from inspect_station.workload.definitions import DEFINITIONS, GROUPS
from inspect_station.workload.month import Line
from inspect_station.workload.periods import Period

# The rows behind a number, as the addresses name them: of a figure, a person's work, or a coming month.
Opens = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report: a heading row and rows of texts and numbers; None is shown as 无数据."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    opens: Sequence[Sequence[Opens | None]] = ()

    def behind(self, row: int, column: int) -> Opens | None:
        """What the number in a cell opens on the page; None: it has no rows of its own."""
        found = self.opens[row] if row < len(self.opens) else ()
        return found[column] if column < len(found) else None


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    station: str
    period: Period
    on: date
    state: str
    tables: Sequence[Table]
    remark: str
    head: str
    sample: bool


def make(actor: Actor, period: Period, today: date, station_name: str) -> Report:
    """Everything of the report, once, for paper, workbook and page alike. The same view as the actor's page."""
    kept = closing.closed(actor, period)
    words = closing.remark(period)
    state = (
        f"{kept.closed_at.date().isoformat()} 由{kept.closed_by}结账"
        if kept
        else f"未结账，数字可能变动{_as_far(period.beside(today))}"
    )
    return Report(
        title=f"{period.label}检验工作报表",
        station=station_name,
        period=period,
        on=today,
        state=state,
        tables=list(_tables(actor, period, today)),
        remark=words["text"],
        head=words["by"],
        sample=station.sample_loaded(),
    )


def _tables(actor: Actor, period: Period, today: date) -> Iterator[Table]:
    lines = month.lines(actor, period, today)
    headings = ("指标", "本期", "上期", "去年同期", "比去年", "单位", "分子/分母")
    beside = period.beside(today)
    for group, title in GROUPS.items():
        shown = [line for key, line in lines.items() if DEFINITIONS[key].group == group]
        yield Table(
            title,
            headings,
            [_line(line) for line in shown],
            opens=[_of_line(line, period, *beside) for line in shown],
        )
    apart = closing.told_apart(actor, period, today, _APART)
    yield _by_kind(apart["kind"], period, "kind")
    yield _by_kind(apart["clock"], period, "clock")
    business = apart["business"]
    done = {"key": "inspected", "of": period.key}
    yield Table(
        "按业务类型", ("业务类型", "完成检验", "台（条）", "其中合格"),
        [(row["label"], row["inspected"], row["inspected_devices"], row["good"]) for row in business],
        opens=[
            (None, one, one | {"each": "device"}, one | {"part": "yes"})
            for one in (done | {"business": row["key"]} for row in business)
        ],
    )  # fmt: skip
    why = apart["why"]
    grades = apart["grade"]
    noted = {"key": "clinic_findings", "of": period.key}
    yield Table(
        "诊所发现按程度", ("程度", "条"), [(row["label"], row["count"]) for row in grades],
        opens=[(None, noted | {"business": row["key"]}) for row in grades],
    )  # fmt: skip
    late = {"key": "overdue", "of": period.key}
    yield Table(
        "超期原因", ("原因", "项"), [(row["label"], row["count"]) for row in why],
        opens=[(None, late | {"why": row["key"]}) for row in why],
    )  # fmt: skip
    ages = apart["age"]
    yield Table(
        "超期时长", ("时长", "项"), [(row["label"], row["count"]) for row in ages],
        opens=[(None, late | {"age": row["key"]}) for row in ages],
    )  # fmt: skip
    yield _people(actor, period, today)
    changed = closing.corrections(actor, period, today)
    if changed:
        rows = [(c.label, _number(c.told), _number(c.now)) for c in changed]
        yield Table(
            "结账后的更正", ("指标", "结账时", "现在"), rows, "结账的数字不再改动，之后补录或更正的列在这里。",
            [(None, None, {"key": c.now.key, "of": period.key}) for c in changed],
        )  # fmt: skip
    coming = forecast.forecast(actor, today, 12, counting.view_of(actor).responsible)
    yield Table(
        "未来 12 个月",
        ("月份", "到期（项）", "待机构确定（项）", "按周期推算（项）", "需要工时", "可用工时", "已排工时"),
        [
            (m.key, m.counts["sure"], m.counts["open"], m.counts["next"], _hours(m.load), _hours(m.room), _hours(m.planned))
            for m in coming.months
        ],
        f"另有已过日子、还没做的 {coming.backlog} 项，约 {_hours(coming.backlog_minutes):g} 工时，未计入各月。",
        [(None, *({"what": what, "month": m.key} for what in _COMING)) for m in coming.months],
    )  # fmt: skip
    yield Table("指标口径", ("指标", "口径"), [(each.label, each.sentence) for each in DEFINITIONS.values()])


_APART = ("kind", "clock", "business", "grade", "why", "age")
_COMING = ("sure", "open", "next", "load", "room", "planned")


def _as_far(beside: Sequence[Period]) -> str:
    """What the report of a running period says of its comparisons."""
    days = "、".join(str(each.upto) for each in beside if each.upto)
    return f"；本期还没有过完，上期和去年同期只算到同一天（{days}）" if days else ""


def _of_line(line: Line, *spans: Period) -> tuple[Opens | None, ...]:
    figures = zip((line.figure, line.before, line.year_ago), spans, strict=True)
    return None, *(None if f.value is None else _rows(line.key, of) for f, of in figures)


def _rows(key: str, of: Period) -> Opens:
    return {"key": key, "of": of.key} | ({"upto": of.upto.isoformat()} if of.upto else {})


def _line(line: Line) -> tuple[Any, ...]:
    figure, definition = line.figure, line.figure.definition
    change = counting.NONE_OF if line.change is None else line.change
    share = f"{figure.counted}/{figure.total}" if definition.share and figure.total is not None else ""
    return (
        definition.label, _number(figure), _number(line.before), _number(line.year_ago), change, definition.unit, share
    )  # fmt: skip


def _number(figure: counting.Figure) -> float | int | str | None:
    """None: 无数据; a rate of nothing is neither that nor 0."""
    if figure.value is None:
        return counting.NONE_OF if figure.total == 0 else None
    return figure.value if figure.definition.rate else int(figure.value)


def _by_kind(told: Sequence[Mapping[str, Any]], period: Period, by: str) -> Table:
    headings = (
        shares.BY[by],
        "应检",
        "其中已检",
        "定检率%",
        "完成检验",
        "期末超期",
        "台（条）",
        "管道（条）",
        "管道（km）",
    )
    rows = [
        (r["label"], r["due"], r["due_done"], _rate(r["rate"]), r["inspected"], r["overdue"], r["devices"], r["lines"],
         round(r["km"], 3))
        for r in told
    ]  # fmt: skip
    opens = [_of_part({"of": period.key, by: r["key"]}, r) for r in told]
    return Table(f"按{shares.BY[by]}", headings, rows, "台（条）、管道指应检的设备，同一台只计一次。", opens)


def _of_part(where: Opens, row: Mapping[str, Any]) -> tuple[Opens | None, ...]:
    keys = ("due", "due_done", "rate_inspected" if row["due"] else "", "inspected", "overdue")
    lines = {"key": "due", "each": "line", **where} if row["lines"] else None
    return (
        None,
        *({"key": key, **where} if key else None for key in keys),
        {"key": "due", "each": "device", **where},
        lines,
        lines,
    )


def _rate(value: float | None) -> float | str:
    return counting.NONE_OF if value is None else value


def _people(actor: Actor, period: Period, today: date) -> Table:
    headings = (
        "检验人员",
        "排定（项）",
        "检验（项）",
        "编制",
        "校核",
        "审核",
        "签发",
        "排定工时",
        "可用工时",
        "出诊",
    )
    team = closing.told_people(actor, period)
    rows = [
        (p.name, p.planned, p.done, *p.signed.values(), _hours(p.planned_minutes), _hours(p.capacity_minutes),
         p.clinic_visits)
        for p in team
    ]  # fmt: skip
    whats = ("planned", "done", *people.STAGES, "planned", people.CAPACITY, "clinic")
    opens = [
        (None, *(
            {"account_id": p.account_id, "what": what, "of": period.key} if value is not None else None
            for what, value in zip(whats, row[1:], strict=True)
        ))
        for p, row in zip(team, rows, strict=True)
    ]  # fmt: skip
    return Table("检验人员", headings, rows, opens=opens)


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else round(minutes / 60, 1)


# --- on paper -----------------------------------------------------------------------------------------------------------------


def as_pdf(report: Report) -> bytes:
    """The same report gives the same bytes."""
    sheet = {
        "title": report.title,
        "station": report.station,
        "on": chinese_date(report.on),
        "state": report.state,
        "remark": report.remark.splitlines(),
        "head": report.head,
        "mark": "示例数据，不具效力" if report.sample else "",
        "tables": [
            {"title": t.title, "headings": list(t.headings), "note": t.note, "rows": [[said(v) for v in r] for r in t.rows]}
            for t in report.tables
        ],
    }  # fmt: skip
    return pdf.typeset("monthly", sheet, report.on)


def said(value: Any) -> str:
    """A cell in words, the same on paper and on the page."""
    if value is None:
        return counting.NO_DATA
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


# --- as a workbook --------------------------------------------------------------------------------------------------------------


def as_workbook(report: Report, created: datetime) -> bytes:
    """One sheet for each table; texts as texts, numbers as numbers, never a formula."""
    held = BytesIO()
    with xlsxwriter.Workbook(
        held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {"author": report.station, "title": report.title, "created": created.replace(tzinfo=None)}
        )
        formats = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _cover(book, formats, report)
        for table in report.tables:
            _sheet(book, formats, table)
    return held.getvalue()


def _cover(book: Any, formats: Any, report: Report) -> None:
    page = book.add_worksheet("说明")
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 90)
    page.write_string(0, 0, report.title, formats["title"])
    facts = [("单位", report.station), ("制表日期", report.on.isoformat()), ("状态", report.state)]
    facts += [("说明", "示例数据，不具效力")] if report.sample else []
    facts += [("评语", report.remark or "（无）"), ("评语填写人", report.head)]
    for number, (label, value) in enumerate(facts, start=2):
        page.write_string(number, 0, label)
        page.write_string(number, 1, value, formats["text"])


def _sheet(book: Any, formats: Any, table: Table) -> None:
    page = book.add_worksheet(table.title[:31])
    page.set_column(0, 0, 26)
    page.set_column(1, len(table.headings), 90 if len(table.headings) == 2 and table.title == "指标口径" else 14)
    for column, heading in enumerate(table.headings):
        page.write_string(0, column, heading, formats["head"])
    for line, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                page.write_number(line, column, value)
            else:
                page.write_string(line, column, said(value), formats["text"])
    if table.note:
        page.write_string(len(table.rows) + 2, 0, table.note)
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer("&C第 &P 页，共 &N 页")
