"""The sample park's clinic: two years of rounds, a few questions, hours to book, findings at every stage."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.casework.promises import days
from inspect_station.clinic import library
from inspect_station.clinic.models import (
    ClinicFinding,
    ClinicRequest,
    ClinicSlot,
    ClinicVisit,
    CommonFinding,
    FindingEntry,
    RequestEntry,
    ScopeAnswer,
    VisitDevice,
)
from inspect_station.db import bulk_insert
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.rows import dicts, tuples
from inspect_station.workcalendar import service as workcalendar
from schedules import scope

_PEOPLE = ("安全总监 李明", "设备主管 陈国栋", "安全员 林秀英", "车间主任 黄志强", "安全员 吴晓燕")
_SUMMARIES = (
    "看了罐区和空压站，讲了报检流程和临近到期的设备。", "与安全总监核对了台账，差异已记下。", "大修前的准备清单逐条说明。",
    "现场检查安全附件有效期，抽查记录。", "征求对检验服务的意见，希望集中安排检验。",
)  # fmt: skip
# kind, source, question, days since it was asked, our answer (None: waits)
_QUESTIONS: Sequence[tuple[str, str, str, int, str | None]] = (
    ("scope", "portal", "新买了一台 1 立方的空压机储气罐，压力 0.8 MPa，要不要办使用登记？", 1, None),
    ("before", "phone", "下月停车检修，反应釜开罐检验前要准备什么？", 0, None),
    ("consult", "portal", "两台冷凝器计划停用一年以上，需要办哪些手续？", 4,
     "停用一年以上的，三十日内书面告知登记机关；启用前须自检，超过检验有效期的先检验。"),
    ("rectify", "walk_in", "安全阀铅封掉了，自己补一个可以吗？", 2, "不可以，请送有资质的单位重新校验并铅封。"),
    ("ledger", "portal", "台账里有三台早就拆掉的换热器，怎么注销？", 9,
     "请到登记机关办理注销，把注销证明拍照发来，我们同步更正台账。"),
    ("hazard", "scan", "这台缓冲罐底部法兰有一点渗漏，能不能来看看？", 0, None),
    ("training", "phone", "想请你们给新来的操作工讲一次压力容器安全，半天时间。", 6, "可以，拟安排在下周三上午，请确认人数。"),
)  # fmt: skip
_SCOPE = {"pressure_mpa": "0.8", "medium": "harmless_gas", "volume_l": "1000", "diameter_mm": "800"}


def furnish(rng: random.Random, today: date, now: datetime) -> int:
    """How many visits were made."""
    library.seed(now)
    common = dicts(CommonFinding.select().order_by(CommonFinding.id))
    firms = dicts(Enterprise.select(Enterprise.id, Enterprise.responsible).order_by(Enterprise.id).limit(55))
    names = dict(tuples(Account.select(Account.id, Account.name)))
    visits = [
        _visit(rng, firm, today, ago, now, common, names) for firm in firms for ago in _days_ago(rng, firm["id"])
    ]
    _planned(rng, firms, today, now)
    _questions(firms, now)
    _hours(firms, today, now)
    _scope(firms, now, names)
    return len(visits)


def _days_ago(rng: random.Random, number: int) -> list[int]:
    """Most firms were seen within 90 days, one in six was not, a few never."""
    if number % 19 == 0:
        return []
    last = rng.randint(95, 260) if number % 6 == 0 else rng.randint(2, 85)
    return [last + 130 * n for n in range(rng.randint(1, 3), -1, -1) if last + 130 * n < 730]


def _visit(
    rng: random.Random, firm: Any, today: date, ago: int, now: datetime, common: Sequence[Any], names: Any
) -> int:
    day = today - timedelta(days=ago)
    at = datetime(day.year, day.month, day.day, rng.randint(9, 16), rng.choice((0, 15, 40)), tzinfo=now.tzinfo)
    chosen = rng.sample(list(common), rng.choice((0, 1, 1, 2, 3)))
    if ago > 30:
        chosen = [entry for entry in chosen if entry["grade"] != "severe"]
    row = ClinicVisit.create(
        enterprise=firm["id"], origin=rng.choice(("round", "round", "request", "inspection")),
        kind=rng.choice(("hazard", "hazard", "ledger", "before", "opinion", "consult")), state="finished", visited_on=day,
        planned_on=day, inspector=firm["responsible"], station_people=names.get(firm["responsible"], ""),
        unit_people=rng.choice(_PEOPLE), place=rng.choice(("罐区", "空压站", "锅炉房", "合成车间", "办公楼")),
        summary=rng.choice(_SUMMARIES), minutes=rng.choice((30, 45, 60, 90, 120)), signed_by="",
        unsigned_reason="示例数据没有签字", created_at=at, finished_at=at, account=firm["responsible"],
    )  # fmt: skip
    owned = Equipment.select(Equipment.id).where(Equipment.enterprise == firm["id"], Equipment.form == "device")
    devices = [device for (device,) in tuples(owned.order_by(Equipment.id).limit(6))]
    looked = rng.sample(devices, min(len(devices), 2))
    bulk_insert(VisitDevice, [{"visit": row.id, "equipment": device} for device in looked])
    left = [_finding(rng, row, entry, looked, ago, at, today, names) for entry in chosen]
    if not any(left):
        ClinicVisit.update(state="closed", closed_at=at).where(ClinicVisit.id == row.id).execute()
    return int(row.id)


def _finding(
    rng: random.Random, visit: Any, entry: Any, looked: Sequence[int], ago: int, at: datetime, today: date, names: Any
) -> bool:
    """Whether it is still open: old ones are mostly done, fresh ones wait, a few are late."""
    deadline = at.date() + timedelta(days=max(entry["days"], 3))
    done = ago > 20 and (deadline < today - timedelta(days=4)) and rng.random() < 0.93
    replied = not done and rng.random() < 0.3
    severe = entry["grade"] == "severe"
    who = names.get(visit.inspector_id, "检验员")
    earlier = ClinicFinding.select(ClinicFinding.id).where(
        ClinicFinding.enterprise == visit.enterprise_id, ClinicFinding.common == entry["id"]
    )
    row = ClinicFinding.create(
        visit=visit.id, enterprise=visit.enterprise_id, equipment=rng.choice([*looked, None]), common=entry["id"],
        repeats=earlier.order_by(ClinicFinding.id.desc()).limit(1).scalar(), symptom=entry["symptom"],
        diagnosis=entry["diagnosis"], basis=entry["basis"], grade=entry["grade"], measure=entry["measure"],
        who=visit.unit_people, deadline=deadline, state="done" if done else "replied" if replied else "open",
        reply="已按要求整改，请查验。" if replied or done else "", replied_at=at + timedelta(days=2) if replied or done else None,
        replied_by="企业安全员" if replied or done else "", ended_at=at + timedelta(days=5) if done else None,
        unit_told_at=at if severe else None, unit_told="安全总监，当面书面" if severe else "",
        authority_told_at=at + timedelta(minutes=20) if severe else None,
        authority_told="县局特设科，电话并书面" if severe else "", created_at=at,
    )  # fmt: skip
    steps = [("found", "", who, at)]
    if replied or done:
        steps.append(("reply", "已按要求整改，请查验。", "企业安全员", at + timedelta(days=2)))
    if done:
        steps.append(("done", "现场核对，已整改", who, at + timedelta(days=5)))
    bulk_insert(
        FindingEntry,
        [{"finding": row.id, "act": act, "text": text, "name": name, "at": when} for act, text, name, when in steps],
    )
    return not done


def _planned(rng: random.Random, firms: Sequence[Any], today: date, now: datetime) -> None:
    calendar = workcalendar.calendar(today)
    for number, firm in enumerate(rng.sample(list(firms), 7)):
        day = calendar.add(today, number) if number else today
        ClinicVisit.create(
            enterprise=firm["id"], origin="round", kind="hazard", planned_on=day, inspector=firm["responsible"],
            reason="90 天未走访" if number % 2 else "检验集中到期，可一起指导", created_at=now, account=firm["responsible"],
        )  # fmt: skip


def _questions(firms: Sequence[Any], now: datetime) -> None:
    calendar, limit = workcalendar.calendar(now.date()), days()["clinic"]
    for firm, (kind, source, question, ago, answer) in zip(firms, _QUESTIONS, strict=False):
        at = now - timedelta(days=ago, hours=1)
        row = ClinicRequest.create(
            enterprise=firm["id"], kind=kind, source=source, question=question, asked_by="企业安全员",
            state="answered" if answer else "open", keeper=firm["responsible"], asked_at=at,
            answer_by=calendar.add(at.date(), limit), answered_at=at + timedelta(hours=20) if answer else None,
        )  # fmt: skip
        if answer:
            RequestEntry.create(
                request=row.id, side="station", text=answer, name="首问负责人", at=at + timedelta(hours=20)
            )


def _hours(firms: Sequence[Any], today: date, now: datetime) -> None:
    calendar = workcalendar.calendar(today)
    people = sorted({firm["responsible"] for firm in firms if firm["responsible"]})
    for number, person in enumerate(people[:3]):
        day = calendar.add(today, number + 1)
        for start in (540, 570, 600):
            ClinicSlot.create(inspector=person, day=day, start_min=start, end_min=start + 30, place="centre")
    taken = ClinicSlot.select(ClinicSlot.id).order_by(ClinicSlot.id).limit(1).scalar()
    firm = firms[2]["id"]
    ClinicSlot.update(
        state="booked", enterprise=firm, topic="安全阀校验周期怎么定", booked_by="企业安全员", booked_at=now
    ).where(ClinicSlot.id == taken).execute()
    slot = ClinicSlot.get_by_id(taken)
    ClinicVisit.create(
        enterprise=firm, slot=taken, origin="booked", kind="consult", planned_on=slot.day, inspector=slot.inspector,
        place="园区服务中心", reason=slot.topic, created_at=now,
    )  # fmt: skip


def _scope(firms: Sequence[Any], now: datetime, names: Any) -> None:
    answer = scope.judge("vessel", dict(_SCOPE) | {})
    ScopeAnswer.create(
        enterprise=firms[0]["id"], name="空压站储气罐", facts={"object": "vessel", **_SCOPE}, verdict=answer.verdict,
        reasons=[*answer.reasons, f"依据：{answer.document}"], unverified=True,
        answered_by=names.get(firms[0]["responsible"], "检验员"), at=now - timedelta(days=3),
    )  # fmt: skip
