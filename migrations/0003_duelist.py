"""The due list: the projection, its stamp, confirmations of rules, previews of rulebooks."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
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


class Equipment(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class DueRow(Base):
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
    unread = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    computed_on = DateField()
    changes_on = DateField(null=True, index=True)
    equipment_revision = IntegerField()
    body = TextField()

    class Meta:
        indexes = (
            (("equipment", "clock"), True),
            (("sort_on", "id", "late_on", "standing"), False),
            (("enterprise_id", "sort_on", "id", "late_on", "standing"), False),
            (("kind", "sort_on", "id", "late_on", "standing"), False),
            (("standing", "sort_on", "id"), False),
            (("rule", "version"), False),
        )


class DueStamp(Base):
    id = AutoField()
    digest = CharField(max_length=64, default="", constraints=_EMPTY)
    building = CharField(max_length=64, default="", constraints=_EMPTY)
    position = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    newest = DateField()


class RuleConfirmation(Base):
    id = AutoField()
    rule = CharField(max_length=100)
    version = CharField(max_length=40)
    digest = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = DateTimeField()
    remark = TextField(default="", constraints=_EMPTY)
    clause_text = TextField(default="", constraints=_EMPTY)
    withdrawn_at = DateTimeField(null=True)
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


class RulebookPreview(Base):
    id = AutoField()
    name = CharField(max_length=200)
    digest = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = DateTimeField()
    compared = IntegerField()
    moves = TextField(null=True)


TABLES = [DueRow, DueStamp, RuleConfirmation, RulebookPreview]
STUBS = [Account, Equipment]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
