"""Letters taken together: those whose turn has not come yet are known, so that a sender's death puts no doubt on them.

A letter that a sender of the version before has taken stands as begun, which is the careful reading.
"""

from peewee import SqliteDatabase

NEW = 'ALTER TABLE "message" ADD COLUMN "set_aside" {} NOT NULL DEFAULT FALSE'


def up(migrator, db):
    db.execute_sql(NEW.format("INTEGER" if isinstance(getattr(db, "obj", db), SqliteDatabase) else "BOOLEAN"))


def down(migrator, db):
    db.execute_sql('ALTER TABLE "message" DROP COLUMN "set_aside"')
