"""Imports: in one go from the command line, or step by step for the pages, where they can be left and come back to."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from schedules.terms import Clock

from . import guard, reading
from .facts import Options
from .fates import FATES, Plan
from .fields import FIELDS, TECHNICAL
from .importing import Ledger, Mapping_, run, understand
from .models import LedgerImport, LedgerMapping, LedgerRow
from .problems import Problem
from .refusals import LedgerRefused
from .rows import tidy_name
from .work import SILENT_AFTER, WORKING, file_of, remove_files, saved_mapping

_KEPT = timedelta(days=90)


# --- in one go ----------------------------------------------------------------------------------------------------


def import_file(
    actor: Actor,
    path: Path,
    now: datetime,
    *,
    folder: Path,
    write: bool,
    enterprise: str | None = None,
    mapping: Mapping_ | None = None,
    boiler_clock: Clock = Clock.INTERNAL,
    settle: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Reads, plans and (with ``write``) writes a ledger; the result is the JSON of the contracts. ``settle``: see `run`."""
    actor.need("import")
    folder.mkdir(parents=True, exist_ok=True)
    options = Options(tidy_name(enterprise) if enterprise else None, boiler_clock, now.date())
    problems: list[Problem] = []

    def report(plans: list[Plan]) -> None:
        for plan in plans:
            problems.extend(plan.facts.problems)

    with reading.read(path, folder=folder) as spool:
        ledger = understand(spool, mapping, saved_mapping)
        outcome = run(ledger, options, actor, path.name, now, write=write, report=report, settle=settle)
    if write:
        with db.atomic():
            detail = {"file": path.name, **outcome.counts}
            audit.record(actor, "ledger.import", "ledger", path.name[:64], now=now, detail=detail)
    return _result(path.name, ledger, outcome.counts, outcome.rows, problems)


def _result(file: str, ledger: Ledger, counts: Counter[str], rows: int, problems: list[Problem]) -> dict[str, Any]:
    return {
        "file": file,
        "sheets": [sheet.as_json() for sheet in ledger.sheets],
        "rows": rows,
        **{fate: counts[fate] for fate in FATES},
        "problems": [problem._asdict() for problem in [*ledger.notes, *problems]],
    }


def check_mapping(mapping: object) -> dict[str, str | None]:
    """A mapping of headings to our fields; ``None`` sets a column aside. Raises `LedgerRefused`."""
    if not isinstance(mapping, dict):
        raise LedgerRefused("mapping_file", "内容不是对象")
    for heading, field_id in mapping.items():
        if field_id is not None and field_id != TECHNICAL and field_id not in FIELDS:
            raise LedgerRefused("mapping_file", f"“{heading}”对应的字段“{field_id}”不存在")
    return cast("dict[str, str | None]", mapping)


# --- step by step -------------------------------------------------------------------------------------------------


def receive(
    actor: Actor, name: str, body: BinaryIO, folder: Path, now: datetime, *, enterprise: str, boiler_clock: str
) -> LedgerImport:
    """Keeps an uploaded file for reading. Raises `LedgerRefused` for one that a first look already refuses."""
    actor.need("import")
    folder.mkdir(parents=True, exist_ok=True)
    if boiler_clock not in {Clock.EXTERNAL, Clock.INTERNAL, Clock.PRESSURE_TEST}:
        raise InvalidInput("锅炉检验的种类不对，请重新选择。", {"boiler_clock": ["不认识"]})
    path = folder / f"upload-{secrets.token_hex(8)}"
    try:
        with path.open("wb") as file:
            while block := body.read(1 << 20):
                file.write(block)
        guard.look(path, name)
        with db.atomic():
            job = LedgerImport.create(
                file_name=Path(name.replace("\\", "/")).name[:200],
                size=path.stat().st_size,
                enterprise=tidy_name(enterprise)[:200],
                boiler_clock=boiler_clock,
                state="reading",
                account=actor.account_id,
                created_at=now,
            )
            detail = {"file": job.file_name, "size": job.size}
            audit.record(actor, "ledger.upload", "ledger", job.id, now=now, detail=detail)
        path.rename(file_of(folder, job.id))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    forget_old(folder, now)
    return job


def forget_old(folder: Path, now: datetime) -> None:
    """Files and row reports of imports long past; what they wrote names its file and row for good."""
    old = [row.id for row in LedgerImport.select(LedgerImport.id).where(LedgerImport.created_at < now - _KEPT)]
    for import_id in old:
        remove_files(folder, import_id)
    if old:
        LedgerRow.delete().where(LedgerRow.ledger_import.in_(old)).execute()


