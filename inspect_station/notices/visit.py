"""The visit sheet of the clinic on paper: facts, photos and the signature in, a PDF out."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from PIL import Image

from inspect_station.notices import pdf
from inspect_station.notices.model import Office
from inspect_station.notices.wording import chinese_date

PHOTO_SIDE = 700
PHOTOS_MOST = 24


@dataclass(frozen=True)
class Finding:
    """One finding with its prescription; `photos` are JPEG files, `told` lines on the duty of law."""

    symptom: str
    grade: str
    severe: bool
    device: str
    diagnosis: str
    basis: str
    measure: str
    who: str
    deadline: date
    repeats: bool = False
    told: Sequence[str] = ()
    end: str = ""
    photos: Sequence[bytes] = ()


@dataclass(frozen=True)
class Answer:
    """One answer on whether something is special equipment."""

    name: str
    word: str
    reasons: Sequence[str]


@dataclass(frozen=True)
class Visit:
    """One sheet for both sides. `facts` are (label, value); `signature` is a PNG."""

    number: str
    on: date
    facts: Sequence[tuple[str, str]]
    devices: Sequence[str]
    summary: str
    findings: Sequence[Finding]
    advice: str
    inspector: str
    office: Office
    signature: bytes = b""
    signed: str = ""
    unsigned: str = ""
    answers: Sequence[Answer] = field(default_factory=tuple)
    draft: bool = False
    sample: bool = False


def render(visit: Visit) -> bytes:
    """The sheet as a PDF; the same visit gives the same bytes."""
    left = PHOTOS_MOST
    findings = []
    for place, finding in enumerate(visit.findings, start=1):
        photos, left = finding.photos[:left], left - len(finding.photos[:left])
        findings.append(_finding(place, finding, photos))
    facts = [[label, value or "—"] for label, value in visit.facts]
    sheet = {
        "number": visit.number,
        "advice": visit.advice,
        "facts": facts + ([["", ""]] if len(facts) % 2 else []),
        "devices": list(visit.devices),
        "summary": visit.summary.splitlines(),
        "findings": findings,
        "answers": [{"name": a.name, "word": a.word, "reasons": list(a.reasons)} for a in visit.answers],
        "signature": list(visit.signature),
        "signed": visit.signed,
        "unsigned": visit.unsigned or "（未签字）",
        "inspector": visit.inspector,
        "station": visit.office.name,
        "phone": visit.office.phone,
        "on": chinese_date(visit.on),
        "mark": "记录未完成" if visit.draft else "示例数据，不具效力" if visit.sample else "",
    }
    return pdf.typeset("visit", sheet, visit.on)


def _finding(place: int, finding: Finding, photos: Sequence[bytes]) -> dict[str, object]:
    return {
        "place": str(place),
        "symptom": finding.symptom,
        "grade": finding.grade,
        "severe": finding.severe,
        "device": finding.device,
        "diagnosis": finding.diagnosis,
        "basis": finding.basis,
        "measure": finding.measure,
        "who": finding.who,
        "deadline": f"{finding.deadline} 前",
        "repeats": finding.repeats,
        "told": list(finding.told),
        "end": finding.end,
        "photos": [list(_smaller(photo)) for photo in photos],
    }


def _smaller(photo: bytes) -> bytes:
    """The size that paper shows: a sheet of many photos must still go by mail."""
    with Image.open(io.BytesIO(photo)) as opened:
        opened.draft("RGB", (PHOTO_SIDE, PHOTO_SIDE))
        shown = opened.convert("RGB")
        shown.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    made = io.BytesIO()
    shown.save(made, "JPEG", quality=75, optimize=True)
    return made.getvalue()
