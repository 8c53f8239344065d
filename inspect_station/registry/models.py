"""The facts as tables.

Dates that may be known to the month only are text, `2028-03-31` or `2028-03`: the form of the contracts, in time
order as text, read with `schedules.dates.Day`. Technical values stay the text the ledger held.
"""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    Node,
    TextField,
)

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class Enterprise(Table):
    id = AutoField()
    name = CharField(max_length=200, unique=True)
    short_name = CharField(max_length=60, default="", constraints=_EMPTY)
    initials = CharField(max_length=100, default="", constraints=_EMPTY, index=True)
    credit_code = CharField(max_length=18, null=True, unique=True)
    address = CharField(max_length=300, default="", constraints=_EMPTY)
    plot = CharField(max_length=60, default="", constraints=_EMPTY)
    supervising_office = CharField(max_length=200, default="", constraints=_EMPTY)
    status = CharField(max_length=20, default="active", constraints=[SQL("DEFAULT 'active'")])
    responsible = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    note = TextField(default="", constraints=_EMPTY)
    created_at = MomentField()
    updated_at = MomentField()
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    sample = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])

    class Meta:
        constraints = [Check("status IN ('active', 'closed', 'moved_out')")]


class Contact(Table):
    """A person at an enterprise. Ended, never overwritten: who was told then must stay readable."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    role = CharField(max_length=30)
    name = CharField(max_length=60)
    mobile = CharField(max_length=30, default="", constraints=_EMPTY)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    email = CharField(max_length=200, default="", constraints=_EMPTY)
    robot_address = TextField(default="", constraints=_EMPTY)
    receives_reminders = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    started_on = DateField()
    ended_on = DateField(null=True)
    end_reason = CharField(max_length=200, default="", constraints=_EMPTY)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = MomentField()
    # A group robot: its kind (wecom, dingtalk, feishu); address and signing secret sealed; the last four characters of
    # the address to tell one from another; a digest by which two contacts with the same robot are known.
    robot_kind = CharField(max_length=12, default="", constraints=_EMPTY)
    robot_secret = TextField(default="", constraints=_EMPTY)
    robot_hint = CharField(max_length=4, default="", constraints=_EMPTY)
    robot_digest = CharField(max_length=32, default="", constraints=_EMPTY)
    # The channel tried first for this person; empty: the station's order.
    preferred = CharField(max_length=12, default="", constraints=_EMPTY)

    enterprise_id: int

    class Meta:
        constraints = [
            Check("role IN ('safety_director', 'safety_officer', 'principal', 'equipment_manager', 'other')")
        ]


class Equipment(Table):
    """A device; also a pipe installation, one of its lines, a cylinder batch, an accessory."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    # A line's installation, or the device an accessory is attached to.
    parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
    # device | installation | line | batch | accessory. An installation has no clocks: its lines have.
    form = CharField(max_length=20, default="device", constraints=[SQL("DEFAULT 'device'")])
    catalogue_code = CharField(max_length=4, index=True)
    name = CharField(max_length=200)
    initials = CharField(max_length=100, default="", constraints=_EMPTY, index=True)
    own_number = CharField(max_length=100, default="", constraints=_EMPTY)
    maker = CharField(max_length=200, default="", constraints=_EMPTY)
    maker_number = CharField(max_length=100, default="", constraints=_EMPTY)
    device_code = CharField(max_length=40, default="", constraints=_EMPTY, index=True)
    registration_code = CharField(max_length=40, default="", constraints=_EMPTY, index=True)
    certificate_number = CharField(max_length=60, default="", constraints=_EMPTY, index=True)
    line_number = CharField(max_length=100, default="", constraints=_EMPTY)
    model = CharField(max_length=200, default="", constraints=_EMPTY)
    location = CharField(max_length=300, default="", constraints=_EMPTY)
    quantity = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    length_mm = IntegerField(null=True)
    technical = JsonField(null=True)
    traits = JsonField(null=True)
    status = CharField(max_length=20, default="in_use", constraints=[SQL("DEFAULT 'in_use'")])
    unregistered = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    stopped_on = CharField(max_length=10, null=True)
    restarted_on = CharField(max_length=10, null=True)
    moved_on = CharField(max_length=10, null=True)
    made_on = CharField(max_length=10, null=True)
    put_into_use_on = CharField(max_length=10, null=True)
    design_life_years = IntegerField(null=True)
    exempt_by_design = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    note = TextField(default="", constraints=_EMPTY)
    raw = JsonField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = MomentField()
    updated_at = MomentField()
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    sample = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])

    class Meta:
        constraints = [
            Check("form IN ('device', 'installation', 'line', 'batch', 'accessory')"),
            Check(
                "status IN ('not_yet_in_use', 'in_use', 'stopped', 'scrapped', 'cancelled', 'dismantled')",
            ),
            Check("quantity > 0"),
        ]
        indexes = (
            (("enterprise", "own_number"), False),
            (("enterprise", "maker_number"), False),
            (("parent", "line_number"), False),
        )


