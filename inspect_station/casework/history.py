"""What casework adds to a device's life: applications, agreed dates, findings, reasons, as lines of one timeline."""

from collections.abc import Iterator
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import findings, words
from inspect_station.casework.models import Application, ApplicationItem, FindingNotice, FindingStep, Reason, Task
from inspect_station.registry.rows import dicts
from schedules.terms import Clock

MOST = 100


def of_device(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Items for the timeline: when, title, text, who, icon. Four statements at most."""
    found = [*_applications(actor, equipment_id), *_findings(actor, equipment_id)]
    return found + (list(_reasons(actor, equipment_id)) if actor.is_staff else [])


def _applications(actor: Actor, equipment_id: int) -> Iterator[dict[str, Any]]:
    query = (
        ApplicationItem.select(
            Application.id, Application.submitted_at, Application.submitted_by, Application.state, Application.refusal,
            ApplicationItem.clock, ApplicationItem.outcome, Task.agreed_on, Task.agreed_at,
        )
        .join(Application)
        .switch(ApplicationItem)
        .left_outer_join(Task)
        .where(ApplicationItem.equipment == equipment_id, visible(actor, Application.enterprise))
        .order_by(Application.id.desc())
        .limit(MOST)
    )  # fmt: skip
    for row in dicts(query):
        number, label = words.number_of(row["id"], row["submitted_at"]), Clock(row["clock"]).label
        text = row["refusal"] or words.OUTCOMES[row["outcome"]]
        yield _item(row["submitted_at"], f"{label}报检 {number}", text, row["submitted_by"], "send-check")
        if row["agreed_at"]:
            yield _item(row["agreed_at"], f"{label}约定 {row['agreed_on']} 检验", "", "", "calendar-check")


def _findings(actor: Actor, equipment_id: int) -> Iterator[dict[str, Any]]:
    query = (
        FindingStep.select(FindingStep.at, FindingStep.act, FindingStep.name, FindingNotice.number, FindingNotice.problem)
        .join(FindingNotice)
        .where(
            FindingNotice.equipment == equipment_id, FindingNotice.state != "draft", visible(actor, FindingNotice.enterprise),
            FindingStep.act.in_(("issue", "reply", "pass", "return", "close", "cancel")),
        )
        .order_by(FindingStep.id.desc())
        .limit(MOST)
    )  # fmt: skip
    for row in dicts(query):
        title = f"检验意见通知书 {row['number'] or ''}：{findings.ACTS[row['act']]}"
        text = row["problem"][:80] if row["act"] == "issue" else ""
        yield _item(row["at"], title, text, row["name"], "exclamation-triangle")


def _reasons(actor: Actor, equipment_id: int) -> Iterator[dict[str, Any]]:
    query = Reason.select().where(Reason.equipment == equipment_id, visible(actor, Reason.enterprise))
    for row in dicts(query.order_by(Reason.id.desc()).limit(MOST)):
        title = f"{Clock(row['clock']).label}未检原因：{words.REASONS[row['code']].label}"
        yield _item(row["recorded_at"], title, row["note"] or row["evidence"], row["person"], "info-circle")


def _item(at: Any, title: str, text: str, who: str, icon: str) -> dict[str, Any]:
    return {"when": at.date().isoformat(), "title": title, "text": text, "who": who, "icon": icon}
