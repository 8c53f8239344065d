"""Applications with their items, tasks with the dates proposed for them, reports, reasons."""

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
from inspect_station.registry.models import Enterprise, Equipment, Extension, Inspection

_EMPTY: list[Node] = [SQL("DEFAULT ''")]
_FALSE: list[Node] = [SQL("DEFAULT FALSE")]
_ZERO: list[Node] = [SQL("DEFAULT 0")]
_ONE: list[Node] = [SQL("DEFAULT 1")]


class Application(Table):
    """One 报检 of one enterprise: as many devices as it named at once. Its number is made of year and id."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    source = CharField(max_length=10)
    state = CharField(max_length=12, default="submitted", constraints=[SQL("DEFAULT 'submitted'")], index=True)
    submitted_at = MomentField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    submitted_by = CharField(max_length=64)
    contact = CharField(max_length=60, default="", constraints=_EMPTY)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    wished_from = DateField(null=True)
    wished_to = DateField(null=True)
    shutdown = BooleanField(default=False, constraints=_FALSE)
    note = TextField(default="", constraints=_EMPTY)
    # 首问负责: whoever is named here sees the case through.
    keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    decided_at = MomentField(null=True)
    decided_by = CharField(max_length=64, default="", constraints=_EMPTY)
    # What was promised on the day (限时办结); a changed setting does not rewrite it.
    accept_by = DateField()
    schedule_by = DateField(null=True)
    scheduled_at = MomentField(null=True)
    # The last day this application keeps reminders away while nobody has set a date.
    quiet_until = DateField()
    refusal = CharField(max_length=500, default="", constraints=_EMPTY)
    closed_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)
    sample = BooleanField(default=False, constraints=_FALSE)

    class Meta:
        constraints = [
            Check("source IN ('portal', 'answer', 'desk')"),
            Check("state IN ('submitted', 'accepted', 'scheduled', 'inspecting', 'done', 'refused', 'withdrawn')"),
        ]
        indexes = ((("enterprise", "state"), False),)


class ApplicationFile(Table):
    """A paper or photo that goes with an application, stored once by its content."""

    id = AutoField()
    application = ForeignKeyField(Application, on_delete="CASCADE")
    file_name = CharField(max_length=140)
    media_type = CharField(max_length=100)
    sha256 = CharField(max_length=64)
    size = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()


class Task(Table):
    """What is done on site together: one unit, one kind, one responsible inspector."""

    id = AutoField()
    application = ForeignKeyField(Application, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    kind = CharField(max_length=20)
    inspector = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    state = CharField(max_length=12, default="waiting", constraints=[SQL("DEFAULT 'waiting'")])
    agreed_on = DateField(null=True, index=True)
    agreed_at = MomentField(null=True)
    opened_at = MomentField()
    closed_at = MomentField(null=True)
    prepared_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('waiting', 'agreed', 'inspecting', 'rectifying', 'done', 'cancelled')")]


class ApplicationItem(Table):
    """One clock of one device within an application; `open` until it is inspected, refused or withdrawn."""

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


# Nothing can be ordered twice at a time, whatever two people press at the same moment.
ApplicationItem.add_index(
    ApplicationItem.index(
        ApplicationItem.equipment,
        ApplicationItem.clock,
        unique=True,
        where=ApplicationItem.open,
        name="application_item_ordered_once",
    )
)


class TaskDate(Table):
    """A day that one side proposed, and what became of it: the whole bargaining stays readable."""

    id = AutoField()
    task = ForeignKeyField(Task, on_delete="CASCADE")
    on_day = DateField()
    side = CharField(max_length=10)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    at = MomentField()
    outcome = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    answered_by = CharField(max_length=64, default="", constraints=_EMPTY)
    answered_at = MomentField(null=True)

    class Meta:
        constraints = [
            Check("side IN ('station', 'enterprise')"),
            Check("outcome IN ('open', 'agreed', 'declined', 'replaced')"),
        ]


class Report(Table):
    """The report on one or (pipe lines) many inspections: its number, and how far it has come."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    number = CharField(max_length=100, default="", constraints=_EMPTY)
    stage = CharField(max_length=10, default="written", constraints=[SQL("DEFAULT 'written'")])
    completed_on = DateField()
    # The people who inspected: [{"id": …, "name": …}]; who moved the report on: {stage: {"by": …, "at": …}}.
    inspectors = JsonField(null=True)
    steps = JsonField(null=True)
    report_by = DateField()
    issued_at = MomentField(null=True)
    created_at = MomentField()
    revision = IntegerField(default=1, constraints=_ONE)
    # 0, or the how-manieth re-inspection under this number: that of a failed device keeps it.
    again = IntegerField(default=0, constraints=_ZERO)

    class Meta:
        constraints = [Check("stage IN ('written', 'checked', 'reviewed', 'issued')")]
        indexes = ((("stage", "completed_on"), False),)


