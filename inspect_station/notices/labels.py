"""Sheets of QR labels for devices and pipe lines: facts in, a PDF out, in several sizes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno

from inspect_station.notices import pdf


@dataclass(frozen=True)
class Size:
    """A label on A4: width and height in mm, columns and rows, the code's side in mm, the text's size in pt."""

    label: str
    width: float
    height: float
    columns: int
    rows: int
    code: float
    text: float


SIZES = {
    "small": Size("小：48 × 26 mm（每页 40 张），贴阀门、管道", 48, 26, 4, 10, 21, 6),
    "medium": Size("中：64 × 38 mm（每页 21 张），贴容器、锅炉附件", 64, 38, 3, 7, 31, 8),
    "large": Size("大：96 × 66 mm（每页 8 张），贴球罐、锅炉", 96, 66, 2, 4, 52, 11),
}


@dataclass(frozen=True)
class Label:
    """What stands beside the code: nothing that a passer-by should not read."""

    url: str
    name: str
    number: str


def render(labels: Sequence[Label], size: str, station: str, on: date) -> bytes:
    """The sheet as a PDF."""
    chosen = SIZES[size]
    sheet = {
        "width": chosen.width,
        "height": chosen.height,
        "columns": chosen.columns,
        "rows": chosen.rows,
        "code": chosen.code,
        "text": chosen.text,
        "station": station,
        "labels": [{"qr": _code(x.url), "name": x.name, "number": x.number} for x in labels],
    }
    return pdf.typeset("labels", sheet, on)


def _code(url: str) -> str:
    # make_qr: plain make() may choose a Micro QR code, which most phones cannot read.
    drawing = io.BytesIO()
    segno.make_qr(url, error="m").save(drawing, kind="svg", border=2, scale=1, xmldecl=False)
    return drawing.getvalue().decode()
