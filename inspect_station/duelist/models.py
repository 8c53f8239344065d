"""The projection, its stamp, and what the technical head has confirmed."""

from peewee import SQL, AutoField, BooleanField, CharField, DateField, ForeignKeyField, IntegerField, Node, TextField

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Equipment

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class DueRow(Table):
    """The answer of one clock of one device, written by `projection.refresh` alone.

    `standing` is the part of the bucket that does not depend on today (see `buckets.py`). `sort_on` puts the urgent
    first: a day long past for the forbidden, a day never reached for what has no date. `late_on` is the last lawful
    day. `body` is the whole answer as JSON, but for `state`, which is compared when reading.
    """

    id = AutoField()
    equipment = ForeignKeyField(Equipment, index=False, on_delete="CASCADE")
    clock = CharField(max_length=20)
    enterprise_id = IntegerField()
    kind = CharField(max_length=20)
    catalogue_code = CharField(max_length=4)
    standing = IntegerField()
    answer = CharField(max_length=20)
    due_on = DateField(null=True)
    precision = CharField(max_length=10, null=True)
    origin = CharField(max_length=10, null=True)
    apply_by = DateField(null=True)
    latest = DateField(null=True)
    earliest = DateField(null=True)
    late_on = DateField(null=True)
    sort_on = DateField()
    grade = IntegerField(null=True)
    done_by = CharField(max_length=20)
    why = CharField(max_length=40, null=True)
    document = CharField(max_length=100, null=True)
    clause = CharField(max_length=100, null=True)
    verified = CharField(max_length=20, null=True)
    rule = CharField(max_length=100, null=True)
    version = CharField(max_length=40, null=True)
    version_digest = CharField(max_length=64, null=True)
    # The date itself rests on a version that nobody has read in the document: 待核实 unless confirmed.
    unread = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    computed_on = DateField()
    changes_on = DateField(null=True, index=True)
    equipment_revision = IntegerField()
    body = TextField()

    class Meta:
        # late_on and standing at the end: counting a bucket then never touches the table.
        indexes = (
            (("equipment", "clock"), True),
            (("sort_on", "id", "late_on", "standing"), False),
            (("kind", "sort_on", "id", "late_on", "standing"), False),
            (("standing", "sort_on", "id", "late_on"), False),
            (("rule", "version"), False),
        )


# What the month's figures count lies in the index alone; reading rows with their bodies for it takes ten times as long.
DueRow.add_index(
    DueRow.index(
        DueRow.equipment, DueRow.clock, DueRow.done_by, DueRow.enterprise_id, DueRow.kind, name="due_row_whose"
    )
)
DueRow.add_index(
    DueRow.index(
        DueRow.done_by, DueRow.sort_on, DueRow.standing, DueRow.late_on, DueRow.kind, DueRow.clock,
        DueRow.enterprise_id, DueRow.equipment, name="due_row_counted",
    )
)  # fmt: skip
# What the ladder asks of an enterprise each morning (`reminders.news`), the list and its counts by the way.
DueRow.add_index(
    DueRow.index(
        DueRow.enterprise_id, DueRow.sort_on, DueRow.id, DueRow.late_on, DueRow.standing, DueRow.answer, DueRow.clock,
        DueRow.equipment, DueRow.due_on, DueRow.earliest, DueRow.latest, name="due_row_of_enterprise",
    )
)  # fmt: skip


class DueStamp(Table):
    """What the projection rests on: one row. `position` says how far a rebuild for `building` has come."""

    id = AutoField()
    digest = CharField(max_length=64, default="", constraints=_EMPTY)
    building = CharField(max_length=64, default="", constraints=_EMPTY)
    position = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    newest = DateField()


class RuleConfirmation(Table):
    """A rule's version as the technical head read it in the document. It stands for that very content only."""

    id = AutoField()
    rule = CharField(max_length=100)
    version = CharField(max_length=40)
    digest = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()
    remark = TextField(default="", constraints=_EMPTY)
    clause_text = TextField(default="", constraints=_EMPTY)
    withdrawn_at = MomentField(null=True)
    withdrawn_by = CharField(max_length=64, default="", constraints=_EMPTY)
    withdrawn_reason = CharField(max_length=300, default="", constraints=_EMPTY)

    class Meta:
        indexes = ((("rule", "version"), False),)


RuleConfirmation.add_index(
    RuleConfirmation.index(
        RuleConfirmation.rule,
        RuleConfirmation.version,
        RuleConfirmation.digest,
        unique=True,
        where=RuleConfirmation.withdrawn_at.is_null(),
        name="rule_confirmation_standing",
    )
)


class RulebookPreview(Table):
    """What a rulebook not yet in use would change; kept so that the result can be read again and shown to others."""

    id = AutoField()
    name = CharField(max_length=200)
    digest = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = MomentField()
    compared = IntegerField()
    moves = JsonField(null=True)
