"""What letters taken together have in common, looked up once for all of them: they mostly go to the same firm."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeVar

from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service as clinic
from inspect_station.clinic.service import OwedPrescription
from inspect_station.config import Settings
from inspect_station.db import run
from inspect_station.notices.model import Line, NoticeKind, Office
from inspect_station.planning import service as planning
from inspect_station.reminders import paper, policies, quiets, routes, source
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.policies import Policy

T = TypeVar("T")

# Name, own policy, and the inspector: in one statement, for a server's answer takes longer than finding it.
_FIRM = (
    "SELECT f.name, p.policy, a.name, a.mobile FROM enterprise f LEFT JOIN reminder_policy p ON p.enterprise_id = f.id "
    "LEFT JOIN account a ON a.id = f.responsible_id AND a.disabled_at IS NULL WHERE f.id = :id"
)

Clocks = frozenset[tuple[int, str]]


class Common:
    """Facts of one day. It lives no longer than the transaction that asks: the next one looks anew."""

    def __init__(self, today: date, devices: Iterable[int] = ()) -> None:
        self.today = today
        self._known: dict[Hashable, Any] = {}
        self._wanted = sorted(set(devices))

    def _once(self, key: Hashable, look: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = look()
        found: T = self._known[key]
        return found

    # --- of devices ---

    def present(self) -> Mapping[tuple[int, str], LadderRow]:
        """The answers as they stand; whoever asks has brought the due list up to date."""
        return self._once("present", lambda: source.standing(self._wanted))

    def devices(self) -> Mapping[int, Mapping[str, Any]]:
        return self._once("devices", lambda: source.devices(self._wanted))

    def lines(self, clocks: Clocks) -> Mapping[NoticeKind, Sequence[Line]]:
        """The rows of these clocks as a notice shows them."""
        return self._once(("lines", clocks), lambda: paper.lines_of(clocks, self.today))

    # --- of an enterprise ---

    def policy(self, firm: int) -> Policy:
        return self._once(("policy", firm), lambda: policies.agreed_or_station(self._firm(firm)[1]))

    def recipients(self, firm: int, mail: str) -> frozenset[str]:
        """Who may be written to; `mail` says how mail goes: mail or folder."""
        known = self._once(("to", firm, mail), lambda: routes.every_route(firm, mail, self.today))
        return self._once(("names", firm, mail), lambda: frozenset(route.recipient for route in known))

    def resting(self, firm: int) -> quiets.Quiets:
        return self._once(("quiet", firm), lambda: quiets.standing(self.today, [firm]))

    def name(self, firm: int) -> str:
        return str(self._firm(firm)[0])

    def inspector(self, firm: int) -> str:
        """Name and telephone of who is responsible; empty where nobody is."""
        return " ".join(filter(None, self._firm(firm)[2:]))

    def _firm(self, firm: int) -> tuple[Any, ...]:
        return self._once(("firm", firm), lambda: run(_FIRM, {"id": firm})[0])

    def prescriptions(self, firm: int) -> Sequence[OwedPrescription]:
        return self._once(("owes", firm), lambda: clinic.owed(self.today, [firm]).get(firm, ()))

    def office(self, firm: int, settings: Settings) -> Office:
        return self._once(("office", firm), lambda: paper.office_for(settings, firm))

    def asks_stop(self, firm: int, clocks: Clocks) -> bool:
        """Whether one of these needs a standstill of an enterprise that has told us of none."""
        stopping = self._once("stopping", planning.sites.needing_stop)
        asked = partial(planning.sites.lacks_stop, Actor.system(), firm, clocks, self.today, stopping)
        return self._once(("stop", firm, clocks), asked)