class EquipmentTouched(Table):
    """Devices whose facts changed since their due dates were last computed.

    Written in the transaction that changes the facts, read and emptied by `duelist`: nothing changed costs one look.
    """

    equipment = ForeignKeyField(Equipment, primary_key=True, on_delete="CASCADE")


class StatusChange(Table):
    """The history of a device's status."""

    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    status = CharField(max_length=20)
    from_on = CharField(max_length=10, null=True)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = MomentField()


class Inspection(Table):
    """What one inspection said about one clock. Corrected by a new row that replaces the old one."""

    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    completed_on = CharField(max_length=10, null=True)
    conclusion = CharField(max_length=20, null=True)
    grade = IntegerField(null=True)
    next_due = CharField(max_length=10, null=True)
    report_number = CharField(max_length=100, default="", constraints=_EMPTY)
    inspectors = CharField(max_length=200, default="", constraints=_EMPTY)
    institution = CharField(max_length=200, default="", constraints=_EMPTY)
    note = TextField(default="", constraints=_EMPTY)
    # The enforced date this inspection answered, so that last March's rates can be told as of last March.
    answered_due = CharField(max_length=10, null=True)
    replaced_by = ForeignKeyField("self", null=True, on_delete="SET NULL")
    replaced_reason = CharField(max_length=300, default="", constraints=_EMPTY)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    recorded_at = MomentField()

    class Meta:
        indexes = ((("equipment", "clock", "completed_on"), False),)


# A period's figures are counted from these alone: what was done in it, what it answered, since when there is anything.
Inspection.add_index(
    Inspection.index(
        Inspection.completed_on, Inspection.replaced_by, Inspection.equipment, Inspection.clock, Inspection.answered_due,
        Inspection.conclusion, name="inspection_completed_on",
    )
)  # fmt: skip
Inspection.add_index(
    Inspection.index(
        Inspection.answered_due, Inspection.replaced_by, Inspection.equipment, Inspection.clock, Inspection.completed_on,
        name="inspection_answered_due",
    )
)  # fmt: skip
Inspection.add_index(
    Inspection.index(Inspection.completed_on, where=Inspection.answered_due.is_null(False), name="inspection_begun")
)
Equipment.add_index(Equipment.index(Equipment.created_at, name="equipment_created_at"))


class Extension(Table):
    """An approved extension of one clock's date. Withdrawn, never deleted."""

    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    until = CharField(max_length=10)
    granted_on = DateField(null=True)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    withdrawn_at = MomentField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    recorded_at = MomentField()


class FactChange(Table):
    """One changed fact of a device, firm or contact: what it was, what it is, where that came from."""

    id = AutoField()
    object_type = CharField(max_length=20)
    object_id = IntegerField()
    field = CharField(max_length=60)
    old = JsonField(null=True)
    new = JsonField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = MomentField()

    class Meta:
        indexes = ((("object_type", "object_id"), False),)


class Document(Table):
    """A file kept with a device, stored once by its content."""

    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    title = CharField(max_length=200)
    file_name = CharField(max_length=200)
    sha256 = CharField(max_length=64)
    media_type = CharField(max_length=100)
    size = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    added_at = MomentField()
    removed_at = MomentField(null=True)