Report.add_index(
    Report.index(
        Report.number, Report.again, unique=True, where=Report.number != SQL("''"), name="report_number_once"
    )
)


class ReportItem(Table):
    """Which inspection a report tells of; a correction puts the new inspection in the old one's place."""

    id = AutoField()
    report = ForeignKeyField(Report, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, index=False, on_delete="CASCADE")
    clock = CharField(max_length=20)
    inspection = ForeignKeyField(Inspection, on_delete="CASCADE", unique=True)

    class Meta:
        indexes = ((("equipment", "clock"), False),)


class Reason(Table):
    """Why a clock is due but not done: who said so, when, on what evidence; ended, never deleted."""

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
    # The last day the reason keeps reminders away from the enterprise; null: it does not.
    quiet_until = DateField(null=True)
    recorded_at = MomentField()
    ended_at = MomentField(null=True)
    ended_by = CharField(max_length=64, default="", constraints=_EMPTY)

    class Meta:
        indexes = ((("equipment", "clock", "ended_at"), False), (("code", "ended_at"), False))


class CaseFile(Table):
    """A photo kept with something of casework, stored once by its content, sized down and without its place data."""

    id = AutoField()
    # preparation | result | notice | reply | application: what `owner_id` counts.
    owner = CharField(max_length=20)
    owner_id = IntegerField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    caption = CharField(max_length=200, default="", constraints=_EMPTY)
    sha256 = CharField(max_length=64)
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()

    class Meta:
        indexes = ((("owner", "owner_id"), False),)


class PreparationTick(Table):
    """What the enterprise says of one line of the preparation list of a task."""

    id = AutoField()
    task = ForeignKeyField(Task, on_delete="CASCADE")
    item = CharField(max_length=60)
    ready = BooleanField()
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()

    class Meta:
        indexes = ((("task", "item"), True),)


class FindingNotice(Table):
    """检验意见通知书: a problem, until when it must be rectified, and how that went."""

    id = AutoField()
    number = CharField(max_length=40, null=True, unique=True)
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    inspection = ForeignKeyField(Inspection, null=True, on_delete="SET NULL")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    severe = BooleanField(default=False, constraints=_FALSE)
    problem = TextField()
    basis = CharField(max_length=300, default="", constraints=_EMPTY)
    deadline = DateField()
    state = CharField(max_length=10, default="draft", constraints=[SQL("DEFAULT 'draft'")])
    issued_at = MomentField(null=True)
    issued_by = CharField(max_length=64, default="", constraints=_EMPTY)
    reply = TextField(default="", constraints=_EMPTY)
    replied_at = MomentField(null=True)
    replied_by = CharField(max_length=64, default="", constraints=_EMPTY)
    reinspect_by = DateField(null=True)
    reinspected_at = MomentField(null=True)
    closed_at = MomentField(null=True)
    # Severe: by law the unit and the authority are told at once (安全法 art. 93): when, by whom, whom and how.
    unit_told_at = MomentField(null=True)
    unit_told = CharField(max_length=200, default="", constraints=_EMPTY)
    authority_told_at = MomentField(null=True)
    authority_told = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = MomentField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('draft', 'issued', 'replied', 'passed', 'closed', 'cancelled')")]
        indexes = ((("state", "deadline"), False), (("enterprise", "state"), False))


class FindingStep(Table):
    """What happened to a notice, one line each: nothing of it is overwritten."""

    id = AutoField()
    notice = ForeignKeyField(FindingNotice, on_delete="CASCADE")
    act = CharField(max_length=20)
    text = TextField(default="", constraints=_EMPTY)
    name = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = MomentField()


class ExtensionRequest(Table):
    """延期申请: asked by the enterprise with its measures, agreed by the institution, filed with the authority."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    original_due = DateField(null=True)
    until = DateField()
    reason = TextField()
    measures = TextField()
    # The enterprise's principal who approved the request before it came to us.
    approved_by = CharField(max_length=60)
    state = CharField(max_length=10, default="asked", constraints=[SQL("DEFAULT 'asked'")])
    asked_at = MomentField()
    asked_by = CharField(max_length=64)
    agreed_at = MomentField(null=True)
    agreed_by = CharField(max_length=64, default="", constraints=_EMPTY)
    opinion = CharField(max_length=500, default="", constraints=_EMPTY)
    filed_on = DateField(null=True)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    extension = ForeignKeyField(Extension, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('asked', 'agreed', 'granted', 'refused', 'withdrawn')")]
        indexes = ((("equipment", "clock"), False), (("state", "asked_at"), False))
