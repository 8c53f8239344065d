"""The outbox: owed steps, the messages that carry them, every try to deliver one; and who runs the timetable.

Rows are never deleted: what was said to whom, with which date and rule, stays readable.
"""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Node,
    TextField,
)

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Contact, Enterprise, Equipment

_EMPTY: list[Node] = [SQL("DEFAULT ''")]
_ZERO: list[Node] = [SQL("DEFAULT 0")]
_FALSE: list[Node] = [SQL("DEFAULT FALSE")]

# queued: waits. claimed: a sender has it until `lease_until`. failed: tried, will be tried again at `next_at`.
# uncertain: the receiver may or may not have it; tried again with the same Message-ID.
# The other four are ends: sent, refused (for good), superseded (by a later step), suppressed (with a reason).
OPEN_STATES = ("queued", "claimed", "failed", "uncertain")
END_STATES = ("sent", "refused", "superseded", "suppressed")
_STATE_CHECK = "state IN ('queued', 'claimed', 'failed', 'uncertain', 'sent', 'refused', 'superseded', 'suppressed')"


class Message(Table):
    """One letter to one recipient of one enterprise: everything owed and unsent at that time."""

    id = AutoField()
    # What makes it this one: `auto:enterprise:channel:recipient:day`, or `manual:…`. Its Message-ID derives from it.
    key = CharField(max_length=400, unique=True)
    message_id = CharField(max_length=200)
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    channel = CharField(max_length=20)
    # The normalised address; empty where the enterprise has none.
    recipient = CharField(max_length=254)
    recipient_name = CharField(max_length=100, default="", constraints=_EMPTY)
    manual = BooleanField(default=False, constraints=_FALSE)
    day = DateField()
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    # May have reached the receiver more than once or before it was recorded.
    doubtful = BooleanField(default=False, constraints=_FALSE)
    tries = IntegerField(default=0, constraints=_ZERO)
    next_at = MomentField(null=True)
    lease_until = MomentField(null=True)
    claimed_by = CharField(max_length=80, default="", constraints=_EMPTY)
    subject = CharField(max_length=300, default="", constraints=_EMPTY)
    text = TextField(default="", constraints=_EMPTY)
    html = TextField(default="", constraints=_EMPTY)
    file_name = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    created_at = MomentField()
    # Since when it has been tried; a resend by hand begins anew.
    queued_at = MomentField()
    done_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    # Claimed together with others whose turn comes first: nothing of it has gone out yet.
    set_aside = BooleanField(default=False, constraints=_FALSE)

    enterprise_id: int

    class Meta:
        constraints = [Check(_STATE_CHECK)]
        indexes = (
            (("state", "next_at"), False),
            (("enterprise", "channel", "recipient", "day"), False),
            (("day", "id"), False),
        )


class MessageNotice(Table):
    """The notice that goes along with a message as a PDF: its texts, from which the same bytes are set again."""

    message = ForeignKeyField(Message, primary_key=True, on_delete="CASCADE")
    sheets = JsonField()


class OwedStep(Table):
    """One step of the ladder owed to one recipient. Recorded once, whoever and however often asks."""

    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE", index=False)
    clock = CharField(max_length=20)
    # The date it counts down to, as text; empty for a forbidden clock, which has none.
    due = CharField(max_length=10, default="", constraints=_EMPTY)
    step = CharField(max_length=12)
    # While overdue or forbidden the step repeats: the day past the date (1, 8, 15 …) or, for a forbidden clock, the
    # first day of its period, counted from 1970-01-05. A day, so that another rhythm never counts a number twice.
    week = IntegerField(default=0, constraints=_ZERO)
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254)
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    # The order of the steps of one date: a later one supersedes an earlier one.
    rank = IntegerField()
    urgent = BooleanField(default=False, constraints=_FALSE)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    owed_on = DateField()
    # The answer as it stood: date as shown, origin, rule, device as named then.
    facts = JsonField(null=True)
    created_at = MomentField()
    done_at = MomentField(null=True)

    equipment_id: int
    enterprise_id: int
    message_id: int | None

    class Meta:
        constraints = [Check(_STATE_CHECK)]
        indexes = (
            (("equipment", "clock", "due", "step", "week", "channel", "recipient"), True),
            (("enterprise", "equipment", "clock", "due", "channel", "recipient", "rank"), False),
            (("state", "enterprise", "channel", "recipient"), False),
        )


