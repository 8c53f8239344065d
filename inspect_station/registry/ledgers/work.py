"""The work of an import that the pages started: one step at a time, by one process at a time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import orjson

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from schedules.terms import Clock

from . import reading
from .facts import Options
from .fates import FATES, Plan
from .importing import Mapping_, headings_digest, run, understand
from .models import LedgerImport, LedgerMapping, LedgerRow
from .reading import Spool
from .refusals import LedgerRefused
from .values import cell_text

SILENT_AFTER = timedelta(seconds=90)
"""A working import renews its heartbeat at least this often, the longest reading of a file included."""

WORKING = ("reading", "previewing", "writing")
_SAMPLES = 3


def file_of(folder: Path, import_id: int) -> Path:
    return folder / f"{import_id}.upload"


def spool_of(folder: Path, import_id: int) -> Path:
    return folder / f"{import_id}.jsonl"


def remove_files(folder: Path, import_id: int) -> None:
    for path in (file_of(folder, import_id), spool_of(folder, import_id)):
        path.unlink(missing_ok=True)


def saved_mapping(digest: str) -> Mapping_ | None:
    row = LedgerMapping.get_or_none(LedgerMapping.headings == digest)
    return cast("Mapping_", row.mapping) if row else None


def work(
    actor: Actor,
    import_id: int,
    folder: Path,
    now: Callable[[], datetime],
    settle: Callable[[], object] = lambda: None,
) -> None:
    """Does the step an import waits for, if nobody else does it; a refusal is kept for the page and raised.

    ``settle``: see `importing.run`.
    """
    job = _claim(import_id, now())
    if job is None:
        return
    actor = _person(job) or actor
    try:
        if job.state == "writing":
            _write(actor, job, folder, now, settle)
        else:
            {"reading": _read, "previewing": _preview}[job.state](actor, job, folder, now)
    except LedgerRefused as refused:
        _finish(job, "failed", now(), message=refused.message)
        remove_files(folder, job.id)
        raise
    except Exception:
        message = "导入中途出错，已写入的行都是完整的；请重新上传同一文件，已导入的行不会重复。"
        _finish(job, "failed", now(), message=message)
        raise


def _claim(import_id: int, now: datetime) -> LedgerImport | None:
    """One worker for one step: a conditional update decides between several."""
    worker = secrets.token_hex(8)
    free = (LedgerImport.worker == "") | (LedgerImport.heartbeat_at < now - SILENT_AFTER)
    taken = (
        LedgerImport.update(worker=worker, heartbeat_at=now)
        .where(LedgerImport.id == import_id, LedgerImport.state.in_(WORKING), free)
        .execute()
    )
    return LedgerImport.get_by_id(import_id) if taken else None


def _person(job: LedgerImport) -> Actor | None:
    """What an import writes bears the name of whoever uploaded it."""
    account = job.account
    return Actor(account.id, account.name, account.role, account.enterprise_id) if account else None


def _finish(job: LedgerImport, state: str, now: datetime, **values: Any) -> None:
    ended = {"finished_at": now} if state in ("done", "failed") else {}
    LedgerImport.update(state=state, worker="", heartbeat_at=now, **ended, **values).where(
        LedgerImport.id == job.id, LedgerImport.worker == job.worker
    ).execute()


def _read(_actor: Actor, job: LedgerImport, folder: Path, now: Callable[[], datetime]) -> None:
    read = reading.read(file_of(folder, job.id), name=job.file_name, folder=folder)
    spool = Spool(read.path.rename(spool_of(folder, job.id)))
    ledger = understand(spool, None, saved_mapping)
    _finish(
        job,
        "mapped",
        now(),
        sheets=[_sheet_for_page(sheet) for sheet in ledger.sheets],
        notes=[note._asdict() for note in ledger.notes],
        rows_total=spool.rows,
    )


def _sheet_for_page(sheet: Any) -> dict[str, Any]:
    """What the mapping page shows: each column with its meaning and its first values."""
    columns = [
        {"heading": column.heading, "field": column.field, "near": column.near, "samples": []}
        for column in sheet.layout.columns
    ]
    for number, cells in sheet.rows.rows():
        if number <= sheet.layout.header_row:
            continue
        _add_samples(columns, [column.index for column in sheet.layout.columns], cells)
        if number > sheet.layout.header_row + 20:
            break
    return {**sheet.as_json(), "columns": columns, "digest": headings_digest(sheet.layout)}


def _add_samples(columns: list[dict[str, Any]], indexes: list[int], cells: list[Any]) -> None:
    for column, index in zip(columns, indexes, strict=True):
        text = cell_text(cells[index]) if index < len(cells) else ""
        if text and text not in column["samples"] and len(column["samples"]) < _SAMPLES:
            column["samples"].append(text[:40])


def _preview(actor: Actor, job: LedgerImport, folder: Path, now: Callable[[], datetime]) -> None:
    counts = _run(actor, job, folder, now, write=False)
    _finish(job, "previewed", now(), counts=counts)


def _write(
    actor: Actor, job: LedgerImport, folder: Path, now: Callable[[], datetime], settle: Callable[[], object]
) -> None:
    counts = _run(actor, job, folder, now, write=True, settle=settle)
    with db.atomic():
        _finish(job, "done", now(), counts=counts)
        detail = {"file": job.file_name, **{name: counts[name] for name in ("rows", *FATES)}}
        audit.record(actor, "ledger.import", "ledger", job.id, now=now(), detail=detail)
    remove_files(folder, job.id)


def _run(
    actor: Actor,
    job: LedgerImport,
    folder: Path,
    now: Callable[[], datetime],
    *,
    write: bool,
    settle: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    LedgerRow.delete().where(LedgerRow.ledger_import == job.id).execute()
    options = Options(job.enterprise or None, Clock(job.boiler_clock), now().date())
    done = 0
    kinds: dict[str, dict[str, Any]] = {}

    def report(plans: list[Plan]) -> None:
        nonlocal done
        _record_rows(job.id, plans)
        _gather(kinds, plans)
        done += len(plans)
        LedgerImport.update(rows_done=done, heartbeat_at=now()).where(LedgerImport.id == job.id).execute()

    spool = Spool(spool_of(folder, job.id))
    ledger = understand(spool, job.mapping, saved_mapping)
    outcome = run(
        ledger, options, actor, job.file_name, now(), write=write, report=report, records=True, settle=settle
    )
    gathered = sorted(kinds.values(), key=lambda kind: (kind["severity"], -kind["count"]))
    return {"rows": outcome.rows, **{fate: outcome.counts[fate] for fate in FATES}, "problems": gathered}


def _gather(kinds: dict[str, dict[str, Any]], plans: list[Plan]) -> None:
    """The problems by kind: a thousand rows without a firm are one thing to mend, not a thousand."""
    for problem in (problem for plan in plans for problem in plan.facts.problems):
        first = {"severity": problem.severity, "message": problem.message, "count": 0}
        kinds.setdefault(problem.code, first)["count"] += 1


def _record_rows(import_id: int, plans: list[Plan]) -> None:
    rows = [
        (
            import_id,
            plan.facts.sheet[:100],
            plan.facts.row,
            _title(plan),
            plan.fate,
            plan.equipment_id or (plan.device["id"] if plan.device else None),
            _dumps([[change.label, change.old, change.new] for change in plan.changes]),
            _dumps([problem._asdict() for problem in plan.facts.problems]),
        )
        for plan in plans
    ]
    marks = ", ".join([db.obj.param] * 8)
    columns = "ledger_import_id, sheet, row, title, fate, equipment_id, changes, problems"
    db.cursor().executemany(f"INSERT INTO ledger_row ({columns}) VALUES ({marks})", rows)  # noqa: S608


def _dumps(values: list[Any]) -> str | None:
    return orjson.dumps(values).decode() if values else None


def _title(plan: Plan) -> str:
    """The row in words: firm, name, number."""
    equipment = plan.facts.equipment
    number = next(
        (
            equipment[key]
            for key in ("own_number", "line_number", "device_code", "maker_number")
            if equipment.get(key)
        ),
        "",
    )
    firm = plan.firm.name if plan.firm else plan.facts.enterprise.get("name", "")
    return " · ".join(part for part in (firm, equipment.get("name", ""), number) if part)[:300]
