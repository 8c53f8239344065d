"""Answers to messages, and the clocks each one speaks of. Rows are never deleted: what a firm said stays readable."""

from peewee import (
    SQL,
    AutoField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    Node,
)

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders.models import Message

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class Answer(Table):
    """One answer of an enterprise to one message."""

    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    kind = CharField(max_length=10)
    # open: waits for the station. seen: nothing to do (已知悉). correcting: agreed, the register is yet to be mended.
    # done, rejected: the station's word. replaced: the enterprise answered anew before the station spoke.
    state = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    given_at = MomentField()
    # Null: whoever held the link.
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    # What the kind asks: dates wished, the act and its day, the new contact.
    facts = JsonField(null=True)
    file_name = CharField(max_length=200, default="", constraints=_EMPTY)
    sha256 = CharField(max_length=64, default="", constraints=_EMPTY)
    media_type = CharField(max_length=100, default="", constraints=_EMPTY)
    # The application it became, a number of casework.
    application_id = IntegerField(null=True)
    handled_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False, backref="handled_answers")
    handled_at = MomentField(null=True)
    handled_reason = CharField(max_length=300, default="", constraints=_EMPTY)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])

    message_id: int
    enterprise_id: int

    class Meta:
        constraints = [
            Check("kind IN ('noted', 'apply', 'stopped', 'not_ours', 'contact')"),
            Check("state IN ('open', 'seen', 'correcting', 'done', 'rejected', 'replaced')"),
        ]
        indexes = ((("state", "id"), False), (("enterprise", "id"), False))


class AnswerItem(Table):
    """One clock an answer speaks of; with an empty clock the whole device."""

    id = AutoField()
    answer = ForeignKeyField(Answer, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE", index=False)
    clock = CharField(max_length=20, default="", constraints=_EMPTY)
    # The last day on which the ladder keeps quiet for this answer; null: it does not, or no longer.
    quiet_until = DateField(null=True, index=True)

    answer_id: int
    equipment_id: int

    class Meta:
        indexes = ((("equipment", "clock"), False),)
