"""What the clinic adds to the life of a device and of a firm: questions, visits, findings and their ends."""

from collections.abc import Iterator
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic import words
from inspect_station.clinic.models import (
    ClinicFinding,
    ClinicRequest,
    ClinicVisit,
    FindingEntry,
    ScopeAnswer,
    VisitDevice,
)
from inspect_station.clinic.scoping import VERDICTS
from inspect_station.registry.rows import dicts

MOST = 100


def of_device(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Items for the timeline: when, title, text, who, icon. Two statements."""
    seen = VisitDevice.select(VisitDevice.visit).where(VisitDevice.equipment == equipment_id)
    return [
        *_visits(actor, ClinicVisit.id.in_(seen)),
        *_steps(actor, ClinicFinding.equipment == equipment_id),
    ]


def of_enterprise(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    """The same for a whole firm, with its questions and the answers on scope. Four statements."""
    return [
        *_visits(actor, ClinicVisit.enterprise == enterprise_id),
        *_steps(actor, ClinicFinding.enterprise == enterprise_id),
        *_requests(actor, enterprise_id),
        *_scope(actor, enterprise_id),
    ]


def _visits(actor: Actor, condition: Any) -> Iterator[dict[str, Any]]:
    query = ClinicVisit.select().where(
        condition, visible(actor, ClinicVisit.enterprise), ClinicVisit.state.in_(("finished", "closed"))
    )
    for row in dicts(query.order_by(ClinicVisit.id.desc()).limit(MOST)):
        number = words.visit_number(row["id"], row["created_at"])
        yield {
            "when": row["visited_on"].isoformat(), "title": f"工业诊所出诊 {number}：{words.KINDS[row['kind']]}",
            "text": row["summary"][:120], "who": row["station_people"], "icon": "heart-pulse", "visit": row["id"],
        }  # fmt: skip


def _steps(actor: Actor, condition: Any) -> Iterator[dict[str, Any]]:
    query = (
        FindingEntry.select(
            FindingEntry.at, FindingEntry.act, FindingEntry.name, FindingEntry.text, ClinicFinding.symptom,
            ClinicFinding.grade, ClinicFinding.measure, ClinicFinding.id.alias("finding_id"),
        )
        .join(ClinicFinding)
        .join(ClinicVisit)
        .where(
            condition, visible(actor, ClinicFinding.enterprise), ClinicVisit.state.in_(("finished", "closed")),
            FindingEntry.act.in_(("found", "reply", "done", "partly", "not_done", "drop")),
        )
        .order_by(FindingEntry.id.desc())
        .limit(MOST)
    )  # fmt: skip
    for row in dicts(query):
        found = row["act"] == "found"
        yield {
            "when": row["at"].date().isoformat(),
            "title": f"{words.ACTS[row['act']]}（{words.GRADES[row['grade']][0]}）：{row['symptom'][:60]}",
            "text": f"处方：{row['measure'][:120]}" if found else row["text"][:120], "who": row["name"],
            "icon": words.GRADES[row["grade"]][1] if found else "arrow-clockwise", "finding": row["finding_id"],
        }  # fmt: skip


def _requests(actor: Actor, enterprise_id: int) -> Iterator[dict[str, Any]]:
    query = ClinicRequest.select().where(
        ClinicRequest.enterprise == enterprise_id, visible(actor, ClinicRequest.enterprise)
    )
    for row in dicts(query.order_by(ClinicRequest.id.desc()).limit(MOST)):
        number = words.request_number(row["id"], row["asked_at"])
        yield {
            "when": row["asked_at"].date().isoformat(), "title": f"问诊 {number}：{words.KINDS[row['kind']]}",
            "text": row["question"][:120], "who": row["asked_by"], "icon": "patch-question", "request": row["id"],
        }  # fmt: skip


def _scope(actor: Actor, enterprise_id: int) -> Iterator[dict[str, Any]]:
    query = ScopeAnswer.select().where(
        ScopeAnswer.enterprise == enterprise_id, visible(actor, ScopeAnswer.enterprise)
    )
    for row in dicts(query.order_by(ScopeAnswer.id.desc()).limit(MOST)):
        yield {
            "when": row["at"].date().isoformat(), "title": f"属性界定：{row['name']}，{VERDICTS[row['verdict']][0]}",
            "text": "", "who": row["answered_by"], "icon": "question-circle",
        }  # fmt: skip


def repeated(actor: Actor, enterprise_id: int, most: int = 10) -> list[dict[str, Any]]:
    """What was found at the firm more than once, the most often first: symptom, times, last_on, live, finding.

    The same entry of the library, or the same words, as `recording` recognises it.
    """
    seen = () if actor.is_staff else (ClinicVisit.state.in_(("finished", "closed")),)
    query = (
        ClinicFinding.select(
            ClinicFinding.id, ClinicFinding.common, ClinicFinding.symptom, ClinicFinding.state, ClinicVisit.visited_on
        )
        .join(ClinicVisit)
        .where(
            ClinicFinding.enterprise == enterprise_id, visible(actor, ClinicFinding.enterprise),
            ClinicFinding.state != "dropped", ClinicVisit.state != "cancelled", *seen,
        )
        .order_by(ClinicFinding.id.desc())
        .limit(2_000)
    )  # fmt: skip
    found: dict[Any, dict[str, Any]] = {}
    for row in dicts(query):
        group = found.setdefault(
            row["common"] or row["symptom"],
            {
                "symptom": row["symptom"],
                "times": 0,
                "last_on": row["visited_on"],
                "live": False,
                "finding": row["id"],
            },
        )
        group["times"] += 1
        group["live"] |= row["state"] in words.OPEN_FINDINGS
    often = [group for group in found.values() if group["times"] > 1]
    return sorted(often, key=lambda group: (-group["times"], not group["live"]))[:most]
