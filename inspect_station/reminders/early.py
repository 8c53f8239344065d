"""What a letter of today takes along because it falls before the next one."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from inspect_station.reminders import ladder
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.owed import Known, Owed
from inspect_station.reminders.pace import Pace, Recipient, groups, waiting_of
from inspect_station.reminders.quiets import Quiets
from inspect_station.reminders.routes import Route
from schedules import ladder as law
from schedules.rhythm import Turn, Waiting


class Ahead:
    """One day's look ahead, for all recipients."""

    def __init__(self, pace: Pace, resting: Quiets) -> None:
        self._pace = pace
        self._resting = resting
        self._waiting: dict[Recipient, Waiting] = {g.key: g.waiting for g in groups()}
        self._reached: dict[date, ladder.Reached] = {}

    def comes(self, rows: Sequence[LadderRow], told: Sequence[Route], rules: law.Ladder) -> bool:
        """Whether anything would go into a gathered letter of today, nothing being owed yet."""
        turns = [self._turn(rows, route) for route in told]
        return any(turn.regular and next(self._early(told[0], rows, rules, turn), None) for turn in turns)

    def said(
        self,
        rows: Sequence[LadderRow],
        told: Sequence[Route],
        loud: Sequence[Owed],
        rules: law.Ladder,
        recorded: Known,
    ) -> list[Owed]:
        """What is to be recorded: what is owed, and to whom a letter goes today what comes before the next one."""
        by_route: dict[Route, list[Owed]] = {route: [] for route in told}
        for one in loud:
            by_route[one.route].append(one)
        return [one for route, own in by_route.items() for one in self._said_to(route, own, rows, rules, recorded)]

    def _said_to(
        self, route: Route, loud: list[Owed], rows: Sequence[LadderRow], rules: law.Ladder, recorded: Known
    ) -> list[Owed]:
        turn = self._turn(rows, route)
        waiting = self._all_waiting((rows[0].enterprise_id, route.channel, route.recipient), loud, recorded)
        if not (turn.regular or turn.writes(waiting)):
            return loud
        early = [one for one in self._early(route, rows, rules, turn) if recorded.lacks(one)]
        if not turn.writes(waiting, min((one.step.owed_on for one in early), default=None)):
            return loud
        overtaken = {one.key for one in early}
        return [one for one in loud if one.key not in overtaken] + early

    def _turn(self, rows: Sequence[LadderRow], route: Route) -> Turn:
        return self._pace.turn(rows[0].enterprise_id, route.channel, route.recipient)

    def _all_waiting(self, recipient: Recipient, loud: Sequence[Owed], recorded: Known) -> Waiting | None:
        """What waited before and what comes new today."""
        waiting = self._waiting.get(recipient)
        for one in loud:
            if recorded.lacks(one):
                new = waiting_of(one.step, recorded.is_urgent(one))
                waiting = waiting.plus(new) if waiting else new
        return waiting

    def _early(self, route: Route, rows: Sequence[LadderRow], rules: law.Ladder, turn: Turn) -> Iterator[Owed]:
        """The last step of each row that counts down and falls before the next letter."""
        today = self._pace.today
        reached = self._reached.setdefault(
            turn.ahead, ladder.Reached(turn.ahead - timedelta(days=1), ladder.last_before)
        )
        for row in rows:
            step = reached(row, rules)
            if step is None or step.owed_on <= today:
                continue
            if self._resting.over(row.equipment_id, row.clock, step.name, step.week, today) is None:
                yield Owed(row, step, route, rules)
