"""Back up, verify, restore."""

import errno
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from inspect_station import db as database
from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.backup import tables
from inspect_station.db import db, is_sqlite
from inspect_station.errors import Conflict, InvalidInput

FORMAT = "inspect-station-backup/1"
LAST_BACKUP = "last_backup"
# Set by a restore: what was sent since the backup is not known, so sending waits for a person's word.
SENDING_PAUSED = "sending_paused"
_WRITE_FAULTS = {
    errno.ENOSPC: "磁盘已满", errno.EDQUOT: "磁盘配额已满", errno.ENOENT: "没有这个文件夹", errno.EACCES: "没有写入权限",
    errno.EROFS: "磁盘是只读的",
}  # fmt: skip


def back_up(actor: Actor, path: Path, files_dir: Path, now: datetime) -> dict[str, Any]:
    """Write a consistent copy to `path` while others read and write; returns the manifest.

    The file appears whole or not at all. Raises `Conflict` where it already exists.
    """
    if path.exists():
        raise Conflict(f"文件 {path} 已存在，请换一个文件名。")
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            with _snapshot():
                applied = sorted(m.name for m in database.runner().status() if m.applied)
                described = [_dump(archive, shape) for shape in tables.shapes()]
            files = _store_files(archive, files_dir)
            manifest = {
                "format": FORMAT,
                "made_at": now.isoformat(),
                "migrations": applied,
                "tables": described,
                "files": files,
            }
            archive.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        verify(partial)
        os.replace(partial, path)
    except OSError as error:
        why = _WRITE_FAULTS.get(error.errno or 0, error.strerror)
        raise Conflict(f"备份没有做成，{path} 写不下去：{why}。请换一个有空间、可写的地方。") from error
    finally:
        partial.unlink(missing_ok=True)
    with db.atomic():
        station.put(LAST_BACKUP, {"at": now.isoformat(), "bytes": path.stat().st_size}, now)
        audit.record(actor, "backup", "station", path.name, now=now)
    return manifest


def back_up_into(actor: Actor, folder: Path, keep: int, files_dir: Path, now: datetime) -> tuple[Path, list[str]]:
    """A new copy in a folder, then the oldest of our copies there beyond `keep` are dropped; its path, and their names."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"station-{now:%Y%m%d-%H%M%S}.zip"
    back_up(actor, path, files_dir, now)
    # Only after the new one has been verified: a disk that is full never costs the old ones.
    old = sorted(folder.glob("station-[0-9]*-[0-9]*.zip"))[:-keep]
    for one in old:
        one.unlink()
    return path, [one.name for one in old]


@contextmanager
def _snapshot() -> Iterator[None]:
    """One unchanging view of all tables that blocks no writer."""
    begin = "BEGIN DEFERRED" if is_sqlite() else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    db.execute_sql(begin)
    try:
        yield
    finally:
        db.execute_sql("ROLLBACK")


def _dump(archive: zipfile.ZipFile, shape: tables.TableShape) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(shape.name), "w") as member:
        for row in tables.rows(shape):
            line = orjson.dumps(row) + b"\n"
            digest.update(line)
            member.write(line)
            count += 1
    return {"name": shape.name, "columns": shape.columns, "rows": count, "sha256": digest.hexdigest()}


def _store_files(archive: zipfile.ZipFile, files_dir: Path) -> list[dict[str, str]]:
    """Documents lie by content and never change, so copying them after the snapshot loses nothing it names."""
    found = sorted(p for p in files_dir.rglob("*") if p.is_file()) if files_dir.is_dir() else []
    stored = []
    for path in found:
        name = path.relative_to(files_dir).as_posix()
        archive.write(path, f"files/{name}")
        stored.append({"name": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    return stored


def verify(path: Path) -> dict[str, Any]:
    """The manifest of a whole backup. Raises `InvalidInput` naming the part that is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = orjson.loads(archive.read("manifest.json"))
            _check_members(archive, manifest)
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise InvalidInput(f"备份文件 {path.name} 打不开或不完整：{error}。请换另一份备份。") from error
    return manifest


def _check_members(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise ValueError(f"不是 {FORMAT} 格式")
    wanted = {_member(t["name"]): t["sha256"] for t in manifest["tables"]}
    wanted |= {f"files/{f['name']}": f["sha256"] for f in manifest["files"]}
    for member, expected in wanted.items():
        with archive.open(member) as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != expected:  # type: ignore[arg-type]
                raise ValueError(f"{member} 的内容已损坏")


def restore(path: Path, files_dir: Path, now: datetime) -> dict[str, Any]:
    """Fill an empty database from a backup, compare every table with it, and leave sending paused.

    Raises `Conflict` unless the database is empty, `InvalidInput` where the backup is damaged or newer than this program.
    """
    manifest = verify(path)
    _check_empty()
    known = [m.name for m in database.runner().migrations()]
    unknown = sorted(set(manifest["migrations"]) - set(known))
    if unknown:
        raise InvalidInput(f"这份备份来自更新的版本（{unknown[0]}），请先升级程序再恢复。")
    database.migrate(manifest["migrations"][-1])
    with db.atomic(), zipfile.ZipFile(path) as archive:
        tables.empty_shipped()
        _fill(archive, manifest)
        _compare(manifest)
    _unpack_files(path, manifest, files_dir)
    database.migrate()
    with db.atomic():
        station.put(SENDING_PAUSED, {"since": now.isoformat(), "why": "restored"}, now)
        audit.record(Actor.system("命令行"), "restore", "station", path.name, now=now)
    return manifest


def _check_empty() -> None:
    names = [s.name for s in tables.shapes() if s.name not in tables.SHIPPED]
    used = [name for name in names if db.execute_sql(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]  # noqa: S608
    if used:
        raise Conflict(f"数据库里已有内容（{used[0]}），备份只能恢复到空库；请另选一个 STATION_DATABASE_URL。")


def _fill(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    columns = {t["name"]: t["columns"] for t in manifest["tables"]}
    for shape in tables.shapes():
        if shape.name in columns:
            with archive.open(_member(shape.name)) as handle:
                tables.write(shape, columns[shape.name], map(orjson.loads, handle))
    tables.advance_sequences()


def _compare(manifest: dict[str, Any]) -> None:
    expected = {t["name"]: t for t in manifest["tables"]}
    for shape in tables.shapes():
        if shape.name not in expected:
            continue
        order = [shape.columns.index(c) for c in expected[shape.name]["columns"]]
        digest = hashlib.sha256()
        for row in tables.rows(shape):
            digest.update(orjson.dumps([row[i] for i in order]) + b"\n")
        if digest.hexdigest() != expected[shape.name]["sha256"]:
            raise InvalidInput(f"恢复后核对不一致：{shape.name}。数据库已退回为空，请换另一份备份。")


def _unpack_files(path: Path, manifest: dict[str, Any], files_dir: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for entry in manifest["files"]:
            target = (files_dir / entry["name"]).resolve()
            if not target.is_relative_to(files_dir.resolve()):
                raise InvalidInput(f"备份里的文件名 {entry['name']} 不安全，已停止恢复。")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(f"files/{entry['name']}"))


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
