"""The notice that went with a letter, as texts to set again."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE message ADD COLUMN notice TEXT")


def down(migrator, db):
    db.execute_sql("ALTER TABLE message DROP COLUMN notice")
