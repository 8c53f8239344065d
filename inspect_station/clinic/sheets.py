"""From a visit's rows to its sheet on paper."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import duty, photos
from inspect_station.clinic import findings, recording, scoping, visits, words
from inspect_station.config import Settings
from inspect_station.errors import NotFound
from inspect_station.notices import visit as paper
from inspect_station.notices.model import Office
from inspect_station.registry import documents


def visit(actor: Actor, visit_id: int, settings: Settings, today: date, *, sample: bool = False) -> bytes:
    """The sheet as a PDF. Raises `NotFound` for missing, foreign, and (to an enterprise) unfinished visits."""
    row = visits.get(actor, visit_id)
    found = findings.of_visit(actor, visit_id, today)
    taken = photos.of(actor, recording.OWNER, [finding["id"] for finding in found])
    signed = f"{row['signed_by']}　{row['signed_at']:%Y-%m-%d %H:%M}" if row["signed_at"] else ""
    return paper.render(
        paper.Visit(
            number=row["number"],
            on=row["visited_on"] or today,
            facts=_facts(row),
            devices=[
                " ".join(filter(None, (d["name"], d["line_number"] or d["own_number"]))) for d in row["devices"]
            ],
            summary=row["summary"],
            findings=[_finding(finding, taken, settings.files_dir) for finding in found],
            answers=[paper.Answer(a["name"], a["word"], a["reasons"]) for a in scoping.of_visit(actor, visit_id)],
            advice=words.ADVICE,
            inspector=row["station_people"] or row["inspector_name"] or "",
            office=Office(settings.station_name, settings.station_phone, settings.station_address),
            signature=_file(settings.files_dir, row["signature"]) if row["signature"] else b"",
            signed=signed,
            unsigned=row["unsigned_reason"],
            draft=row["state"] in ("planned", "open"),
            sample=sample,
        )
    )


def _facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("企业", row["enterprise_name"]),
        ("日期", (row["visited_on"] or row["planned_on"] or "") and str(row["visited_on"] or row["planned_on"])),
        ("内容", row["kind_word"]),
        ("来由", row["origin_word"]),
        ("地点", row["place"]),
        ("用时", f"{row['minutes']} 分钟" if row["minutes"] else ""),
        ("我站人员", row["station_people"] or row["inspector_name"] or ""),
        ("企业人员", row["unit_people"]),
    ]


def _finding(row: Mapping[str, Any], taken: Sequence[Mapping[str, Any]], files_dir: Path) -> paper.Finding:
    end = f"{row['state_word']} {row['ended_at']:%Y-%m-%d}" if row["ended_at"] else ""
    device = " ".join(filter(None, (row["device_name"], row["line_number"] or row["own_number"])))
    return paper.Finding(
        symptom=row["symptom"], grade=row["grade_word"], severe=row["grade"] == "severe", device=device,
        diagnosis=row["diagnosis"], basis=row["basis"], measure=row["measure"], who=row["who"], deadline=row["deadline"],
        repeats=row["repeats"] is not None, told=duty.lines(row), end=end,
        photos=[_file(files_dir, p["sha256"]) for p in taken if p["owner_id"] == row["id"] and _kept(files_dir, p)],
    )  # fmt: skip


def _kept(files_dir: Path, photo: Mapping[str, Any]) -> bool:
    try:
        documents.kept(files_dir, photo["sha256"])
    except NotFound:
        return False  # lost on disk: the sheet is made without it
    return True


def _file(files_dir: Path, digest: str) -> bytes:
    return documents.kept(files_dir, digest).read_bytes()