def get(actor: Actor, import_id: int) -> LedgerImport:
    actor.need("import")
    job = LedgerImport.get_or_none(LedgerImport.id == import_id)
    if job is None:
        raise NotFound()
    return job


def recent(actor: Actor, most: int = 30) -> list[LedgerImport]:
    actor.need("import")
    return list(LedgerImport.select().order_by(LedgerImport.id.desc()).limit(most))


def is_stopped(job: LedgerImport, now: datetime) -> bool:
    """Whether it should be working and nobody is: killed, or never started."""
    return job.state in WORKING and now - (job.heartbeat_at or job.created_at) > SILENT_AFTER


def choose_mapping(
    actor: Actor,
    import_id: int,
    mapping: Mapping[str, str | None],
    now: datetime,
    *,
    remember: bool,
    enterprise: str | None = None,
) -> None:
    """Takes a person's word on the headings (and on whose ledger it is) and asks for the preview."""
    job = get(actor, import_id)
    _need_state(job, "mapped", "previewed")
    checked = check_mapping(dict(mapping))
    with db.atomic():
        firm = job.enterprise if enterprise is None else tidy_name(enterprise)[:200]
        LedgerImport.update(mapping=checked, enterprise=firm).where(LedgerImport.id == job.id).execute()
        _ask(job, "previewing", now)
        if remember:
            for digest in {sheet["digest"] for sheet in job.sheets or []}:
                known = {"mapping": checked, "account": actor.account_id, "saved_at": now}
                LedgerMapping.insert(headings=digest, **known).on_conflict(
                    conflict_target=[LedgerMapping.headings], update=known
                ).execute()


def confirm(actor: Actor, import_id: int, now: datetime) -> None:
    """The one confirmation: from here on the file is written."""
    job = get(actor, import_id)
    _need_state(job, "previewed")
    with db.atomic():
        LedgerImport.update(confirmed_at=now).where(LedgerImport.id == job.id).execute()
        _ask(job, "writing", now)
        preview = {name: count for name, count in (job.counts or {}).items() if name != "problems"}
        detail = {"file": job.file_name, "preview": preview}
        audit.record(actor, "ledger.confirm", "ledger", job.id, now=now, detail=detail)


def cancel(actor: Actor, import_id: int, folder: Path, now: datetime) -> None:
    job = get(actor, import_id)
    if job.state in WORKING and not is_stopped(job, now):
        raise Conflict("正在处理，请等这一步完成后再取消。")
    if job.state == "done":
        raise Conflict("已经导入完成，不能取消。")
    with db.atomic():
        LedgerImport.update(state="cancelled", finished_at=now).where(LedgerImport.id == job.id).execute()
        audit.record(actor, "ledger.cancel", "ledger", job.id, now=now, detail={"file": job.file_name})
    remove_files(folder, job.id)


def run_again(actor: Actor, import_id: int, now: datetime) -> None:
    """A stopped step starts over; what it had written already then shows as unchanged."""
    job = get(actor, import_id)
    if not is_stopped(job, now):
        raise Conflict("这次导入没有停住，不需要重新开始。")
    _ask(job, job.state, now)


def _need_state(job: LedgerImport, *states: str) -> None:
    if job.state not in states:
        raise Conflict("这次导入已经进行到别的步骤，请刷新后查看。")


def _ask(job: LedgerImport, state: str, now: datetime) -> None:
    LedgerImport.update(state=state, heartbeat_at=now, worker="", rows_done=0, message="").where(
        LedgerImport.id == job.id
    ).execute()


# --- looking at it ------------------------------------------------------------------------------------------------


def rows_of(
    actor: Actor, import_id: int, *, fate: str = "", problems: bool = False, after: int = 0, per_page: int = 50
) -> list[LedgerRow]:
    """One row more than asked for where there are more."""
    job = get(actor, import_id)
    query = LedgerRow.select().where(LedgerRow.ledger_import == job.id, LedgerRow.id > after)
    if fate:
        query = query.where(LedgerRow.fate == fate)
    if problems:
        query = query.where(LedgerRow.problems.is_null(False))
    return list(query.order_by(LedgerRow.id).limit(per_page + 1))


def problems_of(actor: Actor, import_id: int) -> Any:
    """Every problem of the file with its fate, streamed."""
    job = get(actor, import_id)
    yield from ({**note, "fate": ""} for note in job.notes or [])
    query = LedgerRow.select(LedgerRow.fate, LedgerRow.problems).where(
        LedgerRow.ledger_import == job.id, LedgerRow.problems.is_null(False)
    )
    for row in query.order_by(LedgerRow.id).iterator():
        yield from ({**problem, "fate": row.fate} for problem in row.problems)
