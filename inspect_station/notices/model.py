"""What a notice is made of. Texts are shown as they are, whatever characters they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schedules.dates import Day, add_months
from schedules.terms import Clock, DoneBy, Kind, Origin, Term


class NoticeKind(Term):
    DUE = "due", "特种设备到期报检通知"
    OVERDUE = "overdue", "特种设备超期催检通知"
    PREPARATION = "preparation", "特种设备检验准备一次性告知书"


@dataclass(frozen=True)
class Line:
    """One clock of one device, as the table shows it. `due` is a day, a month (2028-03), or None where undetermined."""

    name: str
    kind: Kind
    clock: Clock
    certificate_number: str = ""
    own_number: str = ""
    place: str = ""
    due: str | None = None
    origin: Origin | None = None
    unverified: bool = False
    earliest: date | None = None
    latest: date | None = None
    missing: Sequence[str] = ()
    forbidden: str = ""
    done_by: DoneBy = DoneBy.INSTITUTION

    @property
    def to_verify(self) -> bool:
        """Whether the date rests on a rule whose text nobody here has read."""
        return self.unverified and (self.due is None or self.origin is Origin.RULE)

    @property
    def last_day(self) -> date | None:
        """The last valid day: of a month its last one."""
        return Day.parse(self.due).last if self.due else None

    @property
    def apply_by(self) -> date | None:
        """One calendar month before the last valid day (安全法 art. 40)."""
        return add_months(self.last_day, -1) if self.last_day else None


def line_of(row: Mapping[str, Any]) -> Line:
    """The line for a row of the due list as its service gives it."""
    return Line(
        name=row["name"],
        kind=Kind(row["kind"]),
        clock=Clock(row["clock"]),
        certificate_number=row["certificate_number"] or row["registration_code"],
        own_number=row["line_number"] or row["own_number"],
        place=row["location"],
        due=row["shown_on"],
        origin=Origin(row["origin"]) if row["origin"] else None,
        unverified=row["unverified"],
        earliest=_day(row["earliest"]),
        latest=_day(row["late_on"]),
        missing=tuple(row["missing_labels"]),
        forbidden=row["why_label"] if row["bucket"] == "forbidden" else "",
        done_by=DoneBy(row["done_by"]),
    )


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Office:
    """Who writes: the station, and the person an enterprise may call."""

    name: str
    phone: str = ""
    address: str = ""
    contact: str = ""
    contact_phone: str = ""


@dataclass(frozen=True)
class Notice:
    """One letter on paper to one enterprise. `answer_url` is what the QR code holds; empty: no code.

    Raises `ValueError` for a due or overdue notice without lines.
    """

    kind: NoticeKind
    number: str
    unit: str
    on: date
    office: Office
    lines: Sequence[Line] = field(default_factory=tuple)
    addressee: str = ""
    answer_url: str = ""
    with_preparation: bool = True
    sample: bool = False

    def __post_init__(self) -> None:
        if not self.lines and self.kind is not NoticeKind.PREPARATION:
            raise ValueError(f"a {self.kind} notice without a device says nothing")
