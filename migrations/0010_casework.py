"""Applications, tasks and their dates, reports, reasons."""

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


class Enterprise(Base):
    id = AutoField()


class Equipment(Base):
    id = AutoField()


class Inspection(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]
_FALSE = [SQL("DEFAULT FALSE")]
_ONE = [SQL("DEFAULT 1")]


class Application(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    source = CharField(max_length=10)
    state = CharField(max_length=12, default="submitted", constraints=[SQL("DEFAULT 'submitted'")], index=True)
    submitted_at = DateTimeField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    submitted_by = CharField(max_length=64)
    contact = CharField(max_length=60, default="", constraints=_EMPTY)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    wished_from = DateField(null=True)
    wished_to = DateField(null=True)
    shutdown = BooleanField(default=False, constraints=_FALSE)
    note = TextField(default="", constraints=_EMPTY)
    keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    decided_at = DateTimeField(null=True)
    decided_by = CharField(max_length=64, default="", constraints=_EMPTY)
    accept_by = DateField()
    schedule_by = DateField(null=True)
    scheduled_at = DateTimeField(null=True)
    quiet_until = DateField()
    refusal = CharField(max_length=500, default="", constraints=_EMPTY)
    closed_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)
    sample = BooleanField(default=False, constraints=_FALSE)

    class Meta:
        constraints = [
            Check("source IN ('portal', 'answer', 'desk')"),
            Check("state IN ('submitted', 'accepted', 'scheduled', 'inspecting', 'done', 'refused', 'withdrawn')"),
        ]
        indexes = ((("enterprise", "state"), False),)


class Task(Base):
    id = AutoField()
    application = ForeignKeyField(Application, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    kind = CharField(max_length=20)
    inspector = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    state = CharField(max_length=12, default="waiting", constraints=[SQL("DEFAULT 'waiting'")])
    agreed_on = DateField(null=True, index=True)
    agreed_at = DateTimeField(null=True)
    opened_at = DateTimeField()
    closed_at = DateTimeField(null=True)
    prepared_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('waiting', 'agreed', 'inspecting', 'rectifying', 'done', 'cancelled')")]


class ApplicationItem(Base):
    id = AutoField()
    application = ForeignKeyField(Application, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, index=False, on_delete="CASCADE")
    clock = CharField(max_length=20)
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    due_on = DateField(null=True)
    very_late = BooleanField(default=False, constraints=_FALSE)
    open = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    outcome = CharField(max_length=12, default="", constraints=_EMPTY)
    inspection = ForeignKeyField(Inspection, null=True, on_delete="SET NULL")

    class Meta:
        constraints = [Check("outcome IN ('', 'inspected', 'refused', 'withdrawn', 'cancelled')")]
        indexes = ((("equipment", "clock"), False),)


ApplicationItem.add_index(
    ApplicationItem.index(
        ApplicationItem.equipment,
        ApplicationItem.clock,
        unique=True,
        where=ApplicationItem.open,
        name="application_item_ordered_once",
    )
)


class TaskDate(Base):
    id = AutoField()
    task = ForeignKeyField(Task, on_delete="CASCADE")
    on_day = DateField()
    side = CharField(max_length=10)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    at = DateTimeField()
    outcome = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    answered_by = CharField(max_length=64, default="", constraints=_EMPTY)
    answered_at = DateTimeField(null=True)

    class Meta:
        constraints = [
            Check("side IN ('station', 'enterprise')"),
            Check("outcome IN ('open', 'agreed', 'declined', 'replaced')"),
        ]


class Report(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    number = CharField(max_length=100, default="", constraints=_EMPTY)
    stage = CharField(max_length=10, default="written", constraints=[SQL("DEFAULT 'written'")])
    completed_on = DateField()
    inspectors = TextField(null=True)
    steps = TextField(null=True)
    report_by = DateField()
    issued_at = DateTimeField(null=True)
    created_at = DateTimeField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("stage IN ('written', 'checked', 'reviewed', 'issued')")]
        indexes = ((("stage", "completed_on"), False),)


Report.add_index(
    Report.index(Report.number, unique=True, where=Report.number != SQL("''"), name="report_number_once")
)


class ReportItem(Base):
    id = AutoField()
    report = ForeignKeyField(Report, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, index=False, on_delete="CASCADE")
    clock = CharField(max_length=20)
    inspection = ForeignKeyField(Inspection, on_delete="CASCADE", unique=True)

    class Meta:
        indexes = ((("equipment", "clock"), False),)


class Reason(Base):
    id = AutoField()
    equipment = ForeignKeyField(Equipment, index=False, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    clock = CharField(max_length=20)
    code = CharField(max_length=30)
    person = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    on_day = DateField()
    evidence = CharField(max_length=200, default="", constraints=_EMPTY)
    note = TextField(default="", constraints=_EMPTY)
    quiet_until = DateField(null=True)
    recorded_at = DateTimeField()
    ended_at = DateTimeField(null=True)
    ended_by = CharField(max_length=64, default="", constraints=_EMPTY)

    class Meta:
        indexes = ((("equipment", "clock", "ended_at"), False), (("code", "ended_at"), False))


TABLES = [Application, Task, ApplicationItem, TaskDate, Report, ReportItem, Reason]
STUBS = [Account, Enterprise, Equipment, Inspection]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
