"""The rules as people read them, what rests on each, and the technical head's confirmations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import fn

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import rulebooks
from inspect_station.duelist.models import DueRow, RuleConfirmation
from inspect_station.duelist.projection import in_force_now, refreshed
from inspect_station.duelist.rulebooks import edition, rule_key
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry.rows import dicts
from schedules.rule import Outcome, Rule, Source, Version
from schedules.terms import Clock, DecidedBy, DoneBy, Kind, clocks_of

GENERAL = "总则"
_PRINCIPLES = {"apply_before": "提前一个月报检", "failed": "未经检验或检验不合格不得使用"}
_COUNTS_FROM = {
    "put_into_use_on": "投入使用之日",
    "made_on": "制造之日",
    "completed_on": "上次检验完成之日",
    "event": "事件发生之日",
}


@dataclass(frozen=True)
class Edition:
    """One version of a rule with what the station knows about it."""

    version: Version
    key: str
    edition: str
    interval: str
    counts_from: str
    current: bool
    confirmation: dict[str, Any] | None
    resting: int

    @property
    def open(self) -> bool:
        """Still to be read in the document."""
        return not self.version.is_text and self.confirmation is None


@dataclass(frozen=True)
class Card:
    """One rule, ready to be read."""

    key: str
    name: str
    kind: Kind | None
    clock: Clock | None
    conditions: Sequence[str]
    editions: Sequence[Edition]

    @property
    def resting(self) -> int:
        return sum(one.resting for one in self.editions)

    @property
    def open(self) -> bool:
        return any(one.open for one in self.editions)


def cards(actor: Actor, today: date) -> list[Card]:
    """Every rule, the principles first, with its confirmations and how many of the actor's rows rest on it."""
    return cards_and_gaps(actor, today)[0]


def cards_and_gaps(actor: Actor, today: date) -> tuple[list[Card], Mapping[Kind | None, Sequence[str]]]:
    """The cards, and what of each kind the rulebook does not know."""
    book = refreshed(today)[1].book
    standing, resting = _confirmations(), _resting(actor)

    def editions(versions: Sequence[Version]) -> list[Edition]:
        return [_edition(version, today, standing, resting) for version in versions]

    general = [
        Card(name, _PRINCIPLES.get(name, name), None, None, ["所有承压类特种设备"], editions([version]))
        for name, version in book.principles.items()
    ]
    return general + [_card(rule, editions(rule.versions)) for rule in book.rules], book.not_modelled


def _card(rule: Rule, editions: Sequence[Edition]) -> Card:
    conditions = [str(condition) for condition in rule.when] or ["没有其他条件"]
    return Card(f"{rule.kind}.{rule.key}", rule.name, rule.kind, rule.clock, conditions, editions)


def _edition(
    version: Version,
    today: date,
    standing: dict[tuple[str, str, str], dict[str, Any]],
    resting: Counter[tuple[str, str]],
) -> Edition:
    key, name = rule_key(version), edition(version)
    return Edition(
        version=version,
        key=key,
        edition=name,
        interval=interval_words(version),
        counts_from=_COUNTS_FROM.get(version.counts_from, version.counts_from),
        current=version.in_force(today),
        confirmation=standing.get((key, name, version.digest)),
        resting=resting[key, name],
    )


def card(actor: Actor, key: str, today: date) -> Card:
    """Raises `NotFound` where the rulebook in force has no such rule."""
    found = next((c for c in cards(actor, today) if c.key == key), None)
    if found is None:
        raise NotFound(f"规则库中没有“{key}”这条规则，它可能已被新版取代。")
    return found


def _confirmations() -> dict[tuple[str, str, str], dict[str, Any]]:
    rows: Any = RuleConfirmation.select().where(RuleConfirmation.withdrawn_at.is_null()).dicts()
    return {(row["rule"], row["version"], row["digest"]): row for row in rows}


def confirmed_digests() -> set[str]:
    """The contents of versions that somebody has read in the document."""
    return {digest for _, _, digest in _confirmations()}


