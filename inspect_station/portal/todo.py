"""What an enterprise has to do in cases and visits under way, as acts for its first page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.planning import service as planning


@dataclass(frozen=True)
class Act:
    """One thing to do: what, why in one sentence, and where (an endpoint with its arguments)."""

    kind: str
    title: str
    why: str
    button: str
    endpoint: str
    arguments: Mapping[str, Any]


def acts(actor: Actor, today: date) -> Iterator[Act]:
    """Mend what was found, agree the days proposed, prepare for those agreed."""
    yield from _to_mend(actor, today)
    yield from _to_agree(actor, today)
    yield from _to_prepare(actor, today)


def _to_mend(actor: Actor, today: date) -> Iterator[Act]:
    found = casework.todo.to_mend(actor)
    if not found:
        return
    first, severe = found[0], sum(row["severe"] for row in found)
    late = "已过期限，" if first["deadline"] < today else ""
    grave = f"其中 {severe} 份是严重隐患，" if severe else ""
    why = f"{grave}{late}最早的整改期限 {first['deadline']}。改好后在这里回复，可附照片。"
    where = ("casework.finding", {"notice_id": first["id"]}) if len(found) == 1 else ("casework.findings", {})
    yield Act("mend", f"{len(found)} 份检验意见通知书要整改", why, "去回复", *where)


def _to_agree(actor: Actor, today: date) -> Iterator[Act]:
    visits = [v for v in planning.published(actor, today) if not v.answer and not v.finished]
    days = casework.todo.days_to_agree(actor, today)
    places: list[tuple[date, str, Mapping[str, Any]]] = [
        *((v.on, "planning.answer", {"visit_id": v.id}) for v in visits),
        *((row["on_day"], "casework.case", {"application_id": row["application"]}) for row in days),
    ]
    if places:
        on, endpoint, arguments = min(places, key=lambda place: place[0])
        if len(visits) > 1 and not days:
            endpoint, arguments = "planning.visit_list", {}
        why = f"最近的是 {on}。合适请点同意；不合适可以另提一天。"
        yield Act("agree", f"{len(places)} 个检验日期等您答复", why, "去答复", endpoint, arguments)


def _to_prepare(actor: Actor, today: date) -> Iterator[Act]:
    found = casework.todo.to_prepare(actor, today)
    if found:
        first = found[0]
        why = f"{first['agreed_on']} 来检验。请按清单逐项准备并勾选，没备好检验员到场也做不了。"
        yield Act(
            "prepare", f"{len(found)} 次检验的准备清单没填完", why, "看清单", "casework.preparation", {"task_id": first["id"]}
        )  # fmt: skip
