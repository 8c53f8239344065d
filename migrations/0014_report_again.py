"""A re-inspection keeps the number of the report that said no: how many times, beside the number."""

AGAIN = 'ALTER TABLE "report" ADD COLUMN "again" INTEGER NOT NULL DEFAULT 0'
ONCE = 'CREATE UNIQUE INDEX "report_number_once" ON "report" ({}) WHERE ("number" != \'\')'


def up(migrator, db):
    db.execute_sql('DROP INDEX "report_number_once"')
    db.execute_sql(AGAIN)
    db.execute_sql(ONCE.format('"number", "again"'))


def down(migrator, db):
    """Refuses where a number stands twice: one of both would have to lose it."""
    db.execute_sql('DROP INDEX "report_number_once"')
    db.execute_sql(ONCE.format('"number"'))
    db.execute_sql('ALTER TABLE "report" DROP COLUMN "again"')
