"""What the records of a clock say on a day: the inspection that counts, extensions and events that stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from schedules.dates import Day, add_months
from schedules.facts import Equipment, Extension, Inspection
from schedules.rule import Rule, Version
from schedules.terms import Clock


def records(
    equipment: Equipment, clock: Clock, counts_as: frozenset[Clock], on: date, turns: list[date]
) -> list[Inspection]:
    """The inspections of a clock known on a day; records dated later do not count yet: their days go to `turns`.

    Those of other clocks that count as its own lend no printed date.
    """
    found = []
    for inspection in equipment.inspections:
        done = inspection.completed_on
        own = inspection.clock is clock
        if not own and (done is None or inspection.clock not in counts_as):
            continue
        if done is not None and done.date > on:
            turns.append(done.date)
        else:
            found.append(inspection if own else replace(inspection, next_due=None))
    return found


def last_of(inspections: Sequence[Inspection]) -> Inspection | None:
    """The inspection that counts: the one completed last; those without a date only where none has one."""
    if len(inspections) == 1:
        return inspections[0]
    last, latest = None, date.min
    for inspection in inspections:
        done = inspection.completed_on
        if done is None or done.date < latest:
            continue
        if last is None or done.date > latest or _weight(inspection) > _weight(last):
            last, latest = inspection, done.date
    return last or max(inspections, key=_undated_weight, default=None)


def _undated_weight(inspection: Inspection) -> tuple[object, ...]:
    """A failed one counts, else the one printed to be due first, else the worse one."""
    printed, conclusion = inspection.next_due, inspection.conclusion
    return (
        conclusion is not None and conclusion.failed,
        -printed.last.toordinal() if printed else -date.max.toordinal(),
        printed is not None and printed.is_month,
        inspection.grade or 0,
        conclusion or "",
    )


def _weight(inspection: Inspection) -> tuple[int, bool, int, bool, int]:
    """Of one day a failed one counts, then the worse grade, then the fuller record, then the earlier date."""
    done, printed, conclusion = inspection.completed_on, inspection.next_due, inspection.conclusion
    return (
        done.date.toordinal() if done else 0,
        conclusion is not None and conclusion.failed,
        inspection.grade or 0,
        conclusion is not None and conclusion.qualified,
        -printed.date.toordinal() if printed else -date.max.toordinal(),
    )


def monitored_since(
    equipment: Equipment,
    inspections: Sequence[Inspection],
    last: Inspection,
    grades: frozenset[int],
    on: date,
) -> Day | None:
    """Where monitored use began: as stated, else the first of the unbroken run of such inspections."""
    stated = equipment.traits.get("monitored_since")
    if stated is not None and stated <= on:
        return Day(stated)
    began = last.completed_on
    for inspection in _back_from(inspections, last):
        if inspection.grade not in grades:
            break
        began = inspection.completed_on
    return began


def _back_from(inspections: Sequence[Inspection], last: Inspection) -> Iterable[Inspection]:
    """The inspections before the last, latest first, one for each day."""
    days: dict[date, list[Inspection]] = {}
    for inspection in inspections:
        done, end = inspection.completed_on, last.completed_on
        if done is not None and end is not None and done.date < end.date:
            days.setdefault(done.date, []).append(inspection)
    return (max(days[day], key=_weight) for day in sorted(days, reverse=True))


def standing_extension(
    equipment: Equipment, clock: Clock, last: Inspection | None, after: date | None, on: date
) -> Extension | None:
    """The approved extension that moves the date furthest beyond `after`; None where none stands.

    An extension granted later than today, or before the last inspection, does not stand. Where there is no date to
    compare with, one without a day of grant has to end after that inspection.
    """
    done = last.completed_on if last else None
    standing, alone = None, after is None
    for extension in equipment.extensions:
        if extension.clock is not clock:
            continue
        granted, until = extension.granted_on, extension.until.last
        if granted is not None and (granted > on or (done is not None and granted < done.date)):
            continue
        if granted is None and alone and done is not None and until <= done.date:
            continue
        if after is None or until > after:
            standing, after = extension, until
    return standing


def outstanding_event(
    equipment: Equipment, rules: Sequence[Rule], inspections: Sequence[Inspection], on: date
) -> tuple[date, Version] | None:
    """The earliest event (a move, a restart) that no inspection has answered yet, with the rule it calls."""
    found = []
    for rule in rules:
        day, answered_from = _event(equipment, rule.versions[-1])
        if day is None or day > on or any(_on_or_after(one, answered_from) for one in inspections):
            continue
        found.append((day, rule.in_force(day) or rule.versions[0]))
    return min(found, key=lambda item: item[0], default=None)


def _event(equipment: Equipment, version: Version) -> tuple[date | None, date]:
    """The day of a rule's event, and the first day on which an inspection answers it."""
    if version.event == "moved":
        return equipment.moved_on, equipment.moved_on or date.max
    stopped, restarted = equipment.stopped_on, equipment.restarted_on
    if stopped is None or restarted is None or restarted < add_months(stopped, version.after_stop_months or 0):
        return None, date.max
    return restarted, date.fromordinal(stopped.toordinal() + 1)


def _on_or_after(inspection: Inspection, day: date) -> bool:
    return inspection.completed_on is not None and inspection.completed_on.date >= day


def long_stop_on(equipment: Equipment, rules: Sequence[Rule], inspections: Sequence[Inspection]) -> date | None:
    """The day on which the present stop is so long that an inspection must precede the restart."""
    stopped, restarted = equipment.stopped_on, equipment.restarted_on
    if stopped is None or (restarted is not None and restarted >= stopped):
        return None
    for rule in rules:
        version = rule.versions[-1]
        after_stop = date.fromordinal(stopped.toordinal() + 1)
        if version.after_stop_months and not any(_on_or_after(one, after_stop) for one in inspections):
            return add_months(stopped, version.after_stop_months)
    return None
