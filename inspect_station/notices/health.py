"""The health sheet of a firm: what is due, what is open, what to do next, on one or two pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inspect_station.notices import pdf
from inspect_station.notices.model import Office
from inspect_station.notices.wording import chinese_date

_REMARK = "到期日以检验报告载明的下次检验日期为准；带“待核实”“待确定”字样的，请与我站核对。工业诊所的意见是技术服务，不代替法定检验。"
_LINES_MOST = 60


@dataclass(frozen=True)
class Health:
    """A firm on a day. Rows are texts in the order of the table's headings."""

    unit: str
    on: date
    figures: Sequence[tuple[str, str]]
    acts: Sequence[str]
    due: Sequence[Sequence[str]]
    prescriptions: Sequence[Sequence[str]]
    notices: Sequence[Sequence[str]]
    story: Sequence[Sequence[str]]
    office: Office
    sample: bool = False


def render(health: Health) -> bytes:
    """The sheet as a PDF."""
    office = health.office
    contact = "　".join(part for part in (office.name, office.phone, office.address) if part)
    sheet = {
        "unit": health.unit,
        "on": chinese_date(health.on),
        "figures": [list(pair) for pair in health.figures],
        "acts": list(health.acts),
        "due": _rows(health.due[:_LINES_MOST]),
        "due_more": max(0, len(health.due) - _LINES_MOST),
        "prescriptions": _rows(health.prescriptions),
        "notices": _rows(health.notices),
        "story": _rows(health.story),
        "station": office.name,
        "contact": contact,
        "remark": _REMARK,
        "mark": "示例数据，不具效力" if health.sample else "",
    }
    return pdf.typeset("health", sheet, health.on)


def _rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[cell or "—" for cell in row] for row in rows]
