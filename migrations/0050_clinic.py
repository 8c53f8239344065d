"""The clinic: requests, bookable hours, visits, findings and what followed, the library, answers on scope."""

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


class Task(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]
_ONE = [SQL("DEFAULT 1")]


class ClinicRequest(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    kind = CharField(max_length=16)
    source = CharField(max_length=10)
    question = TextField()
    asked_by = CharField(max_length=64)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    state = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    asked_at = DateTimeField()
    answer_by = DateField()
    answered_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)
    closing = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("source IN ('portal', 'answer', 'phone', 'walk_in', 'scan')"),
            Check("state IN ('open', 'answered', 'closed', 'withdrawn')"),
        ]
        indexes = ((("state", "answer_by"), False), (("enterprise", "state"), False))


class RequestDevice(Base):
    id = AutoField()
    request = ForeignKeyField(ClinicRequest, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")

    class Meta:
        indexes = ((("request", "equipment"), True),)


class RequestEntry(Base):
    id = AutoField()
    request = ForeignKeyField(ClinicRequest, on_delete="CASCADE")
    side = CharField(max_length=10)
    text = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = DateTimeField()

    class Meta:
        constraints = [Check("side IN ('station', 'enterprise')")]


class ClinicSlot(Base):
    id = AutoField()
    inspector = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    day = DateField()
    start_min = IntegerField()
    end_min = IntegerField()
    place = CharField(max_length=10)
    state = CharField(max_length=10, default="free", constraints=[SQL("DEFAULT 'free'")])
    enterprise = ForeignKeyField(Enterprise, null=True, on_delete="RESTRICT")
    topic = CharField(max_length=300, default="", constraints=_EMPTY)
    booked_by = CharField(max_length=64, default="", constraints=_EMPTY)
    booked_at = DateTimeField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    class Meta:
        constraints = [
            Check("place IN ('centre', 'site')"),
            Check("state IN ('free', 'booked', 'closed')"),
            Check("start_min >= 0 AND start_min < end_min AND end_min <= 1440"),
            Check("(state = 'booked') = (enterprise_id IS NOT NULL)"),
        ]
        indexes = ((("inspector", "day", "start_min"), True), (("day", "state"), False))


class ClinicVisit(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    request = ForeignKeyField(ClinicRequest, null=True, on_delete="SET NULL")
    slot = ForeignKeyField(ClinicSlot, null=True, on_delete="SET NULL")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    origin = CharField(max_length=12)
    kind = CharField(max_length=16)
    state = CharField(max_length=10, default="planned", constraints=[SQL("DEFAULT 'planned'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    planned_on = DateField(null=True, index=True)
    visited_on = DateField(null=True)
    inspector = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    place = CharField(max_length=100, default="", constraints=_EMPTY)
    station_people = CharField(max_length=200, default="", constraints=_EMPTY)
    unit_people = CharField(max_length=200, default="", constraints=_EMPTY)
    summary = TextField(default="", constraints=_EMPTY)
    minutes = IntegerField(null=True)
    signature = CharField(max_length=64, default="", constraints=_EMPTY)
    signed_by = CharField(max_length=64, default="", constraints=_EMPTY)
    signed_at = DateTimeField(null=True)
    unsigned_reason = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = DateTimeField()
    finished_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("origin IN ('round', 'request', 'booked', 'inspection', 'other')"),
            Check("state IN ('planned', 'open', 'finished', 'closed', 'cancelled')"),
            Check("minutes IS NULL OR (minutes > 0 AND minutes <= 1440)"),
        ]
        indexes = ((("enterprise", "visited_on"), False), (("state", "planned_on"), False))


class VisitDevice(Base):
    id = AutoField()
    visit = ForeignKeyField(ClinicVisit, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")

    class Meta:
        indexes = ((("visit", "equipment"), True),)


class CommonFinding(Base):
    id = AutoField()
    symptom = CharField(max_length=200)
    diagnosis = TextField(default="", constraints=_EMPTY)
    basis = CharField(max_length=300, default="", constraints=_EMPTY)
    verified = CharField(max_length=12, default="unknown", constraints=[SQL("DEFAULT 'unknown'")])
    grade = CharField(max_length=10)
    measure = TextField()
    days = IntegerField()
    changed_at = DateTimeField()
    changed_by = CharField(max_length=64)
    ended_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("grade IN ('minor', 'major', 'severe')"),
            Check("verified IN ('text', 'secondary', 'recollection', 'unknown')"),
            Check("days >= 0 AND days <= 366"),
        ]


class ClinicFinding(Base):
    id = AutoField()
    visit = ForeignKeyField(ClinicVisit, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    common = ForeignKeyField(CommonFinding, null=True, on_delete="SET NULL")
    repeats = ForeignKeyField("self", null=True, on_delete="SET NULL")
    symptom = TextField()
    diagnosis = TextField(default="", constraints=_EMPTY)
    basis = CharField(max_length=300, default="", constraints=_EMPTY)
    grade = CharField(max_length=10)
    measure = TextField()
    who = CharField(max_length=64, default="", constraints=_EMPTY)
    deadline = DateField()
    state = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    reply = TextField(default="", constraints=_EMPTY)
    replied_at = DateTimeField(null=True)
    replied_by = CharField(max_length=64, default="", constraints=_EMPTY)
    ended_at = DateTimeField(null=True)
    unit_told_at = DateTimeField(null=True)
    unit_told = CharField(max_length=200, default="", constraints=_EMPTY)
    authority_told_at = DateTimeField(null=True)
    authority_told = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = DateTimeField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("grade IN ('minor', 'major', 'severe')"),
            Check("state IN ('open', 'replied', 'partly', 'done', 'dropped')"),
        ]
        indexes = ((("state", "deadline"), False), (("enterprise", "state"), False))


class FindingEntry(Base):
    id = AutoField()
    finding = ForeignKeyField(ClinicFinding, on_delete="CASCADE")
    act = CharField(max_length=16)
    text = TextField(default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = DateTimeField()


class ScopeAnswer(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    visit = ForeignKeyField(ClinicVisit, null=True, on_delete="SET NULL")
    name = CharField(max_length=200)
    facts = TextField()
    verdict = CharField(max_length=10)
    catalogue_code = CharField(max_length=4, default="", constraints=_EMPTY)
    reasons = TextField()
    unverified = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    answered_by = CharField(max_length=64)
    at = DateTimeField()

    class Meta:
        constraints = [Check("verdict IN ('yes', 'no', 'unclear')")]


TABLES = [
    ClinicRequest,
    RequestDevice,
    RequestEntry,
    ClinicSlot,
    ClinicVisit,
    VisitDevice,
    CommonFinding,
    ClinicFinding,
    FindingEntry,
    ScopeAnswer,
]
STUBS = [Account, Enterprise, Equipment, Task]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
