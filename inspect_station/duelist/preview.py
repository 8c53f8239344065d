"""What a rulebook not yet in use would change: which devices' dates move, and by how much."""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

import io
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, run
from inspect_station.duelist import rulebooks
from inspect_station.duelist.models import RulebookPreview
from inspect_station.duelist.projection import in_force_now
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry.facts import facts_of
from inspect_station.registry.models import Equipment
from schedules.answers import Answer, Due, Forbidden, NotRunning, Undetermined, enforced_on
from schedules.many import due_dates_of
from schedules.rulebook import Rulebook, RulebookError, load
from schedules.terms import Clock

_FILES_MOST = 60
_FILE_BYTES_MOST = 1_000_000
_SHOWN_MOST = 500
_CHUNK = 500


def make(actor: Actor, files: Sequence[tuple[str, bytes]], folder: str, today: date, now: datetime) -> int:
    """Compare the rulebook in `files` (TOML files or one zip), or in a folder of the server, with the one in force.

    Returns the number under which the result is kept. Raises `InvalidInput` for a rulebook that must not be used,
    with its own sentence: file, rule and reason.
    """
    actor.need("confirm_rules")
    given = [(name, content) for name, content in files if name]
    if given:
        name, book = given[0][0], _uploaded(_unpacked(given))
    elif folder:
        name, book = Path(folder).name, _loaded(Path(folder), folder)
    else:
        raise InvalidInput(
            "请选择规则文件（.toml 或一个 .zip），或填写服务器上的规则目录。", {"files": ["请选择文件"]}
        )
    moves, compared = compare(book, today)
    with db.atomic():
        number = RulebookPreview.insert(
            name=name[:200], digest=book.digest, account=actor.account_id, at=now, compared=compared, moves=moves
        ).execute()
        audit.record(actor, "rule.preview", "rulebook", book.digest, now=now, detail={"name": name[:200]})
    return int(number)


