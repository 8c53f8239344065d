"""Indexes that answer the month's figures by themselves: the rows of the due list hold their reasons and are wide.

Fetching a row for each inspection of a month made the figures grow faster than the register (measures, P10).
"""

COVERING = {
    "inspection_completed_on": (
        '"inspection" ("completed_on", "replaced_by_id", "equipment_id", "clock", "answered_due", "conclusion")'
    ),
    "inspection_answered_due": '"inspection" ("answered_due", "replaced_by_id", "equipment_id", "clock", "completed_on")',
}
NEW = {
    "due_row_whose": '"due_row" ("equipment_id", "clock", "done_by", "enterprise_id", "kind")',
    "inspection_begun": '"inspection" ("completed_on") WHERE ("answered_due" IS NOT NULL)',
    "equipment_created_at": '"equipment" ("created_at")',
}
BEFORE = {
    "inspection_completed_on": '"inspection" ("completed_on")',
    "inspection_answered_due": '"inspection" ("answered_due")',
}


def up(migrator, db):
    _remake(db, COVERING)
    for name, on in NEW.items():
        db.execute_sql(f'CREATE INDEX "{name}" ON {on}')


def down(migrator, db):
    for name in NEW:
        db.execute_sql(f'DROP INDEX "{name}"')
    _remake(db, BEFORE)


def _remake(db, indexes):
    for name, on in indexes.items():
        db.execute_sql(f'DROP INDEX "{name}"')
        db.execute_sql(f'CREATE INDEX "{name}" ON {on}')
