"""The index by which a state is counted holds its last lawful day: of a million rows the few without a date are found by it.

SQLite otherwise read the whole of another index that has all columns asked for, twice on each page of the due list.
"""

BEFORE = "due_row_standing_sort_on_id"
AFTER = "due_row_standing_sort_on_id_late_on"
OLD = '"standing", "sort_on", "id"'


def up(migrator, db):
    _replace(db, BEFORE, AFTER, f'{OLD}, "late_on"')


def down(migrator, db):
    _replace(db, AFTER, BEFORE, OLD)


def _replace(db, old, new, columns):
    db.execute_sql(f'DROP INDEX "{old}"')
    db.execute_sql(f'CREATE INDEX "{new}" ON "due_row" ({columns})')
