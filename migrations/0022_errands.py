"""Plans hold the clinic's errands too: an item may be without equipment, and may name a visit of the clinic."""

from peewee import (
    SQL,
    AutoField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

_EMPTY = [SQL("DEFAULT ''")]
_COLUMNS = (
    "id, plan_id, visit_id, key, equipment_id, clock, kind, enterprise_id, minutes, people, due_on, reason, "
    "certificate, why"
)


class Base(Model):
    class Meta:
        legacy_table_names = False


class Enterprise(Base):
    id = AutoField()


class Equipment(Base):
    id = AutoField()


class Plan(Base):
    id = AutoField()


class PlanVisit(Base):
    id = AutoField()


class PlanItem(Base):
    id = AutoField()
    plan = ForeignKeyField(Plan, on_delete="CASCADE")
    visit = ForeignKeyField(PlanVisit, null=True, on_delete="SET NULL")
    key = CharField(max_length=60)
    equipment = ForeignKeyField(Equipment, null=True, on_delete="CASCADE")
    clinic_visit = IntegerField(null=True)
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


class Before(PlanItem):
    """As it was: every item of a device."""

    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clinic_visit = None

    class Meta:
        table_name = "plan_item"
        indexes = ((("plan", "key"), True),)


STUBS = [Enterprise, Equipment, Plan, PlanVisit]


def _is_sqlite(db):
    return isinstance(getattr(db, "obj", db), SqliteDatabase)


def up(migrator, db):
    if _is_sqlite(db):
        _rebuild(db, PlanItem)
    else:
        db.execute_sql("ALTER TABLE plan_item ALTER COLUMN equipment_id DROP NOT NULL")
        db.execute_sql("ALTER TABLE plan_item ADD COLUMN clinic_visit INTEGER")


def down(migrator, db):
    db.execute_sql("DELETE FROM plan_item WHERE equipment_id IS NULL")
    if _is_sqlite(db):
        _rebuild(db, Before)
    else:
        db.execute_sql("ALTER TABLE plan_item DROP COLUMN clinic_visit")
        db.execute_sql("ALTER TABLE plan_item ALTER COLUMN equipment_id SET NOT NULL")


def _rebuild(db, table):
    """SQLite cannot take NOT NULL from a column: the table is made anew beside the old one, which then goes."""
    names = db.execute_sql(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'plan_item' AND sql IS NOT NULL"
    ).fetchall()
    for (name,) in names:
        db.execute_sql(f'DROP INDEX "{name}"')
    db.execute_sql("ALTER TABLE plan_item RENAME TO plan_item_before")
    with db.bind_ctx([table, *STUBS]):
        db.create_tables([table], safe=False)
    db.execute_sql(f"INSERT INTO plan_item ({_COLUMNS}) SELECT {_COLUMNS} FROM plan_item_before")
    db.execute_sql("DROP TABLE plan_item_before")
