"""The second wall between enterprises: PostgreSQL's row-level security, beneath the filters of the services.

While a request of an enterprise runs, its connection has the role `station_tenant`, which meets a policy on every table.
A filter that a service forgets then finds nothing foreign. The station's own people and jobs work as the owner of the
tables, whom policies do not concern: for them nothing changes and nothing costs. SQLite has no such wall.

The wall holds against forgotten filters. Whoever can send statements of their own can step out of the role.
"""

# ruff: noqa: S608  names of our own tables only

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any
from weakref import WeakSet

import peewee
import structlog

log = structlog.get_logger()

ROLE = "station_tenant"
# In a sub-select it is evaluated once a statement, not once a row.
_SCOPE = "(SELECT NULLIF(current_setting('station.enterprise', true), '')::integer)"
_OWN = f"enterprise_id = {_SCOPE}"
_NOBODYS = "false"
_EVERYBODYS = "true"


def _through(column: str, parent: str) -> str:
    """Rows whose parent may be seen: the parent's own policy answers. `@` is the table itself."""
    return f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = @.{column})"


_OF_PERSON = f"EXISTS (SELECT 1 FROM account p WHERE p.id = @.account_id AND p.enterprise_id = {_SCOPE})"
_OF_FACT = (
    f"(object_type = 'enterprise' AND object_id = {_SCOPE}) "
    "OR (object_type = 'contact' AND EXISTS (SELECT 1 FROM contact p WHERE p.id = @.object_id)) "
    "OR (object_type NOT IN ('enterprise', 'contact') AND EXISTS (SELECT 1 FROM equipment p WHERE p.id = @.object_id))"
)

# Every table, and which of its rows an enterprise may meet. A table without a line here fails a test.
POLICIES: Mapping[str, str] = {
    "enterprise": f"id = {_SCOPE}",
    **dict.fromkeys(
        (
            "contact", "equipment", "due_row", "message", "owed_step", "prescription_step", "reminder_policy", "dead_address",
            "hand_delivery", "answer", "site", "site_window", "plan_visit", "plan_item", "issued_notice",
            "application", "task", "report", "reason", "case_file", "finding_notice", "extension_request",
            "clinic_request", "clinic_visit", "clinic_finding", "scope_answer",
        ),
        _OWN,
    ),
    # Names of the station's people stand on an enterprise's pages; hours nobody took yet are everybody's.
    "account": f"enterprise_id IS NULL OR {_OWN}",
    "clinic_slot": f"enterprise_id IS NULL OR {_OWN}",
    **dict.fromkeys(
        ("status_change", "inspection", "extension", "document", "equipment_touched"),
        _through("equipment_id", "equipment"),
    ),
    "fact_change": _OF_FACT,
    "answer_item": _through("answer_id", "answer"),
    "message_notice": _through("message_id", "message"),
    "attempt": _through("message_id", "message"),
    "visit_person": _through("visit_id", "plan_visit"),
    "notice_item": _through("notice_id", "issued_notice"),
    "application_file": _through("application_id", "application"),
    "application_item": _through("application_id", "application"),
    "task_date": _through("task_id", "task"),
    "preparation_tick": _through("task_id", "task"),
    "report_item": _through("report_id", "report"),
    "finding_step": _through("notice_id", "finding_notice"),
    "request_device": _through("request_id", "clinic_request"),
    "request_entry": _through("request_id", "clinic_request"),
    "visit_device": _through("visit_id", "clinic_visit"),
    "finding_entry": _through("finding_id", "clinic_finding"),
    **dict.fromkeys(
        (
            "login_session", "one_time_link", "api_token", "idempotency_key", "second_factor", "recovery_code",
            "calendar_feed",
        ),
        _OF_PERSON,
    ),
    # The station's own: an enterprise's request has no business here.
    **dict.fromkeys(
        (
            "ledger_import", "ledger_row", "ledger_mapping", "staff_letter", "month_close", "month_remark", "report_mail",
            "wall_link", "rulebook_preview", "qualification", "working_time", "absence",
        ),
        _NOBODYS,
    ),
    # About nobody: rules, calendars, settings, leases. Of plans only the dates, of the audit trail only the chain can be
    # read (see `_GRANTS`). A policy may look at parents only: one that names a child keeps its table from being dropped.
    **dict.fromkeys(
        (
            "audit_entry", "station_setting", "due_stamp", "rule_confirmation", "calendar_year", "calendar_day",
            "calendar_change", "plan", "effort", "qualification_code", "code_use", "common_finding", "feed_event",
            "lease", "heartbeat", "send_limit",
        ),
        _EVERYBODYS,
    ),
}  # fmt: skip
_GRANTS = (
    f"GRANT USAGE ON SCHEMA public TO {ROLE}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}",
    f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
    f"REVOKE ALL ON audit_entry FROM {ROLE}",
    f"GRANT INSERT, SELECT (id, hash) ON audit_entry TO {ROLE}",
    f"REVOKE ALL ON plan FROM {ROLE}",
    f"GRANT SELECT (id, state, what_if, as_of, first_on, last_on, published_until, published_at, revision) ON plan TO {ROLE}",
)


