"""Published visits as calendar events: an inspector's own, an enterprise's own; the day moves, the event stays one."""

from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.feeds.events import Happening
from inspect_station.planning import service as planning
from inspect_station.planning.words import clock_time

_WHAT = {True: "工业诊所出诊", False: "到访检验"}
_ANSWERS = {"agreed": "已与企业约定", "countered": "企业希望另一天，待商定", "": "等企业答复"}


def happenings(actor: Actor, today: date) -> list[Happening]:
    """The visits made known from today on that concern this person."""
    found = planning.published(actor, today, person=actor.account_id if actor.is_staff else None)
    anchors = planning.reading.anchors(found)
    return [_happening(visit, anchors[visit.id]) for visit in found if visit.id in anchors]


def _happening(visit: planning.Visit, anchor: str) -> Happening:
    people = "、".join(name for _, name in visit.people)
    return Happening(
        uid=f"visit-{anchor}@inspect-station",
        on=visit.on,
        summary=f"{clock_time(visit.start)} {_WHAT[visit.errands == visit.count]}：{visit.enterprise}（{visit.count} 项）",
        description="\n".join(
            (
                f"时间：{clock_time(visit.start)} 至 {clock_time(visit.end)}",
                f"内容：{visit.summary}",
                f"检验员：{people}",
                _ANSWERS[visit.answer],
            )
        ),
        location=visit.enterprise,
        equipment_id=None if planning.errands.of_key(anchor) else planning.storing.key_parts(anchor)[0],
    )
