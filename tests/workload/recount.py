"""Every figure recounted from raw rows by another path: whole tables into Python, plain loops, the engine's own dates."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from inspect_station.casework.models import Application, ApplicationItem, FindingNotice, Report
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.clock import SHANGHAI
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Enterprise, Inspection
from inspect_station.reminders.answers.models import Answer
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.workload.periods import Period
from schedules.terms import Conclusion

Clock = tuple[int, str]


def day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"{text}-28")


def on(moment: Any) -> date:
    return moment.astimezone(SHANGHAI).date()


class Recount:
    def __init__(self, period: Period, today: date) -> None:
        self.first, self.last, self.today = period.first, period.last, today
        self.asof = min(period.upto or period.last, today)
        rows = {(r.equipment_id, r.clock): r for r in DueRow.select() if r.done_by == "institution"}
        self.rows = rows
        standing = (i for i in Inspection.select() if i.replaced_by_id is None and i.completed_on)
        self.inspections = sorted(
            (i for i in standing if (i.equipment_id, i.clock) in rows), key=lambda i: (i.completed_on, i.id)
        )

    def within(self, when: date) -> bool:
        return self.first <= when <= self.asof

    def due(self) -> list[tuple[Clock, date, bool]]:
        """Clock, date, whether it was inspected by the end."""
        answered: dict[tuple[int, str, str], date] = {}
        for i in self.inspections:
            if i.answered_due and self.first <= day(i.answered_due) <= self.last:
                key = (i.equipment_id, i.clock, i.answered_due)
                answered[key] = min(answered.get(key, date.max), day(i.completed_on))
        found = [((e, c), day(due), done <= self.asof) for (e, c, due), done in answered.items()]
        for key, row in self.rows.items():
            last = row.due_on if row.standing == 1 else row.late_on if row.standing in (2, 3) else None
            if last and self.first <= last <= self.last:
                found.append((key, last, False))
        return found

    def overdue(self) -> set[Clock]:
        late = {k for k, r in self.rows.items() if r.standing in (1, 2, 3) and r.late_on and r.late_on < self.asof}
        for i in self.inspections:
            if i.answered_due and day(i.answered_due) < self.asof < day(i.completed_on):
                late.add((i.equipment_id, i.clock))
        return late

    def inspected(self) -> list[Any]:
        return [i for i in self.inspections if self.within(day(i.completed_on))]

    def again(self, inspection: Any) -> bool:
        before = [
            i
            for i in self.inspections
            if (i.equipment_id, i.clock) == (inspection.equipment_id, inspection.clock)
            and (i.completed_on, i.id) < (inspection.completed_on, inspection.id)
        ]
        return bool(before) and self.failed(before[-1])

    @staticmethod
    def failed(inspection: Any) -> bool:
        return bool(inspection.conclusion) and not Conclusion(inspection.conclusion).qualified

    def initiative(self) -> int:
        return sum(self._asked_first(key, when) for key, when, _ in self.due())

    def _asked_first(self, key: Clock, due_on: date) -> bool:
        cases = {a.id: a for a in Application.select()}
        for item in ApplicationItem.select():
            if (
                (item.equipment_id, item.clock) != key
                or item.due_on != due_on
                or item.outcome not in ("", "inspected")
            ):
                continue
            at = cases[item.application_id].submitted_at
            urged = [
                s
                for s in OwedStep.select()
                if (s.equipment_id, s.clock) == key and s.state == "sent" and s.due[:7] == due_on.isoformat()[:7]
                and s.done_at < at
            ]  # fmt: skip
            if not urged and on(at) <= self.asof:
                return True
        return False

    def promised(self, rows: Iterable[Any], by: str, done: str) -> tuple[int, int]:
        kept = total = 0
        for row in rows:
            until, at = getattr(row, by), getattr(row, done)
            if until is None or not self.first <= until <= self.last:
                continue
            in_time = at is not None and on(at) <= until
            if (until < self.today and until <= self.asof) or (at is not None and on(at) <= self.asof):
                total, kept = total + 1, kept + in_time
        return kept, total

    def firms(self) -> list[Any]:
        return [f for f in Enterprise.select() if f.status == "active"]

    def seen(self, first: date) -> set[int]:
        return {
            self.rows[i.equipment_id, i.clock].enterprise_id
            for i in self.inspections
            if first <= day(i.completed_on) <= self.asof
        }

    def figures(self) -> dict[str, tuple[int, int]]:
        """Of each figure: how many counted, of how many."""
        due, inspected, overdue = self.due(), self.inspected(), self.overdue()
        first = [i for i in inspected if not self.again(i)]
        running = {k for k, r in self.rows.items() if r.standing <= 3}
        notices = [n for n in FindingNotice.select() if n.state != "cancelled"]
        visits = {v.id: v for v in ClinicVisit.select() if v.state != "cancelled" and v.visited_on}
        met = [v for v in visits.values() if self.within(v.visited_on)]
        prescribed = [f for f in ClinicFinding.select() if f.state != "dropped"]
        noted = [f for f in prescribed if f.visit_id in {v.id for v in met}]
        sent = [m for m in Message.select() if m.state == "sent" and self.within(m.day)]
        answered = {a.message_id for a in Answer.select()}
        spoke = {a.enterprise_id for a in Answer.select() if self.within(on(a.given_at))}
        spoke |= {a.enterprise_id for a in Application.select() if self.within(on(a.submitted_at))}
        active = {f.id for f in self.firms()}
        served = (
            self.seen(self.first) | {n.enterprise_id for n in notices if n.issued_at and self.within(on(n.issued_at))}
        ) & active
        since = self.asof - timedelta(days=90)
        done = sum(d for *_, d in due)
        open_ = [
            n for n in notices
            if n.issued_at and on(n.issued_at) <= self.asof and not (n.closed_at and on(n.closed_at) <= self.asof)
        ]  # fmt: skip
        return {
            "due": (done, len(due)),
            "due_done": (done, len(due)),
            "rate_inspected": (done, len(due)),
            "inspected": (sum(not self.failed(i) and bool(i.conclusion) for i in inspected), len(inspected)),
            "overdue": (len(overdue), len(overdue)),
            "rate_overdue": (len(overdue & running), len(running)),
            "rate_first_pass": (sum(bool(i.conclusion) and not self.failed(i) for i in first), len(first)),
            "rate_initiative": (self.initiative(), len(due)),
            "rate_report": self.promised(Report.select(), "report_by", "issued_at"),
            "promise_accept": self.promised(
                [a for a in Application.select() if a.state != "withdrawn"], "accept_by", "decided_at"
            ),
            "promise_schedule": self.promised(
                [a for a in Application.select() if a.state not in ("withdrawn", "refused")],
                "schedule_by",
                "scheduled_at",
            ),
            "promise_reinspect": self.promised(notices, "reinspect_by", "reinspected_at"),
            "reports_issued": _all(r for r in Report.select() if r.issued_at and self.within(on(r.issued_at))),
            "findings_issued": _all(n for n in notices if n.issued_at and self.within(on(n.issued_at))),
            "findings_closed": _all(n for n in notices if n.closed_at and self.within(on(n.closed_at))),
            "findings_open": _all(open_),
            "clinic_visits": _all(met),
            "clinic_findings": (sum(f.repeats_id is not None for f in noted), len(noted)),
            "clinic_repeated": (sum(f.repeats_id is not None for f in noted), len(noted)),
            "rate_clinic": self.promised(prescribed, "deadline", "ended_at"),
            "reminders_sent": (sum(m.id in answered for m in sent), len(sent)),
            "reminders_answered": (sum(m.id in answered for m in sent), len(sent)),
            "firms_silent": _all(({m.enterprise_id for m in sent} - spoke) & active),
            "firms_served": (len(served), len(active)),
            "firms_unseen": _all(
                active
                - self.seen(since)
                - {v.enterprise_id for v in visits.values() if since <= v.visited_on <= self.asof}
            ),
        }


def _all(found: Iterable[Any]) -> tuple[int, int]:
    count = len(list(found))
    return count, count
