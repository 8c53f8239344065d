"""What enterprises say about their sites, how long inspections take, plans and their visits.

A plan that is in force is not edited by a new one: a proposal is a plan of its own, and approving it replaces the
other. `instance` is what the planner was given, so that any plan can be judged again at any time.
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
from inspect_station.registry.models import Enterprise, Equipment

_EMPTY: list[Node] = [SQL("DEFAULT ''")]
_FALSE: list[Node] = [SQL("DEFAULT FALSE")]
_ZERO: list[Node] = [SQL("DEFAULT 0")]
_ONE: list[Node] = [SQL("DEFAULT 1")]


class Effort(Table):
    """What inspecting one kind for one clock takes, where the station changed the default."""

    id = AutoField()
    kind = CharField(max_length=20)
    clock = CharField(max_length=20)
    people = IntegerField()
    minutes = IntegerField()
    minutes_per_km = IntegerField(default=0, constraints=_ZERO)
    prep_workdays = IntegerField()
    state = CharField(max_length=10)
    changed_at = MomentField()

    class Meta:
        indexes = ((("kind", "clock"), True),)
        constraints = [
            Check("people BETWEEN 1 AND 6"),
            Check("minutes BETWEEN 1 AND 1440"),
            Check("minutes_per_km BETWEEN 0 AND 1440"),
            Check("prep_workdays BETWEEN 0 AND 60"),
            Check("state IN ('any', 'shutdown', 'running')"),
        ]


class Site(Table):
    """How an enterprise runs. `continuous`: deep inspections are possible only while it stands still."""

    enterprise = ForeignKeyField(Enterprise, primary_key=True, on_delete="CASCADE")
    continuous = BooleanField(default=False, constraints=_FALSE)
    changed_at = MomentField()


class SiteWindow(Table):
    """Days of an enterprise, both ends included: a shutdown (of some units, or all) or days nobody may enter."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    sort = CharField(max_length=10)
    first_on = DateField()
    last_on = DateField()
    units = JsonField(null=True)
    note = CharField(max_length=200, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    by_enterprise = BooleanField(default=False, constraints=_FALSE)
    made_at = MomentField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("sort IN ('shutdown', 'closed')"), Check("first_on <= last_on")]
        indexes = ((("enterprise", "last_on"), False),)


class Plan(Table):
    """One plan on its way: waiting → running → proposed → approved → replaced; or failed, cancelled, discarded.

    `what_if`: made to be compared; `changes` says what it supposes. The one approved plan is the plan in force;
    enterprises see its visits up to `published_until`.
    """

    id = AutoField()
    name = CharField(max_length=100)
    state = CharField(max_length=10, default="waiting", constraints=[SQL("DEFAULT 'waiting'")], index=True)
    what_if = BooleanField(default=False, constraints=_FALSE)
    changes = JsonField(null=True)
    based_on = ForeignKeyField("self", null=True, on_delete="SET NULL")
    as_of = DateField()
    first_on = DateField()
    last_on = DateField()
    seconds = IntegerField()
    instance = JsonField()
    result = JsonField(null=True)
    message = TextField(default="", constraints=_EMPTY)
    worker = CharField(max_length=40, default="", constraints=_EMPTY)
    heartbeat_at = MomentField(null=True)
    started_at = MomentField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    made_by = CharField(max_length=64)
    created_at = MomentField()
    finished_at = MomentField(null=True)
    approved_by = CharField(max_length=64, default="", constraints=_EMPTY)
    approved_at = MomentField(null=True)
    published_until = DateField(null=True)
    published_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check(
                "state IN ('waiting', 'running', 'proposed', 'approved', 'replaced', 'failed', 'cancelled', 'discarded')"
            )
        ]


class PlanVisit(Table):
    """One crew at one enterprise on one day, from minute `start` of the inspection day on.

    `answer`: what the enterprise said to the published date; `pinned`: a person fixed it, replanning leaves it.
    """

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
    answered_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("answer IN ('', 'agreed', 'countered')")]
        indexes = ((("plan", "on_day"), False), (("enterprise", "on_day"), False))


class VisitPerson(Table):
    id = AutoField()
    visit = ForeignKeyField(PlanVisit, on_delete="CASCADE")
    account = ForeignKeyField(Account, on_delete="CASCADE")

    class Meta:
        indexes = ((("visit", "account"), True),)


class PlanItem(Table):
    """One clock of one device in a plan: in a visit, or left out for a reason. `key` is its id in the instance.

    Without equipment it is an errand of the clinic; `clinic_visit` is its visit there, once there is one.
    """

    id = AutoField()
    plan = ForeignKeyField(Plan, on_delete="CASCADE")
    visit = ForeignKeyField(PlanVisit, null=True, on_delete="SET NULL")
    key = CharField(max_length=60)
    equipment = ForeignKeyField(Equipment, null=True, on_delete="CASCADE")
    # No foreign key: the clinic's tables are younger than these, and its visits are cancelled, never deleted.
    clinic_visit = IntegerField(null=True)
    clock = CharField(max_length=20)
    kind = CharField(max_length=20)
    enterprise = ForeignKeyField(Enterprise, index=False, on_delete="CASCADE")
    minutes = IntegerField()
    people = IntegerField()
    # The enforced date; the plan may have to aim later where it has passed already.
    due_on = DateField()
    reason = CharField(max_length=20, default="", constraints=_EMPTY)
    certificate = JsonField(null=True)
    why = TextField(default="", constraints=_EMPTY)

    class Meta:
        indexes = ((("plan", "key"), True),)
