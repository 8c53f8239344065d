"""检验意见通知书 on paper: facts in, a PDF out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inspect_station.notices import pdf
from inspect_station.notices.model import Office
from inspect_station.notices.wording import chinese_date


@dataclass(frozen=True)
class Finding:
    """One notice to one unit about one device. `rows` are (label, value) of the device."""

    number: str
    unit: str
    on: date
    deadline: date
    problem: str
    basis: str
    severe: bool
    rows: Sequence[tuple[str, str]]
    issued_by: str
    office: Office
    # A severe hazard: what has been told already, one line each ("已告知使用单位：2026-11-08 15:06 安全总监"); only that is said.
    told: Sequence[str] = ()
    draft: bool = False
    sample: bool = False


def render(finding: Finding) -> bytes:
    """The notice as a PDF."""
    office = finding.office
    contact = [("电话", office.phone), ("地址", office.address), ("检验人员", finding.issued_by)]
    sheet = {
        "number": finding.number,
        "unit": finding.unit,
        "on": chinese_date(finding.on),
        "deadline": chinese_date(finding.deadline),
        "problem": finding.problem.splitlines(),
        "basis": finding.basis,
        "severe": finding.severe,
        "told": list(finding.told),
        "rows": [[label, value or "—"] for label, value in finding.rows],
        "station": office.name,
        "contact": [[label, value] for label, value in contact if value],
        "mark": "草稿，未下达" if finding.draft else "示例数据，不具效力" if finding.sample else "",
    }
    return pdf.typeset("finding", sheet, finding.on)
