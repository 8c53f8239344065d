"""Lists of equipment: filtered, searched, sorted, paged, streamed for an export."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any

from peewee import SQL, fn

from inspect_station.accounts.scope import Actor, visible
from inspect_station.registry import enterprises, paging, words
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import DEEP_CLOCK, Kind

NAMES = (
    "id", "enterprise", "parent", "form", "catalogue_code", "name", "own_number", "maker", "maker_number", "device_code",
    "registration_code", "certificate_number", "line_number", "model", "location", "quantity", "length_mm", "status",
    "unregistered", "made_on", "put_into_use_on", "revision",
)  # fmt: skip
# What an export holds besides, so that it can be imported again unchanged.
EXPORTED = (
    "traits", "stopped_on", "restarted_on", "moved_on", "design_life_years", "exempt_by_design", "note",
)  # fmt: skip
SORTS: Mapping[str, tuple[Any, ...]] = {
    "enterprise": (Enterprise.initials, Enterprise.id, Equipment.catalogue_code, Equipment.own_number, Equipment.id),
    "name": (Equipment.name, Equipment.id),
    "own_number": (Equipment.own_number, Equipment.id),
    "certificate": (Equipment.certificate_number, Equipment.id),
    "kind": (Equipment.catalogue_code, Equipment.id),
    "put_into_use": (Equipment.put_into_use_on, Equipment.id),
    "id": (Equipment.id,),
}
_NUMBERS = (
    Equipment.own_number, Equipment.maker_number, Equipment.device_code, Equipment.registration_code,
    Equipment.certificate_number, Equipment.line_number,
)  # fmt: skip
_DEEP = tuple({clock.value for clock in DEEP_CLOCK.values()})


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the list to; empty means all."""

    q: str = ""
    enterprise: int | None = None
    kind: str = ""
    form: str = ""
    status: str = ""
    responsible: int | None = None
    grade: int | None = None
    unregistered: bool = False
    parent: int | None = None

    def held(self) -> dict[str, Any]:
        """The filters that hold something."""
        pairs = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in pairs.items() if value not in ("", None, False)}


def page(
    actor: Actor, filters: Filters, *, sort: str = "enterprise", after: Sequence[Any] | None = None, size: int = 50
) -> Page:
    """One page of the equipment this actor may see, in two statements; the grades cost a third."""
    conditions = _conditions(actor, filters)
    count = Equipment.select(Equipment.id).join(Enterprise).where(*conditions)
    found = paging.page(_rows(conditions), SORTS, sort, after, size, count=count)
    _add_grades(found.rows)
    return found


def stream(actor: Actor, filters: Filters, *, sort: str = "enterprise") -> Iterator[dict[str, Any]]:
    """Every row of the same list with the last inspection of the two usual clocks, without holding them all."""
    for chunk in paging.chunks(_rows(_conditions(actor, filters), (*NAMES, *EXPORTED)), SORTS, sort, 1_000):
        yield from _with_inspections(_with_parents(chunk))


