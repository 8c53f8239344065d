"""Photos of casework, and what an enterprise ticked on a preparation list."""

from peewee import SQL, AutoField, BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField, Model


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


class CaseFile(Base):
    id = AutoField()
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
    at = DateTimeField()

    class Meta:
        indexes = ((("owner", "owner_id"), False),)


class PreparationTick(Base):
    id = AutoField()
    task = ForeignKeyField(Task, on_delete="CASCADE")
    item = CharField(max_length=60)
    ready = BooleanField()
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = DateTimeField()

    class Meta:
        indexes = ((("task", "item"), True),)


TABLES = [CaseFile, PreparationTick]
STUBS = [Account, Enterprise, Equipment, Task]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
