"""The table of codes and what they allow, filled by the station; examples are put into an empty one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.staffing.models import CodeUse, Qualification, QualificationCode
from inspect_station.staffing.words import EXAMPLES, PAIRS, pair_label
from schedules.terms import clocks_of

PERMISSION = "staffing"


def seed(now: datetime) -> int:
    """Put the examples into a table nobody has filled; how many. Safe at every start and by several at once."""
    with db.atomic():
        if QualificationCode.select().exists():
            return 0
        made = [_example(code, name, now) for code, name, _ in EXAMPLES]
        rows = [
            {"code": number, "kind": kind.value, "clock": clock.value}
            for number, (_, _, kinds) in zip(made, EXAMPLES, strict=True)
            for kind in kinds
            for clock in clocks_of(kind)
        ]
        CodeUse.insert_many(rows).on_conflict_ignore().execute()
    return len(made)


def _example(code: str, name: str, now: datetime) -> int:
    QualificationCode.insert(code=code, name=name, example=True, changed_at=now).on_conflict_ignore().execute()
    return int(QualificationCode.get(QualificationCode.code == code).id)


def listed(actor: Actor) -> list[dict[str, Any]]:
    """Every code with what it allows in words and how many hold it."""
    actor.need_staff()
    uses: dict[int, list[str]] = {}
    allowed: Any = CodeUse.select(CodeUse.code, CodeUse.kind, CodeUse.clock).order_by(CodeUse.id).tuples()
    for number, kind, clock in allowed:
        uses.setdefault(number, []).append(pair_label(kind, clock))
    held: Any = Qualification.select(Qualification.code).tuples()
    holders = Counter(number for (number,) in held)
    query: Any = QualificationCode.select().order_by(QualificationCode.code).dicts()
    return [{**row, "uses": uses.get(row["id"], []), "holders": holders[row["id"]]} for row in query]


def uncovered(needed: Sequence[tuple[str, str]]) -> list[str]:
    """Which of these pairs no code allows, in words."""
    covered = {(row.kind, row.clock) for row in CodeUse.select(CodeUse.kind, CodeUse.clock).distinct()}
    return [pair_label(*pair) for pair in needed if pair not in covered]


def get(actor: Actor, code_id: int) -> dict[str, Any]:
    """One code; `uses` as "kind.clock"."""
    actor.need_staff()
    row = QualificationCode.select().where(QualificationCode.id == code_id).dicts().first()
    if row is None:
        raise NotFound()
    uses = CodeUse.select().where(CodeUse.code == code_id).order_by(CodeUse.id)
    return {**row, "uses": [f"{use.kind}.{use.clock}" for use in uses]}


def save(
    actor: Actor, code_id: int | None, *, code: str, name: str, note: str, uses: Sequence[str], confirmed: bool,
    now: datetime,
) -> int:  # fmt: skip
    """A new or changed code. Raises `Conflict` for a code used twice, `InvalidInput` for what is no kind and clock."""
    actor.need(PERMISSION)
    pairs = _pairs(uses)
    values: dict[str, Any] = {
        "code": code.strip().upper(),
        "name": name.strip(),
        "note": note.strip(),
        "changed_at": now,
    }
    with db.atomic():
        _refuse_double(values["code"], code_id)
        if code_id is None:
            number = int(QualificationCode.create(**values, example=not confirmed).id)
        else:
            get(actor, code_id)
            QualificationCode.update(**values, example=not confirmed).where(QualificationCode.id == code_id).execute()
            number = code_id
        _replace_uses(number, pairs)
        detail = {"code": values["code"], "uses": sorted(uses), "confirmed": confirmed}
        audit.record(actor, "staffing.code", "code", number, now=now, detail=detail)
    return number


def _pairs(uses: Sequence[str]) -> set[tuple[str, str]]:
    known = {(kind.value, clock.value) for kind, clock in PAIRS}
    chosen = {(kind, clock) for kind, _, clock in (use.partition(".") for use in uses)}
    if chosen - known:
        raise InvalidInput("有不认识的设备种类或检验类别，请从列表中选择。", {"uses": ["请从列表中选择"]})
    return chosen


def _refuse_double(code: str, code_id: int | None) -> None:
    other = QualificationCode.get_or_none(QualificationCode.code == code)
    if other is not None and other.id != code_id:
        raise Conflict(f"代码“{code}”已在表中（{other.name}）。", {"code": ["已在表中"]})


def _replace_uses(number: int, pairs: set[tuple[str, str]]) -> None:
    CodeUse.delete().where(CodeUse.code == number).execute()
    rows = [{"code": number, "kind": kind, "clock": clock} for kind, clock in sorted(pairs)]
    if rows:
        CodeUse.insert_many(rows).execute()


def remove(actor: Actor, code_id: int, now: datetime) -> None:
    """Take a code out of the table. Raises `Conflict` while somebody holds it."""
    actor.need(PERMISSION)
    with db.atomic():
        found = get(actor, code_id)
        holders = Qualification.select().where(Qualification.code == code_id).count()
        if holders:
            raise Conflict(f"还有 {holders} 人持有“{found['code']}”，请先在他们的资格里移除，再删除这个代码。")
        QualificationCode.delete().where(QualificationCode.id == code_id).execute()
        audit.record(actor, "staffing.code_removed", "code", code_id, now=now, detail={"code": found["code"]})
