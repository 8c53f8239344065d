"""Plans: sites and their windows, what inspections take, plans with visits, people and items."""

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


_EMPTY = [SQL("DEFAULT ''")]
_FALSE = [SQL("DEFAULT FALSE")]
_ZERO = [SQL("DEFAULT 0")]
_ONE = [SQL("DEFAULT 1")]


class Effort(Base):
    id = AutoField()
    kind = CharField(max_length=20)
    clock = CharField(max_length=20)
    people = IntegerField()
    minutes = IntegerField()
    minutes_per_km = IntegerField(default=0, constraints=_ZERO)
    prep_workdays = IntegerField()
    state = CharField(max_length=10)
    changed_at = DateTimeField()

    class Meta:
        indexes = ((("kind", "clock"), True),)
        constraints = [
            Check("people BETWEEN 1 AND 6"),
            Check("minutes BETWEEN 1 AND 1440"),
            Check("minutes_per_km BETWEEN 0 AND 1440"),
            Check("prep_workdays BETWEEN 0 AND 60"),
            Check("state IN ('any', 'shutdown', 'running')"),
        ]


class Site(Base):
    enterprise = ForeignKeyField(Enterprise, primary_key=True, on_delete="CASCADE")
    continuous = BooleanField(default=False, constraints=_FALSE)
    changed_at = DateTimeField()


class SiteWindow(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    sort = CharField(max_length=10)
    first_on = DateField()
    last_on = DateField()
    units = TextField(null=True)
    note = CharField(max_length=200, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    by_enterprise = BooleanField(default=False, constraints=_FALSE)
    made_at = DateTimeField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("sort IN ('shutdown', 'closed')"), Check("first_on <= last_on")]
        indexes = ((("enterprise", "last_on"), False),)


class Plan(Base):
    id = AutoField()
    name = CharField(max_length=100)
    state = CharField(max_length=10, default="waiting", constraints=[SQL("DEFAULT 'waiting'")], index=True)
    what_if = BooleanField(default=False, constraints=_FALSE)
    changes = TextField(null=True)
    based_on = ForeignKeyField("self", null=True, on_delete="SET NULL")
    as_of = DateField()
    first_on = DateField()
    last_on = DateField()
    seconds = IntegerField()
    instance = TextField()
    result = TextField(null=True)
    message = TextField(default="", constraints=_EMPTY)
    worker = CharField(max_length=40, default="", constraints=_EMPTY)
    heartbeat_at = DateTimeField(null=True)
    started_at = DateTimeField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    made_by = CharField(max_length=64)
    created_at = DateTimeField()
    finished_at = DateTimeField(null=True)
    approved_by = CharField(max_length=64, default="", constraints=_EMPTY)
    approved_at = DateTimeField(null=True)
    published_until = DateField(null=True)
    published_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check(
                "state IN ('waiting', 'running', 'proposed', 'approved', 'replaced', 'failed', 'cancelled', 'discarded')"
            )
        ]


class PlanVisit(Base):
    id = AutoField()
    plan = ForeignKeyField(Plan, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    on_day = DateField()
    start = IntegerField()
    minutes = IntegerField()
    pinned = BooleanField(default=False, constraints=_FALSE)
    answer = CharField(max_length=10, default="", constraints=_EMPTY)
    counter_on = DateField(null=True)
    answer_note = CharField(max_length=300, default="", constraints=_EMPTY)
    answered_by = CharField(max_length=64, default="", constraints=_EMPTY)
    answered_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("answer IN ('', 'agreed', 'countered')")]
        indexes = ((("plan", "on_day"), False), (("enterprise", "on_day"), False))


class VisitPerson(Base):
    id = AutoField()
    visit = ForeignKeyField(PlanVisit, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE")

    class Meta:
        indexes = ((("visit", "account"), True),)


class PlanItem(Base):
    id = AutoField()
    plan = ForeignKeyField(Plan, on_delete="CASCADE")
    visit = ForeignKeyField(PlanVisit, null=True, on_delete="SET NULL")
    key = CharField(max_length=60)
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    kind = CharField(max_length=20)
    enterprise = ForeignKeyField(Enterprise, index=False, on_delete="CASCADE")
    minutes = IntegerField()
    people = IntegerField()
    due_on = DateField()
    reason = CharField(max_length=20, default="", constraints=_EMPTY)
    certificate = TextField(null=True)
    why = TextField(default="", constraints=_EMPTY)

    class Meta:
        indexes = ((("plan", "key"), True),)


TABLES = [Effort, Site, SiteWindow, Plan, PlanVisit, VisitPerson, PlanItem]
STUBS = [Account, Enterprise, Equipment]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