# Since PostgreSQL 16 one may be a member of a role that one may not take on.
_MAY_SET = "CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END"


# --- built by `migrate` -----------------------------------------------------------------------------------------------


def build(database: Any) -> int:
    """Bring the policies to what stands above; returns how many tables changed. Nothing to do costs one look."""
    present = set(database.get_tables()) & set(POLICIES)
    found = {
        (table, name)
        for table, name in database.execute_sql(
            "SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity"
        ).fetchall()
    }
    missing = sorted(table for table in present if (table, _name(table)) not in found)
    if not missing and role_ready(database):
        return 0
    with database.atomic():
        for table in missing:
            old = sorted(name for t, name in found if t == table)
            for name in old:
                database.execute_sql(f'DROP POLICY "{name}" ON "{table}"')
            database.execute_sql(
                f'CREATE POLICY "{_name(table)}" ON "{table}" USING ({POLICIES[table].replace("@", table)})'
            )
            database.execute_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    _make_role(database, grant=present == set(POLICIES))
    return len(missing)


def _name(table: str) -> str:
    """The policy's name tells its content, so that a changed one is seen."""
    return f"tenant_{sha256(POLICIES[table].encode()).hexdigest()[:12]}"


def _make_role(database: Any, grant: bool) -> None:
    """Role and rights; where this user may not make a role, `doctor` says what an administrator has to do."""
    try:
        with database.atomic():
            if not database.execute_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
                database.execute_sql(f"CREATE ROLE {ROLE} NOLOGIN")
            if not database.execute_sql(f"SELECT pg_has_role(%s, {_MAY_SET})", (ROLE,)).fetchone()[0]:
                database.execute_sql(f"GRANT {ROLE} TO CURRENT_USER")
            for statement in _GRANTS if grant else ():
                database.execute_sql(statement)
    except peewee.DatabaseError as error:
        log.warning("the second tenant wall has no role", role=ROLE, error=str(error).strip())


def role_ready(database: Any) -> bool:
    """Whether requests of enterprises can run under the role."""
    row = database.execute_sql(
        f"SELECT pg_has_role(oid, {_MAY_SET}) AND has_table_privilege(oid, 'due_row', 'SELECT') FROM pg_roles "
        "WHERE rolname = %s AND to_regclass('due_row') IS NOT NULL",
        (ROLE,),
    ).fetchone()
    return bool(row and row[0])


# --- stood behind by requests -----------------------------------------------------------------------------------------

_HERE = threading.local()  # as connections are
_READY: WeakSet[Any] = WeakSet()


def stand_behind(database: Any, enterprise_id: int) -> None:
    """From here on this thread's connection meets this enterprise's rows only, until `step_out`."""
    if isinstance(database, peewee.SqliteDatabase) or not _usable(database):
        return
    _HERE.enterprise = enterprise_id
    _enter(database)


def _usable(database: Any) -> bool:
    if database not in _READY and role_ready(database):
        _READY.add(database)
    return database in _READY


def _enter(database: Any) -> None:
    database.execute_sql(
        "SELECT set_config('station.enterprise', %s, false), set_config('role', %s, false)",
        (str(_HERE.enterprise), ROLE),
    )


def step_out(database: Any) -> None:
    """Before the connection goes back to the pool; one that cannot be cleaned is thrown away."""
    if getattr(_HERE, "enterprise", None) is None:
        return
    _HERE.enterprise = None
    try:
        database.execute_sql("RESET ROLE")
    except peewee.PeeweeException:
        database.manual_close()


@contextmanager
def aside(database: Any) -> Iterator[None]:
    """Work of the station itself inside an enterprise's request: bringing the due list up to date, numbers, the queue."""
    if getattr(_HERE, "enterprise", None) is None or getattr(_HERE, "aside", False):
        yield
        return
    database.execute_sql("RESET ROLE")
    _HERE.aside = True
    try:
        yield
    finally:
        _HERE.aside = False
        # In a transaction that failed the rollback puts the role back as it was before.
        with suppress(peewee.PeeweeException):
            _enter(database)