def _unpacked(files: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """The TOML files by their bare names; a zip is opened with limits on number and size."""
    found: dict[str, bytes] = {}
    for name, content in files:
        for inner, text in _zipped(name, content) if name.lower().endswith(".zip") else [(name, content)]:
            bare = PurePosixPath(inner.replace("\\", "/")).name
            if not bare.lower().endswith(".toml"):
                raise InvalidInput(
                    f"“{bare}”不是规则文件；只接受 .toml，或装着它们的 .zip。", {"files": ["只接受 .toml 或 .zip"]}
                )
            found[bare] = text
    if len(found) > _FILES_MOST or any(len(text) > _FILE_BYTES_MOST for text in found.values()):
        raise InvalidInput("规则文件太多或太大：最多 60 个，每个不超过 1 MB。", {"files": ["太多或太大"]})
    return found


def _zipped(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and m.filename.lower().endswith(".toml")]
            if len(members) > _FILES_MOST or any(m.file_size > _FILE_BYTES_MOST for m in members):
                raise InvalidInput("规则文件太多或太大：最多 60 个，每个不超过 1 MB。", {"files": ["太多或太大"]})
            for member in members:
                with archive.open(member) as handle:
                    yield member.filename, handle.read(_FILE_BYTES_MOST + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InvalidInput(f"“{name}”打不开，请重新压缩成普通的 .zip 再上传。", {"files": ["打不开"]}) from error


def _uploaded(files: dict[str, bytes]) -> Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_bytes(text)
        return _loaded(Path(folder), "上传的文件")


def _loaded(folder: Path, name: str) -> Rulebook:
    try:
        return load(folder)
    except FileNotFoundError as error:
        raise InvalidInput(f"服务器上没有“{name}”这个目录，请核对路径。", {"folder": ["没有这个目录"]}) from error
    except RulebookError as error:
        raise InvalidInput(f"这套规则不能使用。{error}", {"files": [str(error)]}) from error


def compare(book: Rulebook, today: date) -> tuple[list[dict[str, Any]], int]:
    """The clocks whose answer differs under `book`, and how many devices were compared."""
    current = in_force_now()
    moves: list[dict[str, Any]] = []
    compared, last = 0, 0
    while ids := _after(last):
        last = ids[-1]
        compared += len(ids)
        moves += _moves(ids, current, book, today)
    return moves, compared


def _after(last: int) -> list[int]:
    query: Any = Equipment.select(Equipment.id).where(Equipment.id > last).order_by(Equipment.id).limit(_CHUNK)
    return [row[0] for row in query.tuples()]


def _moves(ids: Sequence[int], current: rulebooks.InForce, book: Rulebook, today: date) -> Iterator[dict[str, Any]]:
    readable = [(device.equipment_id, device.facts) for device in facts_of(ids) if device.facts is not None]
    devices = [facts for _, facts in readable]
    before = due_dates_of(devices, today, current.book, done_by=current.chosen)
    after = due_dates_of(devices, today, book, done_by=current.chosen)
    for (equipment_id, _), olds, news in zip(readable, before, after, strict=True):
        for old, new in zip(olds, news, strict=True):
            if _said(old) != _said(new):
                yield _move(equipment_id, old, new)


def _move(equipment_id: int, old: Answer, new: Answer) -> dict[str, Any]:
    first, then = enforced_on(old), enforced_on(new)
    days = (then - first).days if first and then else None
    return {"equipment": equipment_id, "clock": str(old.clock), "old": _said(old), "new": _said(new), "days": days}


def _said(answer: Answer) -> str:
    if isinstance(answer, Due):
        bound = f"（最晚 {answer.latest}）" if answer.latest and answer.latest != answer.on else ""
        return f"{answer.on}{bound}"
    if isinstance(answer, Undetermined):
        return f"待确定 {answer.earliest or '…'} 至 {answer.latest or '…'}"
    if isinstance(answer, Forbidden):
        return f"禁用：{answer.why.label}"
    assert isinstance(answer, NotRunning)
    return answer.why.label


def find(actor: Actor, preview_id: int) -> dict[str, Any]:
    """A kept result with the names of its devices, the greatest moves first. Raises `NotFound`."""
    actor.need("confirm_rules")
    kept = RulebookPreview.get_or_none(RulebookPreview.id == preview_id)
    if kept is None:
        raise NotFound()
    moves = sorted(kept.moves, key=lambda m: -abs(m["days"]) if m["days"] is not None else -(10**6))
    shown = moves[:_SHOWN_MOST]
    names = _names([m["equipment"] for m in shown])
    labels = {clock.value: clock.label for clock in Clock}
    way = Counter(_way(m["days"]) for m in moves)
    return {
        "kept": kept,
        "total": len(moves),
        "same_book": kept.digest == in_force_now().book.digest,
        "moves": [m | names.get(m["equipment"], {}) | {"clock_label": labels[m["clock"]]} for m in shown],
        "later": way["later"],
        "sooner": way["sooner"],
        "other": way["other"],
    }


def _way(days: int | None) -> str:
    if not days:
        return "other"
    return "later" if days > 0 else "sooner"


def _names(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    marks = ", ".join(f":id_{n}" for n in range(len(ids)))
    rows = run(
        "SELECT e.id, e.name, e.own_number, e.line_number, f.name FROM equipment e "
        f"JOIN enterprise f ON f.id = e.enterprise_id WHERE e.id IN ({marks})",
        {f"id_{n}": number for n, number in enumerate(ids)},
    )
    return {r[0]: {"name": r[1], "own_number": r[2] or r[3], "enterprise": r[4]} for r in rows}


def earlier(actor: Actor) -> list[dict[str, Any]]:
    """The last ten previews, with who made them."""
    actor.need("confirm_rules")
    query: Any = RulebookPreview.select(
        RulebookPreview.id,
        RulebookPreview.name,
        RulebookPreview.at,
        RulebookPreview.compared,
        Account.name.alias("who"),
    ).left_outer_join(Account, on=RulebookPreview.account == Account.id)
    return list(query.order_by(RulebookPreview.id.desc()).limit(10).dicts())