def counts(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    """An enterprise's equipment by kind: devices or lines, how many in use, kilometres of pipe."""
    query = (
        Equipment.select(
            Equipment.catalogue_code,
            fn.SUM(Equipment.quantity).alias("pieces"),
            fn.COUNT(Equipment.id).alias("rows"),
            fn.SUM(fn.COALESCE(Equipment.length_mm, 0)).alias("length_mm"),
        )
        .where(
            Equipment.enterprise == enterprise_id,
            visible(actor, Equipment.enterprise),
            Equipment.form != "installation",
            Equipment.status.not_in(("scrapped", "cancelled", "dismantled")),
        )
        .group_by(Equipment.catalogue_code)
    )
    by_kind: dict[str, dict[str, Any]] = {}
    for row in dicts(query):
        kind = _kind_word(row["catalogue_code"])
        sums = by_kind.setdefault(kind, {"kind": kind, "rows": 0, "pieces": 0, "length_mm": 0})
        for name in ("rows", "pieces", "length_mm"):
            sums[name] += int(row[name] or 0)
    order = {kind.value: n for n, kind in enumerate(Kind)}
    return sorted(by_kind.values(), key=lambda r: order.get(r["kind"], len(order)))


def _kind_word(code: str) -> str:
    return next((kind.value for kind in Kind if code.startswith(words.prefixes(kind.value))), "")


def _rows(conditions: Sequence[Any], names: Sequence[str] = NAMES) -> Any:
    return (
        Equipment.select(
            *(getattr(Equipment, name) for name in names),
            Enterprise.name.alias("enterprise_name"),
            Enterprise.short_name.alias("enterprise_short"),
        )
        .join(Enterprise)
        .where(*conditions)
    )


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    found = [visible(actor, Equipment.enterprise), *_equalities(filters)]
    found.extend(matching(word) | enterprises.named(word) for word in words.of_search(filters.q))
    if filters.kind:
        found.append(_any([Equipment.catalogue_code.startswith(p) for p in words.prefixes(filters.kind)]))
    if filters.grade is not None:
        found.append(_grade_is(filters.grade))
    return found


def _equalities(filters: Filters) -> list[Any]:
    columns = {
        "enterprise": Equipment.enterprise,
        "form": Equipment.form,
        "status": Equipment.status,
        "unregistered": Equipment.unregistered,
        "parent": Equipment.parent,
        "responsible": Enterprise.responsible,
    }
    return [columns[name] == value for name, value in filters.held().items() if name in columns]


def matching(word: str) -> Any:
    """Devices a person means by a word: part of the name or of a number, or pinyin initials."""
    return _any([c.contains(word) for c in (Equipment.name, *_NUMBERS)]) | Equipment.initials.contains(word)


def _any(conditions: Sequence[Any]) -> Any:
    return reduce(lambda a, b: a | b, conditions) if conditions else SQL("1 = 0")


def _grade_is(grade: int) -> Any:
    """The grade of the last inspection of the deep clock that has one."""
    later = Inspection.alias()
    graded = (
        Inspection.select(Inspection.equipment)
        .where(
            Inspection.grade == grade,
            Inspection.replaced_by.is_null(),
            Inspection.clock.in_(_DEEP),
            ~fn.EXISTS(
                later.select(later.id).where(
                    later.equipment == Inspection.equipment,
                    later.clock == Inspection.clock,
                    later.replaced_by.is_null(),
                    later.grade.is_null(False),
                    later.completed_on > Inspection.completed_on,
                )
            ),
        )
        .distinct()
    )
    return Equipment.id.in_(graded)


def _add_grades(rows: list[dict[str, Any]]) -> None:
    found = {row["equipment"]: row["grade"] for row in _standing(rows) if row["grade"] is not None}
    for row in rows:
        row["grade"] = found.get(row["id"])


def _with_parents(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The installation of a line, the host of an accessory."""
    ids = {row["parent"] for row in rows if row["parent"]}
    query = Equipment.select(Equipment.id, Equipment.name, Equipment.own_number).where(Equipment.id.in_(ids))
    parents = {parent["id"]: parent for parent in dicts(query)} if ids else {}
    for row in rows:
        parent = parents.get(row["parent"], {})
        row["installation"] = parent.get("name") if row["form"] == "line" else None
        row["host"] = parent.get("own_number") if row["form"] == "accessory" else None
    return rows


def _with_inspections(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id = {row["id"]: {"grade": None, **row} for row in rows}
    for inspection in _standing(rows):
        row, clock = by_id[inspection["equipment"]], inspection["clock"]
        side = "deep" if clock in _DEEP else clock if clock == "pressure_test" else "light"
        row.update(
            {
                f"{side}.{name}": inspection[name]
                for name in ("completed_on", "next_due", "conclusion", "report_number")
            }
        )
        if side == "deep" and inspection["grade"] is not None:
            row["grade"] = inspection["grade"]
    return list(by_id.values())


def _standing(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The inspections of these devices, oldest first."""
    if not rows:
        return iter(())
    query = (
        Inspection.select(
            Inspection.equipment,
            Inspection.clock,
            Inspection.completed_on,
            Inspection.next_due,
            Inspection.conclusion,
            Inspection.grade,
            Inspection.report_number,
        )
        .where(Inspection.equipment.in_([row["id"] for row in rows]), Inspection.replaced_by.is_null())
        .order_by(fn.COALESCE(Inspection.completed_on, ""), Inspection.id)
    )
    return iter(dicts(query))
