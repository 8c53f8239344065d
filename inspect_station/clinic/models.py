"""Requests, bookable hours, visits, findings with their prescriptions, what followed; the library; answers on scope."""

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
from inspect_station.casework.models import Task
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Enterprise, Equipment

_EMPTY: list[Node] = [SQL("DEFAULT ''")]
_ONE: list[Node] = [SQL("DEFAULT 1")]


class ClinicRequest(Table):
    """问诊: one question of one enterprise, with one name that sees it through and a promised first answer."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    kind = CharField(max_length=16)
    source = CharField(max_length=10)
    question = TextField()
    asked_by = CharField(max_length=64)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    state = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    asked_at = MomentField()
    answer_by = DateField()
    answered_at = MomentField(null=True)
    closed_at = MomentField(null=True)
    closing = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("source IN ('portal', 'answer', 'phone', 'walk_in', 'scan')"),
            Check("state IN ('open', 'answered', 'closed', 'withdrawn')"),
        ]
        indexes = ((("state", "answer_by"), False), (("enterprise", "state"), False))


class RequestDevice(Table):
    """A device a question is about."""

    id = AutoField()
    request = ForeignKeyField(ClinicRequest, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")

    class Meta:
        indexes = ((("request", "equipment"), True),)


class RequestEntry(Table):
    """What one side said about a question."""

    id = AutoField()
    request = ForeignKeyField(ClinicRequest, on_delete="CASCADE")
    side = CharField(max_length=10)
    text = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()

    class Meta:
        constraints = [Check("side IN ('station', 'enterprise')")]


class ClinicSlot(Table):
    """An hour of one inspector that a firm may book; minutes are counted from midnight in Shanghai."""

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
    booked_at = MomentField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")

    inspector_id: int

    class Meta:
        constraints = [
            Check("place IN ('centre', 'site')"),
            Check("state IN ('free', 'booked', 'closed')"),
            Check("start_min >= 0 AND start_min < end_min AND end_min <= 1440"),
            Check("(state = 'booked') = (enterprise_id IS NOT NULL)"),
        ]
        indexes = ((("inspector", "day", "start_min"), True), (("day", "state"), False))


class ClinicVisit(Table):
    """出诊: planned, under way, finished (being followed up), closed. Its number is made of year and id."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    request = ForeignKeyField(ClinicRequest, null=True, on_delete="SET NULL")
    slot = ForeignKeyField(ClinicSlot, null=True, on_delete="SET NULL")
    # The inspection at the same firm that it goes along with.
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
    signed_at = MomentField(null=True)
    unsigned_reason = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = MomentField()
    finished_at = MomentField(null=True)
    closed_at = MomentField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("origin IN ('round', 'request', 'booked', 'inspection', 'other')"),
            Check("state IN ('planned', 'open', 'finished', 'closed', 'cancelled')"),
            Check("minutes IS NULL OR (minutes > 0 AND minutes <= 1440)"),
        ]
        indexes = ((("enterprise", "visited_on"), False), (("state", "planned_on"), False))


class VisitDevice(Table):
    """A device that was looked at."""

    id = AutoField()
    visit = ForeignKeyField(ClinicVisit, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")

    class Meta:
        indexes = ((("visit", "equipment"), True),)


class CommonFinding(Table):
    """An entry of the library: what is often seen, and what is usually prescribed. Ended, never deleted."""

    id = AutoField()
    symptom = CharField(max_length=200)
    diagnosis = TextField(default="", constraints=_EMPTY)
    basis = CharField(max_length=300, default="", constraints=_EMPTY)
    # Whether somebody has read the clause: text, or anything else that shows 待核实.
    verified = CharField(max_length=12, default="unknown", constraints=[SQL("DEFAULT 'unknown'")])
    grade = CharField(max_length=10)
    measure = TextField()
    days = IntegerField()
    changed_at = MomentField()
    changed_by = CharField(max_length=64)
    ended_at = MomentField(null=True)
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("grade IN ('minor', 'major', 'severe')"),
            Check("verified IN ('text', 'secondary', 'recollection', 'unknown')"),
            Check("days >= 0 AND days <= 366"),
        ]


class ClinicFinding(Table):
    """症状, 诊断 and 处方: what was seen, what it is, what is to be done, by whom, by when; and its end."""

    id = AutoField()
    visit = ForeignKeyField(ClinicVisit, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    common = ForeignKeyField(CommonFinding, null=True, on_delete="SET NULL")
    # The same finding at the same firm before.
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
    replied_at = MomentField(null=True)
    replied_by = CharField(max_length=64, default="", constraints=_EMPTY)
    ended_at = MomentField(null=True)
    # Severe: by law the unit and the authority are told at once (安全法 art. 93): when, by whom, whom and how.
    unit_told_at = MomentField(null=True)
    unit_told = CharField(max_length=200, default="", constraints=_EMPTY)
    authority_told_at = MomentField(null=True)
    authority_told = CharField(max_length=200, default="", constraints=_EMPTY)
    created_at = MomentField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [
            Check("grade IN ('minor', 'major', 'severe')"),
            Check("state IN ('open', 'replied', 'partly', 'done', 'dropped')"),
        ]
        indexes = ((("state", "deadline"), False), (("enterprise", "state"), False))


class FindingEntry(Table):
    """回访: what happened to a finding, one line each; nothing of it is overwritten."""

    id = AutoField()
    finding = ForeignKeyField(ClinicFinding, on_delete="CASCADE")
    act = CharField(max_length=16)
    text = TextField(default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = MomentField()


class ScopeAnswer(Table):
    """是不是特种设备: the facts asked, the answer given, what it rested on; as it stood that day."""

    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    visit = ForeignKeyField(ClinicVisit, null=True, on_delete="SET NULL")
    name = CharField(max_length=200)
    facts = JsonField()
    verdict = CharField(max_length=10)
    catalogue_code = CharField(max_length=4, default="", constraints=_EMPTY)
    reasons = JsonField()
    unverified = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    answered_by = CharField(max_length=64)
    at = MomentField()

    class Meta:
        constraints = [Check("verdict IN ('yes', 'no', 'unclear')")]
