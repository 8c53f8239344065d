"""What to prepare before an inspection, by kind and clock: the lists of `preparation.toml`."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schedules.terms import Clock, Kind

_DATA = Path(__file__).with_name("preparation.toml")


@dataclass(frozen=True)
class Item:
    """One thing to prepare; `id` never changes, so that a tick stays with its thing."""

    id: str
    text: str


@dataclass(frozen=True)
class Group:
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Checklist:
    """Everything to prepare for one inspection of one kind of equipment."""

    title: str
    groups: tuple[Group, ...]


def for_clock(kind: Kind, clock: Clock) -> Checklist:
    """The list for this clock of this kind; every clock of the glossary has one."""
    return _checklists()[kind, clock]


def for_clocks(pairs: Iterable[tuple[Kind, Clock]]) -> Sequence[Checklist]:
    """The lists these inspections need, each once, in the order in which they are first needed."""
    return list(dict.fromkeys(for_clock(kind, clock) for kind, clock in pairs))


@cache
def _checklists() -> dict[tuple[Kind, Clock], Checklist]:
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    shared = {name: _group(held["title"], held["items"]) for name, held in data["shared"].items()}
    found: dict[tuple[Kind, Clock], Checklist] = {}
    for entry in data["list"]:
        groups = (_group("专门事项", entry["items"]), *(shared[name] for name in entry["shared"]))
        checklist = Checklist(entry["title"], groups)
        found.update({(Kind(kind), Clock(clock)): checklist for kind, clock in entry["for"]})
    return found


def _group(title: str, items: Iterable[dict[str, str]]) -> Group:
    return Group(title, tuple(Item(item["id"], item["text"]) for item in items))
