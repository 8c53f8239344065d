"""One device's answers as rows of the projection."""

from datetime import date
from typing import Any

import orjson

from inspect_station.duelist import buckets, rulebooks
from inspect_station.registry.facts import DeviceFacts
from schedules import answers
from schedules.answers import Answer, Due, NotRunning, Undetermined
from schedules.due import due_dates
from schedules.facts import Equipment
from schedules.terms import DATE_FACTS, Origin, WhyNotRunning

COLUMNS = (
    "equipment_id", "clock", "enterprise_id", "kind", "catalogue_code", "standing", "answer", "due_on", "precision",
    "origin", "apply_by", "latest", "earliest", "late_on", "sort_on", "grade", "done_by", "why", "document", "clause",
    "verified", "rule", "version", "version_digest", "unread", "computed_on", "changes_on", "equipment_revision", "body",
)  # fmt: skip

UNREADABLE = "unreadable"
"""The clock, and the missing fact, of a device whose facts the rules cannot read: listed, never dropped."""


def rows(device: DeviceFacts, book: rulebooks.InForce, today: date) -> list[dict[str, Any]]:
    """A row for each clock of the device; none for an installation, whose lines have the clocks."""
    if device.facts is None:
        return [_unreadable(device, today)] if device.problem else []
    found = due_dates(device.facts, today, book.book, done_by=book.chosen)
    return [_row(device, device.facts, answer, today) for answer in found]


def _row(device: DeviceFacts, facts: Equipment, answer: Answer, today: date) -> dict[str, Any]:
    body = answers.as_json(answer, today)
    del body["clock"]
    body.pop("state", None)
    return {
        **_whose(device, today),
        **_dates(answer),
        **_rule(answer),
        "clock": str(answer.clock),
        "kind": str(facts.kind),
        "standing": _standing(answer),
        "answer": body["answer"],
        "grade": _last_grade(facts, answer, today),
        "done_by": str(answer.done_by),
        "why": body.get("why") and str(body["why"]),
        "changes_on": answer.changes_on if answer.changes_on and answer.changes_on > today else None,
        "body": orjson.dumps(body).decode(),
    }


def _whose(device: DeviceFacts, today: date) -> dict[str, Any]:
    return {
        "equipment_id": device.equipment_id,
        "enterprise_id": device.enterprise_id,
        "catalogue_code": device.catalogue_code,
        "equipment_revision": device.revision,
        "computed_on": today,
    }


def _standing(answer: Answer) -> int:
    if isinstance(answer, Due):
        return buckets.DATED
    if isinstance(answer, Undetermined):
        return buckets.DATE_MISSING if any(f in DATE_FACTS for f in answer.missing) else buckets.UNDETERMINED
    if isinstance(answer, NotRunning):
        return buckets.STOPPED if answer.why is WhyNotRunning.STOPPED else buckets.NOT_RUNNING
    return buckets.FORBIDDEN


def _dates(answer: Answer) -> dict[str, Any]:
    dates: dict[str, Any] = dict.fromkeys(
        ("due_on", "apply_by", "latest", "earliest", "late_on", "precision", "origin")
    )
    if isinstance(answer, Due):
        dates |= {"due_on": answer.on, "apply_by": answer.apply_by, "latest": answer.latest, "late_on": answer.on}
        return dates | {"precision": str(answer.precision), "origin": str(answer.origin), "sort_on": answer.on}
    if isinstance(answer, Undetermined):
        dates |= {"earliest": answer.earliest, "latest": answer.latest, "late_on": answer.latest}
        return dates | {"sort_on": answers.enforced_on(answer) or buckets.SORT_LAST}
    if isinstance(answer, NotRunning):
        return dates | {"due_on": answer.on, "sort_on": buckets.SORT_LAST}
    return dates | {"sort_on": buckets.SORT_FIRST}


def _rule(answer: Answer) -> dict[str, Any]:
    version = answer.version
    if version is None:
        return {
            **dict.fromkeys(("document", "clause", "verified", "rule", "version", "version_digest")),
            "unread": False,
        }
    by_rule = isinstance(answer, Undetermined) or (isinstance(answer, Due) and answer.origin is Origin.RULE)
    return {
        "document": version.document[:100],
        "clause": version.clause[:100],
        "verified": str(version.verified),
        "rule": rulebooks.rule_key(version),
        "version": rulebooks.edition(version),
        "version_digest": version.digest,
        # A printed date is the law's own answer: it never bears the mark.
        "unread": by_rule and not version.is_text,
    }


def _last_grade(facts: Equipment, answer: Answer, today: date) -> int | None:
    """The grade of the clock's inspection completed last."""
    done = [
        i for i in facts.inspections if i.clock is answer.clock and i.completed_on and i.completed_on.first <= today
    ]
    last = max(done, key=lambda i: i.completed_on.first, default=None)  # type: ignore[union-attr]
    return last.grade if last else None


def _unreadable(device: DeviceFacts, today: date) -> dict[str, Any]:
    body = {
        "answer": "undetermined",
        "missing": [UNREADABLE],
        "earliest": None,
        "latest": None,
        "range": None,
        "source": None,
        "done_by": "institution",
        "warnings": [],
        "because": [f"这台设备的资料无法按规则推算：{device.problem}", "请更正台账中的这一项，日期会自动重新推算。"],
    }
    empty = dict.fromkeys(COLUMNS)
    return {
        **empty,
        **_whose(device, today),
        "clock": UNREADABLE,
        "kind": str(device.kind or ""),
        "standing": buckets.UNDETERMINED,
        "answer": "undetermined",
        "sort_on": buckets.SORT_LAST,
        "done_by": "institution",
        "unread": False,
        "body": orjson.dumps(body).decode(),
    }
