"""是不是特种设备: a guided answer, saved with its reasons; the device is registered from it in one tap."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic.models import ClinicVisit, ScopeAnswer
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise
from inspect_station.registry.rows import dicts
from schedules import scope
from schedules.terms import Verified

VERDICTS: Mapping[str, tuple[str, str, str]] = {  # word, icon, look
    "yes": ("属于特种设备", "check-circle", "apply_now"),
    "no": ("不属于特种设备", "dash-circle", "ok"),
    "unclear": ("资料不全，还不能判断", "question-circle", "undetermined"),
}
_CODE_NAMES: Mapping[str, str] = {
    "1100": "承压蒸汽锅炉", "1200": "承压热水锅炉", "1310": "有机热载体气相炉", "1320": "有机热载体液相炉",
    "2110": "超高压容器", "2130": "第三类压力容器", "2150": "第二类压力容器", "2170": "第一类压力容器",
    "2310": "无缝气瓶", "2320": "焊接气瓶", "23T0": "特种气瓶", "8210": "燃气管道", "8220": "热力管道",
    "8310": "工艺管道", "8320": "动力管道", "8330": "制冷管道",
}  # fmt: skip
_MOST = Decimal("1e9")


def judge(kind: str, typed: Mapping[str, str]) -> scope.Judgement:
    """Raises `InvalidInput` for an unknown kind and for what is no number."""
    book = scope.catalogue()
    if kind not in book.kinds:
        raise InvalidInput("请先选择是哪一类东西。", {"object": ["请选择"]})
    return scope.judge(kind, _facts(book, kind, typed))


def _facts(book: scope.Catalogue, kind: str, typed: Mapping[str, str]) -> dict[str, scope.Value]:
    found: dict[str, scope.Value] = {}
    problems: dict[str, list[str]] = {}
    for name in book.kinds[kind].asks:
        fact, text = book.facts[name], str(typed.get(name) or "").strip()
        if not text:
            found[name] = None
        elif fact.words is not None:
            found[name] = text if text in fact.words else None
            if found[name] is None:
                problems[name] = ["请从列出的介质里选"]
        else:
            found[name] = _number(text)
            if found[name] is None:
                problems[name] = [f"应为数字，单位 {fact.unit}，不知道就留空"]
    if problems:
        sentence = "；".join(f"{book.facts[n].label}{s[0]}" for n, s in problems.items())
        raise InvalidInput(f"填写有误：{sentence}。", problems)
    return found


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value < _MOST else None


def save(
    actor: Actor,
    enterprise_id: int,
    *,
    kind: str,
    name: str,
    typed: Mapping[str, str],
    now: datetime,
    visit: int | None = None,
) -> int:
    """Keep the answer with the firm (and the visit) as it stands today; its id."""
    actor.need("edit")
    answer = judge(kind, typed)
    if not name.strip():
        raise InvalidInput("请给这台设备起个名字，便于以后查找。", {"name": ["请填写名称"]})
    book = scope.catalogue()
    kept = {n: str(typed.get(n) or "").strip() for n in book.kinds[kind].asks}
    with db.atomic():
        registry.enterprises.get(actor, enterprise_id)
        if visit is not None:
            of_firm = ClinicVisit.select().where(ClinicVisit.id == visit, ClinicVisit.enterprise == enterprise_id)
            if not of_firm.exists():
                raise NotFound()
        row = ScopeAnswer.create(
            enterprise=enterprise_id, visit=visit, name=name.strip()[:200], facts={"object": kind, **kept},
            verdict=answer.verdict, catalogue_code=answer.codes[0] if len(answer.codes) == 1 else "",
            reasons=[*answer.reasons, f"依据：{answer.document}"], unverified=answer.verified is not Verified.TEXT,
            account=actor.account_id, answered_by=actor.name, at=now,
        )  # fmt: skip
        detail = {"name": row.name, "summary": VERDICTS[answer.verdict][0]}
        audit.record(
            actor, "clinic.scope", "scope_answer", row.id, now=now, enterprise_id=enterprise_id, detail=detail
        )
    return int(row.id)


def register(actor: Actor, answer_id: int, *, code: str, now: datetime) -> int:
    """A device in the ledger from what was answered: in use, its registration still to be done. Its id."""
    actor.need("edit")
    with db.atomic():
        row = get(actor, answer_id)
        if row["verdict"] != "yes":
            raise Conflict("只有属于特种设备的才需要登记台账。")
        if row["equipment"]:
            raise Conflict("这台已经登记到台账了。")
        if code not in row["codes"]:
            raise InvalidInput("请选择设备种类代码。", {"code": ["请选择"]})
        form = "line" if code.startswith("8") else "batch" if code.startswith("23") else "device"
        given = {
            "enterprise": row["enterprise"], "catalogue_code": code, "name": row["name"], "form": form,
            "unregistered": True, "technical": {label: text for label, text in row["said"] if text},
            "note": f"由工业诊所属性界定登记（{row['at']:%Y-%m-%d} {row['answered_by']}）",
        }  # fmt: skip
        if form == "line":
            given["line_number"] = row["name"]
        equipment = registry.equipment.create(actor, given, now=now, today=now.date())
        taken = (
            ScopeAnswer.update(equipment=equipment, catalogue_code=code)
            .where(ScopeAnswer.id == answer_id, ScopeAnswer.equipment.is_null())
            .execute()
        )
        if not taken:
            raise Conflict("这台已经登记到台账了。")
        audit.record(
            actor, "clinic.register", "scope_answer", answer_id, now=now, enterprise_id=row["enterprise"],
            detail={"equipment": equipment},
        )  # fmt: skip
    return equipment


def get(actor: Actor, answer_id: int) -> dict[str, Any]:
    """One answer with what was said in words. Raises `NotFound` for missing and foreign."""
    found = _listed(actor, [ScopeAnswer.id == answer_id])
    if not found:
        raise NotFound()
    return found[0]


def of_visit(actor: Actor, visit_id: int) -> list[dict[str, Any]]:
    return _listed(actor, [ScopeAnswer.visit == visit_id])


def of_enterprise(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    return _listed(actor, [ScopeAnswer.enterprise == enterprise_id])


def latest(actor: Actor) -> list[dict[str, Any]]:
    return _listed(actor, [])


def _listed(actor: Actor, conditions: list[Any]) -> list[dict[str, Any]]:
    query = (
        ScopeAnswer.select(ScopeAnswer, Enterprise.name.alias("enterprise_name"))
        .join(Enterprise)
        .where(visible(actor, ScopeAnswer.enterprise), *conditions)
        .order_by(ScopeAnswer.id.desc())
        .limit(50)
    )
    return [_complete(row) for row in dicts(query)]


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    book = scope.catalogue()
    row["word"], row["icon"], row["look"] = VERDICTS[row["verdict"]]
    row["object"] = row["facts"].get("object", "")
    kind = book.kinds.get(row["object"])
    row["object_word"] = kind.label if kind else ""
    row["said"] = [
        (
            f"{book.facts[n].label}{f'（{book.facts[n].unit}）' if book.facts[n].unit else ''}",
            _word(book.facts[n], text),
        )
        for n, text in row["facts"].items()
        if n in book.facts
    ]
    row["codes"] = {code: _CODE_NAMES[code] for code in (kind.codes if kind and row["verdict"] == "yes" else ())}
    return row


def _word(fact: scope.Fact, text: str) -> str:
    return (fact.words or {}).get(text, text)
