"""Enterprises, contacts, equipment, inspections, extensions and their history."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class Enterprise(Base):
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
    created_at = DateTimeField()
    updated_at = DateTimeField()
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    sample = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])

    class Meta:
        constraints = [Check("status IN ('active', 'closed', 'moved_out')")]


class Contact(Base):
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
    created_at = DateTimeField()

    class Meta:
        constraints = [
            Check("role IN ('safety_director', 'safety_officer', 'principal', 'equipment_manager', 'other')")
        ]


class Equipment(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    parent = ForeignKeyField("self", null=True, on_delete="RESTRICT")
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
    technical = TextField(null=True)
    traits = TextField(null=True)
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
    raw = TextField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = DateTimeField()
    updated_at = DateTimeField()
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


class EquipmentTouched(Base):
    equipment = ForeignKeyField(Equipment, primary_key=True, on_delete="CASCADE")


class StatusChange(Base):
    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    status = CharField(max_length=20)
    from_on = CharField(max_length=10, null=True)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = DateTimeField()


class Inspection(Base):
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
    answered_due = CharField(max_length=10, null=True)
    replaced_by = ForeignKeyField("self", null=True, on_delete="SET NULL")
    replaced_reason = CharField(max_length=300, default="", constraints=_EMPTY)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    recorded_at = DateTimeField()

    class Meta:
        indexes = ((("equipment", "clock", "completed_on"), False),)


class Extension(Base):
    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    until = CharField(max_length=10)
    granted_on = DateField(null=True)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    withdrawn_at = DateTimeField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    recorded_at = DateTimeField()


class FactChange(Base):
    id = AutoField()
    object_type = CharField(max_length=20)
    object_id = IntegerField()
    field = CharField(max_length=60)
    old = TextField(null=True)
    new = TextField(null=True)
    source = CharField(max_length=200, default="", constraints=_EMPTY)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = DateTimeField()

    class Meta:
        indexes = ((("object_type", "object_id"), False),)


class Document(Base):
    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    title = CharField(max_length=200)
    file_name = CharField(max_length=200)
    sha256 = CharField(max_length=64)
    media_type = CharField(max_length=100)
    size = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    added_at = DateTimeField()
    removed_at = DateTimeField(null=True)


TABLES = [
    Enterprise,
    Contact,
    Equipment,
    EquipmentTouched,
    StatusChange,
    Inspection,
    Extension,
    FactChange,
    Document,
]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
