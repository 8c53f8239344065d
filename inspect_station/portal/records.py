"""病历: the whole story of a firm, and its health sheet: what is due, what is open, what to do next."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, session, url_for

from inspect_station.accounts.guard import SAMPLE_KEY, current_actor
from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.clinic import service as clinic
from inspect_station.duelist import service as duelist
from inspect_station.duelist.query import Filters as DueFilters
from inspect_station.notices import health as paper
from inspect_station.notices.model import Office
from inspect_station.portal.hand import Row, left_to_do, of
from inspect_station.portal.views import pages
from inspect_station.registry import service as registry
from inspect_station.reminders import records as reminders
from inspect_station.web import settings, today
from schedules.terms import Bucket, Clock

AHEAD = timedelta(days=90)
SHOWN = 200
_DUE_MOST = 2_000  # rows of the coming 90 days that the sheet's sentences count
_SORTS: Mapping[str, str] = {
    "": "全部", "inspection": "检验", "clinic": "诊所", "case": "报检和意见书", "reminder": "提醒",
}  # fmt: skip


@pages.get("/enterprises/<int:enterprise_id>/record")
def record(enterprise_id: int) -> str:
    actor = current_actor()
    row = registry.enterprises.get(actor, enterprise_id)
    duelist.refresh(today())
    what = request.args.get("what", "")
    items = [item for item in story(actor, enterprise_id) if not what or item["sort"] == what]
    return render_template(
        "portal/record.html",
        row=row,
        items=items[:SHOWN],
        more=len(items) > SHOWN,
        what=what if what in _SORTS else "",
        sorts=_SORTS,
        prescriptions=clinic.findings.of_enterprise(actor, enterprise_id, today()),
        repeated=clinic.history.repeated(actor, enterprise_id),
        notices=_notices(actor, enterprise_id),
        due=duelist.counts(actor, DueFilters(enterprise=enterprise_id), today()),
        may_edit=actor.may("edit"),
    )


def story(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    """Everything that happened between the firm and us, newest first."""
    found = [
        *_sorted("inspection", _inspections(actor, enterprise_id)),
        *_sorted("clinic", clinic.history.of_enterprise(actor, enterprise_id)),
        *_sorted("case", _cases(actor, enterprise_id)),
        *_sorted("reminder", _reminders(actor, enterprise_id)),
    ]
    return sorted(found, key=lambda item: item["when"], reverse=True)


def _sorted(sort: str, items: Any) -> Iterator[dict[str, Any]]:
    yield from ({"url": _address(item), **item, "sort": sort} for item in items)


def _address(item: Mapping[str, Any]) -> str:
    for what in ("finding", "visit", "request"):
        if item.get(what):
            return f"/clinic/{what}s/{item[what]}"
    return ""


def _inspections(actor: Actor, enterprise_id: int) -> Iterator[dict[str, Any]]:
    for row in registry.inspections.of_enterprise(actor, enterprise_id, SHOWN):
        said = (
            row["conclusion"],
            f"{row['grade']} 级" if row["grade"] else "",
            row["next_due"] and f"下次 {row['next_due']}",
        )
        device = " ".join(filter(None, (row["name"], row["line_number"] or row["own_number"])))
        yield {
            "when": row["completed_on"], "title": f"{Clock(row['clock']).label}：{device}",
            "text": "，".join(filter(None, said)), "who": row["inspectors"] or row["institution"], "icon": "clipboard-check",
            "url": url_for("portal.device", equipment_id=row["equipment"]),
        }  # fmt: skip


def _cases(actor: Actor, enterprise_id: int) -> Iterator[dict[str, Any]]:
    page = casework.cases.page(actor, casework.cases.Filters(enterprise=enterprise_id), today(), size=100)
    for row in page.rows:
        yield {
            "when": row["submitted_at"].date().isoformat(),
            "title": f"报检 {row['number']}（{row['item_count']} 项）",
            "text": row["state_word"],
            "who": row["submitted_by"],
            "icon": "send-check",
            "url": url_for("casework.case", application_id=row["id"]),
        }
    for row in casework.findings.page(
        actor, casework.findings.Filters(enterprise=enterprise_id), today(), size=100
    ).rows:
        if row["issued_at"]:
            yield {
                "when": row["issued_at"].date().isoformat(), "title": f"检验意见通知书 {row['number']}",
                "text": f"{row['state_word']}：{row['problem'][:80]}", "who": row["issued_by"],
                "icon": "exclamation-triangle", "url": url_for("casework.finding", notice_id=row["id"]),
            }  # fmt: skip


def _reminders(actor: Actor, enterprise_id: int) -> Iterator[dict[str, Any]]:
    for row in reminders.page_of(actor, reminders.Filters(state="sent", enterprise=enterprise_id), None, 100).rows:
        yield {
            "when": row["day"].isoformat(), "title": f"提醒：{row['subject']}" if row["subject"] else "提醒",
            "text": row["recipient_name"], "who": "", "icon": "bell", "url": url_for("reminders.message", message_id=row["id"]),
        }  # fmt: skip


def _notices(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    filters = casework.findings.Filters("open", enterprise=enterprise_id)
    return casework.findings.page(actor, filters, today(), size=50).rows


@pages.get("/enterprises/<int:enterprise_id>/health.pdf")
def health(enterprise_id: int) -> Response:
    """One or two pages to hang up beside the control room's door."""
    actor = current_actor()
    firm = registry.enterprises.get(actor, enterprise_id)
    due = _due(actor, enterprise_id)
    left = left_to_do(actor, enterprise_id, due, today())
    prescriptions = clinic.findings.of_enterprise(actor, enterprise_id, today())
    notices = _notices(actor, enterprise_id)
    made = paper.render(
        paper.Health(
            unit=firm["name"],
            on=today(),
            figures=_figures(actor, enterprise_id, prescriptions, notices),
            acts=list(_acts(due, left, prescriptions, notices)),
            due=[_due_row(row, row in left) for row in due],
            prescriptions=[
                (p["symptom"], p["measure"], str(p["deadline"]), "过期未改" if p["overdue"] else p["state_word"])
                for p in prescriptions
            ],
            notices=[(n["number"] or "", n["problem"], str(n["deadline"]), n["state_word"]) for n in notices],
            story=[(i["when"], i["title"], i["who"] or "") for i in story(actor, enterprise_id)[:15]],
            office=Office(settings().station_name, settings().station_phone, settings().station_address),
            sample=bool(session.get(SAMPLE_KEY)),
        )
    )
    headers = {"Content-Disposition": f'inline; filename="health-{enterprise_id}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def _due(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    filters = DueFilters(enterprise=enterprise_id, until=today() + AHEAD)
    rows = duelist.due_page(actor, filters, "due", duelist.Place(), _DUE_MOST, today(), counted=False).rows
    return [row for row in rows if row["bucket"] not in ("none", "stopped", "ok")]


def _due_row(row: Mapping[str, Any], left: bool) -> tuple[str, ...]:
    number, state = row["line_number"] or row["own_number"], Bucket(row["bucket"]).label
    said = state if left or row["bucket"] in ("forbidden", "approaching") else f"{state}，办理中"
    return (row["name"], number, row["clock_label"], str(row["shown_on"] or ""), said)


def _figures(
    actor: Actor, enterprise_id: int, prescriptions: Sequence[Any], notices: Sequence[Any]
) -> list[tuple[str, str]]:
    counts = duelist.counts(actor, DueFilters(enterprise=enterprise_id), today())
    late = counts.get("overdue", 0) + counts.get("forbidden", 0)
    return [
        ("超期和禁用", str(late)),
        ("现在应报检", str(counts.get("apply_now", 0))),
        ("90 天内到期", str(counts.get("approaching", 0))),
        ("未办结处方", str(len(prescriptions))),
        ("未办结意见书", str(len(notices))),
    ]


def _acts(
    due: Sequence[Row], left: Sequence[Row], prescriptions: Sequence[Any], notices: Sequence[Any]
) -> Iterator[str]:
    """Sentences, the most urgent first. What is in hand is not asked for again, but it does not make use lawful."""
    if forbidden := of(due, "forbidden"):
        yield f"立即停用 {len(forbidden)} 项按规定不得继续使用的设备，并与我站联系。"
    late = of(due, "overdue", done_by="institution")
    if to_apply := of(left, "overdue", done_by="institution"):
        yield f"停止使用 {len(to_apply)} 项已超期的设备，尽快报检。"
    if len(late) > len(to_apply):
        yield f"{len(late) - len(to_apply)} 项已超期、正在办理检验的，检验合格前不得使用。"
    if soon := of(left, "apply_now", done_by="institution"):
        yield f"为 {len(soon)} 项一个月内到期的检验提出申请。"
    if own := of(left, "overdue", "apply_now", done_by="user"):
        yield f"安排 {len(own)} 项由贵单位自己负责的检查、校验（已到期或一个月内到期），做好后把记录交给检验员。"
    for row in prescriptions[:10]:
        past = "（已过期）" if row["overdue"] else ""
        yield f"{row['deadline']} 前{past}：{row['measure']}（{row['symptom']}）"
    for row in notices[:10]:
        yield f"{row['deadline']} 前：按检验意见通知书 {row['number']} 整改并回复。"
    if papers := of(due, "undetermined", "date_missing"):
        yield f"向我站提供 {len(papers)} 项缺少的检验报告或资料，以便确定到期日。"
    if near := of(due, "approaching"):
        yield f"把 {len(near)} 项三个月内到期的检验排进检修计划。"