def last_confirmed_at() -> datetime | None:
    """When a version was last confirmed; None where none ever was."""
    row = RuleConfirmation.select(RuleConfirmation.at).order_by(RuleConfirmation.at.desc()).first()
    return row.at if row else None


def _resting(actor: Actor) -> Counter[tuple[str, str]]:
    query = DueRow.select(DueRow.rule, DueRow.version)
    if not actor.is_staff:
        query = query.where(DueRow.enterprise_id == actor.enterprise_id)
    counted: Any = query.select_extend(fn.COUNT(DueRow.id)).where(DueRow.rule.is_null(False))
    return Counter(
        {(rule, version): n for rule, version, n in counted.group_by(DueRow.rule, DueRow.version).tuples()}
    )


def months_words(months: int) -> str:
    return f"{months // 12} 年" if months % 12 == 0 else f"{months} 个月"


def interval_words(version: Version) -> str:
    """What a version says, in a few words for people who do not program."""
    fixed = {
        Outcome.FORBIDDEN: "不得继续使用",
        Outcome.NOT_SUBJECT: "不适用，不计算日期",
        Outcome.BEFORE_USE: "重新使用前须先检验",
    }
    if version.outcome in fixed:
        return fixed[version.outcome]
    span = _span(version.min_months, version.max_months)
    if version.outcome is Outcome.SCRAP:
        return f"使用满 {span} 报废"
    words = {DecidedBy.INSTITUTION: "，由检验机构确定", DecidedBy.USER: "，由使用单位确定", DecidedBy.RULE: ""}
    if version.outcome is Outcome.MONITORED:
        return f"监控使用，累计{span}{words[version.decided_by]}"
    return span + words[version.decided_by]


def _span(least: int | None, most: int | None) -> str:
    if most is None:
        return "期限未查实或没有固定期限" if least is None else f"至少 {months_words(least)}"
    if least == most:
        return months_words(most)
    return f"不超过 {months_words(most)}" if least is None else f"{months_words(least)}至 {months_words(most)}"


# --- confirming -----------------------------------------------------------------------------------------------------


def confirm(actor: Actor, key: str, digest: str, *, clause_text: str, remark: str, now: datetime) -> int:
    """Record that the technical head has read this version in the document. It stands for this very content.

    Raises `NotFound` for an unknown rule, `Conflict` where the content has changed since it was read or somebody has
    confirmed it already.
    """
    actor.need("confirm_rules")
    version = _version(key, digest)
    with db.atomic():
        number = (
            RuleConfirmation.insert(
                rule=key,
                version=edition(version),
                digest=digest,
                account=actor.account_id,
                name=actor.name,
                at=now,
                remark=remark,
                clause_text=clause_text,
            )
            .on_conflict_ignore()
            .as_rowcount()
            .execute()
        )
        if not number:
            raise Conflict("这一版刚刚已被确认，请刷新后查看。")
        said = {"document": version.document, "clause": version.clause, "digest": digest}
        audit.record(actor, "rule.confirm", "rule", key, now=now, detail=said)
    return RuleConfirmation.get(
        RuleConfirmation.rule == key, RuleConfirmation.digest == digest, RuleConfirmation.withdrawn_at.is_null()
    ).id


def _version(key: str, digest: str) -> Version:
    versions = [version for version in in_force_now().book.versions if rule_key(version) == key]
    if not versions:
        raise NotFound(f"规则库中没有“{key}”这条规则，它可能已被新版取代。")
    found = next((version for version in versions if version.digest == digest), None)
    if found is None:
        raise Conflict("这条规则的内容在您打开页面之后变了。请刷新，核对新的内容后再确认。")
    return found


