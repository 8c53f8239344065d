"""甲's clinic: one of everything; with a word that 乙 must never meet."""

import base64
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from inspect_station.casework.models import CaseFile
from inspect_station.clinic import service
from inspect_station.clinic.models import ClinicFinding
from inspect_station.clinic.recording import Given, Record
from tests.casework.pictures import photo
from tests.conftest import NOW, TODAY, Cast
from tests.registry.park import CANARY, Things

DEADLINE = TODAY + timedelta(days=14)


def signature() -> str:
    """A stroke on the glass, as the canvas gives it."""
    drawn = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).line([(40, 150), (200, 60), (380, 140), (560, 50)], fill=(16, 32, 58, 255), width=6)
    made = io.BytesIO()
    drawn.save(made, "PNG")
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()


def head(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "hazard", "place": "罐区", "station_people": "检一", "unit_people": "甲安全", "summary": "", "minutes": 45,
        "signed_by": "甲安全", "unsigned_reason": "",
    } | changes  # fmt: skip


def found(**changes: Any) -> dict[str, Any]:
    return {
        "symptom": "安全阀校验有效期已过", "diagnosis": "", "basis": "", "grade": "major", "measure": "送检", "who": "李明",
        "deadline": DEADLINE, "equipment": None,
    } | changes  # fmt: skip


def begun(cast: Cast, enterprise: int | None = None, **given: Any) -> int:
    """A visit under way."""
    number = service.visits.plan(cast.inspector, enterprise or cast.jia.id, now=NOW, **given)
    service.visits.start(cast.inspector, number, now=NOW)
    return number


def finished(cast: Cast, files_dir: Path, *findings: dict[str, Any], now: Any = NOW, **more: Any) -> int:
    """A visit with these findings, signed and done."""
    visit = begun(cast)
    given = [Given(place, values) for place, values in enumerate(findings or [found()])]
    record = Record(head(**more), given, signature=signature(), finish=True)
    service.recording.save(cast.inspector, visit, record, now=now, files_dir=files_dir)
    return visit


def only_finding(visit: int) -> int:
    return int(ClinicFinding.get(ClinicFinding.visit == visit).id)


def furnish_clinic(cast: Cast, things: Things, files_dir: Path) -> dict[str, Any]:
    """Ids by the names the tenant matrix calls them."""
    at = {"now": NOW, "files_dir": files_dir}
    question = service.requests.ask(
        cast.jia_user, cast.jia.id, kind="consult", question=CANARY, source="portal", devices=[things.equipment],
        asked_by=CANARY, **at,
    )  # fmt: skip
    service.requests.answer(cast.inspector, question, CANARY, **at)
    visit = begun(cast, kind="hazard", reason=CANARY)
    wrong = found(symptom=CANARY, measure=CANARY, equipment=things.equipment, grade="severe")
    record = Record(
        head(summary=CANARY), [Given(0, wrong, pictures=[("a.jpg", photo(40, 30))])], [things.equipment],
        signature=signature(), finish=True,
    )  # fmt: skip
    service.recording.save(cast.inspector, visit, record, **at)
    finding = only_finding(visit)
    service.slots.offer(
        cast.inspector, inspector=cast.inspector.account_id, day=TODAY + timedelta(days=1), start_min=540, end_min=600,
        each_min=30, place="centre", now=NOW,
    )  # fmt: skip
    slot, free = (listed["id"] for listed in service.slots.listed(cast.inspector, TODAY)[:2])
    service.slots.book(cast.jia_user, slot, cast.jia.id, topic=CANARY, now=NOW)
    asked = {"pressure_mpa": "0.8", "volume_l": "1000", "diameter_mm": "800", "medium": "gas"}
    answer = service.scoping.save(cast.inspector, cast.jia.id, kind="vessel", name=CANARY, typed=asked, now=NOW)
    return {
        "question": question,
        "clinic_visit": visit,
        "prescription": finding,
        "slot": slot,
        "free_hour": free,
        "scope_answer": answer,
        "clinic_photo": CaseFile.get(CaseFile.owner == "clinic_finding").id,
    }
