"""What enterprises agreed about their reminders; repeats are numbered by the day instead of the week."""

from peewee import AutoField, CharField, DateTimeField, ForeignKeyField, Model, TextField


class Base(Model):
    class Meta:
        legacy_table_names = False


class Enterprise(Base):
    id = AutoField()


class ReminderPolicy(Base):
    enterprise = ForeignKeyField(Enterprise, primary_key=True, on_delete="CASCADE")
    policy = TextField()
    agreed = CharField(max_length=200)
    changed_at = DateTimeField()
    changed_by = CharField(max_length=64)


TABLES = [ReminderPolicy]
STUBS = [Enterprise]

# Week 1 of an overdue clock is day 1 past its date, week 2 day 8; a forbidden clock's weeks count from 1970-01-05.
# By way of negative numbers: the unique index is looked at row by row, and a day may be another row's week.
TO_DAYS = (
    "UPDATE owed_step SET week = -(7 * week - 6), rank = 1000 + 7 * week - 6 WHERE step = 'overdue'",
    "UPDATE owed_step SET week = -(7 * week), rank = 100000 + 7 * week WHERE step = 'forbidden'",
    "UPDATE owed_step SET week = -week WHERE week < 0",
)
TO_WEEKS = (
    "UPDATE owed_step SET week = -((week + 6) / 7), rank = 1000 + (week + 6) / 7 WHERE step = 'overdue'",
    "UPDATE owed_step SET week = -(week / 7), rank = 100000 + week / 7 WHERE step = 'forbidden'",
    "UPDATE owed_step SET week = -week WHERE week < 0",
)


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)
    for statement in TO_DAYS:
        db.execute_sql(statement)


def down(migrator, db):
    for statement in TO_WEEKS:
        db.execute_sql(statement)
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