def withdraw(actor: Actor, confirmation_id: int, reason: str, now: datetime) -> str:
    """Take a confirmation back; returns the rule's key. What was confirmed stays readable."""
    actor.need("confirm_rules")
    with db.atomic():
        row = RuleConfirmation.get_or_none(RuleConfirmation.id == confirmation_id)
        if row is None:
            raise NotFound()
        changed = (
            RuleConfirmation.update(withdrawn_at=now, withdrawn_by=actor.name, withdrawn_reason=reason)
            .where(RuleConfirmation.id == confirmation_id, RuleConfirmation.withdrawn_at.is_null())
            .execute()
        )
        if not changed:
            raise Conflict("这次确认已经撤回过了。")
        audit.record(actor, "rule.withdraw", "rule", row.rule, now=now, detail={"reason": reason})
    return str(row.rule)


def confirmations_of(key: str) -> list[dict[str, Any]]:
    """All confirmations of a rule, also the withdrawn and those of an earlier content, the latest first."""
    query = RuleConfirmation.select().where(RuleConfirmation.rule == key)
    return dicts(query.order_by(RuleConfirmation.id.desc()))


# --- who does each check --------------------------------------------------------------------------------------------


def done_by(actor: Actor) -> list[dict[str, Any]]:
    """Who does each check: the station's choice beside the rulebook's default."""
    current = in_force_now()
    return [
        {
            "name": f"{kind}.{clock}",
            "kind": kind.label,
            "clock": clock.label,
            "value": current.done_by(kind, clock).value,
            "default": current.book.done_by[kind, clock],
        }
        for kind in Kind
        for clock in clocks_of(kind)
    ]


def set_done_by(actor: Actor, chosen: dict[str, str], now: datetime) -> None:
    """Set who does each check; only what differs from the rulebook is kept. All rows are then recomputed."""
    actor.need("confirm_rules")
    book = in_force_now().book
    defaults = {f"{kind}.{clock}": str(who) for (kind, clock), who in book.done_by.items()}
    wrong = [name for name, who in chosen.items() if name not in defaults or who not in {d.value for d in DoneBy}]
    if wrong:
        raise InvalidInput(f"“{wrong[0]}”不能这样设置，请从列表中选择。", {wrong[0]: ["请从列表中选择"]})
    kept = {name: who for name, who in chosen.items() if who != defaults[name]}
    with db.atomic():
        before = station.get(rulebooks.DONE_BY, {})
        station.put(rulebooks.DONE_BY, kept, now)
        audit.record(
            actor, "rule.done_by", "setting", rulebooks.DONE_BY, now=now, detail={"old": before, "new": kept}
        )


# --- the book as a whole --------------------------------------------------------------------------------------------


def sources(today: date) -> list[tuple[Source, bool]]:
    """Every document of the rulebook, and whether it is in force today."""
    return [(s, _in_force(s, today)) for s in in_force_now().book.sources.values()]


def _in_force(source: Source, today: date) -> bool:
    begun = source.effective_from is None or source.effective_from <= today
    return begun and (source.effective_to is None or today < source.effective_to)


def as_json(actor: Actor, today: date) -> list[dict[str, Any]]:
    """The rules for `/api/v1/rules`."""
    return [
        {
            "rule": one.key,
            "name": one.name,
            "kind": one.kind,
            "clock": one.clock,
            "conditions": list(one.conditions),
            "resting": one.resting,
            "versions": [_version_json(edition) for edition in one.editions],
        }
        for one in cards(actor, today)
    ]


def _version_json(one: Edition) -> dict[str, Any]:
    version, confirmation = one.version, one.confirmation
    return {
        "version": one.edition,
        "digest": version.digest,
        "document": version.document,
        "clause": version.clause,
        "paraphrase": version.paraphrase,
        "outcome": version.outcome,
        "min_months": version.min_months,
        "max_months": version.max_months,
        "decided_by": version.decided_by,
        "counts_from": version.counts_from,
        "effective_from": version.effective_from,
        "effective_to": version.effective_to,
        "verified": version.verified,
        "in_force": one.current,
        "confirmed": {"by": confirmation["name"], "on": confirmation["at"].date()} if confirmation else None,
    }
