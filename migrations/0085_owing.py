"""The index that answers by itself what an enterprise's clocks have reached: fetching the wide rows cost most of a tick."""

BEFORE = "due_row_enterprise_id_sort_on_id_late_on_standing"
AFTER = "due_row_of_enterprise"
OLD = '"enterprise_id", "sort_on", "id", "late_on", "standing"'
NEW = f'{OLD}, "answer", "clock", "equipment_id", "due_on", "earliest", "latest"'


def up(migrator, db):
    _replace(db, BEFORE, AFTER, NEW)


def down(migrator, db):
    _replace(db, AFTER, BEFORE, OLD)


def _replace(db, old, new, columns):
    db.execute_sql(f'DROP INDEX "{old}"')
    db.execute_sql(f'CREATE INDEX "{new}" ON "due_row" ({columns})')
