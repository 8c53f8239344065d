"""The due list as a workbook or a text table: what the screen shows, with the same filters."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from inspect_station import export
from inspect_station.accounts.scope import Actor
from inspect_station.duelist import service
from inspect_station.duelist.query import Filters
from inspect_station.export import Column
from schedules.terms import Bucket, Clock, DoneBy, Kind, WarningCode


def _day(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """A date as a date; where only the month is known, its text."""

    def value(row: Mapping[str, Any]) -> Any:
        text = row.get(name)
        if text and name == "on" and row.get("precision") == "month":
            return text[:7]
        return date.fromisoformat(text) if text else None

    return value


def _label(name: str, terms: Any) -> Callable[[Mapping[str, Any]], Any]:
    labels = {term.value: term.label for term in terms}
    return lambda row: labels.get(row.get(name), row.get(name))


def _source(row: Mapping[str, Any]) -> str:
    source = row.get("source")
    return f"{source['document']} {source['clause']}" if source else ""


def _warnings(row: Mapping[str, Any]) -> str:
    return " ".join(WarningCode(code).label for code in row.get("warnings", ()))


COLUMNS = (
    Column("状态", _label("bucket", Bucket), 8),
    Column("企业", "enterprise", 28),
    Column("设备名称", "name", 20),
    Column("种类", _label("kind", Kind), 14),
    Column("设备目录代码", "catalogue_code", 12),
    Column("单位内编号", "own_number", 14),
    Column("管线号", "line_number", 16),
    Column("使用登记证编号", "certificate_number", 20),
    Column("注册代码", "registration_code", 20),
    Column("出厂编号", "maker_number", 16),
    Column("检验项目", _label("clock", Clock), 12),
    Column("到期日期", _day("on"), 12),
    Column("最迟报检日期", _day("apply_by"), 12),
    Column("最早", _day("earliest"), 12),
    Column("最晚", _day("latest"), 12),
    Column("由谁做", _label("done_by", DoneBy), 12),
    Column("依据", _source, 24),
    Column("提示", _warnings, 40),
    Column("推算过程", lambda row: " ".join(row.get("because", ())), 60),
)


def csv_lines(actor: Actor, filters: Filters, sort: str, today: date) -> Iterator[str]:
    """The list as CSV."""
    return export.csv_lines(COLUMNS, service.due_items(actor, filters, today, sort))


def write(actor: Actor, filters: Filters, path: Path, sort: str, today: date, now: datetime) -> int:
    """The list as a new .xlsx or .csv, by the file's name; returns its rows."""
    rows = service.due_items(actor, filters, today, sort)
    return export.write(path, COLUMNS, rows, sheet="到期清单", author=actor.name, created=now)