class PrescriptionStep(Table):
    """One reminder of one prescription of the clinic owed to one recipient; once told, its fate is the letter's."""

    id = AutoField()
    finding = IntegerField()  # a number of the clinic's
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    # The deadline it counts down to, as text, and the step as `OwedStep` names it.
    due = CharField(max_length=10)
    step = CharField(max_length=12)
    week = IntegerField(default=0, constraints=_ZERO)
    rank = IntegerField()
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    owed_on = DateField()
    created_at = MomentField()

    class Meta:
        constraints = [Check("state IN ('queued', 'told', 'superseded', 'suppressed')")]
        indexes = (
            (("finding", "due", "step", "week", "channel", "recipient"), True),
            (("state", "enterprise", "channel", "recipient"), False),
        )


class Attempt(Table):
    """One try to deliver a message and what came of it."""

    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    at = MomentField()
    sender = CharField(max_length=80)
    # sent | failed | refused | uncertain | interrupted
    outcome = CharField(max_length=12)
    detail = CharField(max_length=500, default="", constraints=_EMPTY)


class StaffLetter(Table):
    """One letter to one person of the station: the digest of a week, or what became overdue by a day."""

    id = AutoField()
    # `weekly:2026-W48:7`, `overdue:2026-11-23:2`: whoever and however often asks, there is one.
    key = CharField(max_length=60, unique=True)
    message_id = CharField(max_length=200)
    kind = CharField(max_length=10)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254, default="", constraints=_EMPTY)
    day = DateField()
    # The last day whose overdue it tells of.
    told_until = DateField(null=True)
    subject = CharField(max_length=300)
    text = TextField()
    html = TextField()
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    doubtful = BooleanField(default=False, constraints=_FALSE)
    tries = IntegerField(default=0, constraints=_ZERO)
    next_at = MomentField(null=True)
    queued_at = MomentField()
    lease_until = MomentField(null=True)
    claimed_by = CharField(max_length=80, default="", constraints=_EMPTY)
    created_at = MomentField()
    done_at = MomentField(null=True)

    account_id: int

    class Meta:
        constraints = [Check(_STATE_CHECK), Check("kind IN ('weekly', 'overdue')")]
        indexes = ((("state", "next_at"), False),)


class ReminderPolicy(Table):
    """What one enterprise has agreed with us instead of the station's ladder and hours."""

    enterprise = ForeignKeyField(Enterprise, primary_key=True, on_delete="CASCADE")
    policy = JsonField()
    # With whom and how, in a person's words.
    agreed = CharField(max_length=200)
    changed_at = MomentField()
    changed_by = CharField(max_length=64)

    enterprise_id: int


class Lease(Table):
    """Who runs the timetable. It only saves work: every job is safe to run twice."""

    name = CharField(max_length=40, primary_key=True)
    holder = CharField(max_length=80)
    until = MomentField()


class Heartbeat(Table):
    """The last sign of life of each worker process."""

    worker = CharField(max_length=80, primary_key=True)
    started_at = MomentField()
    seen_at = MomentField()


class DeadAddress(Table):
    """An address that a receiver has refused for good; until cleared nothing goes there."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    recipient = CharField(max_length=254)
    channel = CharField(max_length=20)
    reason = CharField(max_length=300)
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    at = MomentField()
    cleared_at = MomentField(null=True)
    cleared_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)

    enterprise_id: int

    class Meta:
        indexes = ((("enterprise", "recipient"), False),)


class SendLimit(Table):
    """How fast one receiver may be written to; one row shared by all workers, moved by conditional updates only."""

    key = CharField(max_length=80, primary_key=True)
    # Seconds since 1970. `full_at`: when the letters granted so far will have been paid for.
    full_at = DoubleField(default=0, constraints=_ZERO)
    blocked_until = DoubleField(default=0, constraints=_ZERO)


class HandDelivery(Table):
    """What a person did about a message: a call and its result, or a printed notice handed over."""

    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    contact = ForeignKeyField(Contact, null=True, on_delete="SET NULL", index=False)
    contact_name = CharField(max_length=60, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    account_name = CharField(max_length=64, default="", constraints=_EMPTY)
    way = CharField(max_length=10)
    outcome = CharField(max_length=20)
    words = CharField(max_length=300, default="", constraints=_EMPTY)
    # When to try again, where the enterprise was not reached.
    next_on = DateField(null=True)
    # When a printed notice was handed over.
    delivered_on = DateField(null=True)
    at = MomentField()

    class Meta:
        constraints = [Check("way IN ('phone', 'print')")]
