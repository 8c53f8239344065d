"""Files kept with a device: checked by what they hold, stored once by content, never under the name they came with."""

import hashlib
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import changes, equipment
from inspect_station.registry.models import Document, Equipment
from inspect_station.registry.rows import dicts

_OFFICE = "application/vnd.openxmlformats-officedocument."
# What a file may be: ending → (its first bytes, media type). Nothing a browser would run.
TYPES: dict[str, tuple[bytes, str]] = {
    ".pdf": (b"%PDF-", "application/pdf"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".xlsx": (b"PK\x03\x04", _OFFICE + "spreadsheetml.sheet"),
    ".docx": (b"PK\x03\x04", _OFFICE + "wordprocessingml.document"),
}
ACCEPT = ",".join(TYPES)
LARGEST = 20 * 1024 * 1024
_NAMES = ("id", "equipment", "title", "file_name", "sha256", "media_type", "size", "added_at", "removed_at")


@dataclass(frozen=True)
class Kept:
    """A file stored by its content and not yet tied to a device."""

    file_name: str
    sha256: str
    media_type: str


def receive(file_name: str, content: bytes, files_dir: Path) -> Kept:
    """Store a file somebody sent, before it is known to belong to a device. Raises `InvalidInput` as `add` does."""
    name = safe_name(file_name)
    kind = media_type(name, content)
    return Kept(name, keep(files_dir, content), kind)


def add(
    actor: Actor, equipment_id: int, *, title: str, file_name: str, content: bytes, files_dir: Path, now: datetime
) -> int:
    """Keep a file with a device. Raises `InvalidInput` where its name, kind or size does not fit."""
    actor.need("edit")
    name = safe_name(file_name)
    kind = media_type(name, content)
    digest = hashlib.sha256(content).hexdigest()
    with db.atomic():
        device = equipment.get(actor, equipment_id)
        keep(files_dir, content)
        row = Document.create(
            equipment=equipment_id,
            title=title.strip() or Path(name).stem,
            file_name=name,
            sha256=digest,
            media_type=kind,
            size=len(content),
            account=actor.account_id,
            added_at=now,
        )
        changes.record(
            actor, "document.add", equipment_id, device["enterprise"], {"document": (None, row.title)}, now=now,
            detail={"document": row.id, "sha256": digest},
        )  # fmt: skip
    return int(row.id)


def safe_name(name: str) -> str:
    """The last part of a path, without control characters and what file systems or headers stumble over."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*;')
    stem, dot, ending = kept.strip(" .").rpartition(".")
    return f"{stem[:120]}{dot}{ending[:10]}"


def media_type(name: str, content: bytes) -> str:
    """What the file is, by its ending and its first bytes. Raises `InvalidInput` for kinds that are not kept."""
    ending = Path(name).suffix.lower()
    if ending not in TYPES:
        raise InvalidInput("只收 PDF、JPG、PNG、XLSX、DOCX 文件。", {"file": ["只收 PDF、JPG、PNG、XLSX、DOCX 文件"]})
    if not content or len(content) > LARGEST:
        sentence = "文件是空的" if not content else f"文件不能超过 {LARGEST // 1024 // 1024} MB"
        raise InvalidInput(f"{sentence}。", {"file": [sentence]})
    start, found = TYPES[ending]
    if not content.startswith(start):
        raise InvalidInput("文件内容与扩展名不符，请另存后再传。", {"file": ["内容与扩展名不符"]})
    return found


def keep(files_dir: Path, content: bytes) -> str:
    """Written under a name of its own and moved into place whole; the same content is stored once. Its digest."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(files_dir, digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    # The same content may come from two threads of one process at a time.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{digest}.", suffix=".part", delete=False) as handle:
        try:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
            os.replace(handle.name, path)
        except OSError:
            Path(handle.name).unlink(missing_ok=True)
            raise
    return digest


def kept(files_dir: Path, digest: str) -> Path:
    """The file of this content. Raises `NotFound` for a lost one."""
    path = _path(files_dir, digest)
    if not path.is_file():
        raise NotFound("这个文件不在了，请联系管理员从备份中恢复。")
    return path


def _path(files_dir: Path, digest: str) -> Path:
    return files_dir / digest[:2] / digest


def of(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """A device's files, newest first."""
    query = (
        Document.select(*(getattr(Document, name) for name in _NAMES), Account.name.alias("who"))
        .join(Equipment, on=(Document.equipment == Equipment.id))
        .switch(Document)
        .left_outer_join(Account)
        .where(
            Document.equipment == equipment_id, Document.removed_at.is_null(), visible(actor, Equipment.enterprise)
        )
    )
    return dicts(query.order_by(Document.id.desc()))


def get(actor: Actor, document_id: int) -> dict[str, Any]:
    query = Document.select(*(getattr(Document, name) for name in _NAMES)).join(Equipment)
    row = (
        query.where(Document.id == document_id, Document.removed_at.is_null(), visible(actor, Equipment.enterprise))
        .dicts()
        .first()
    )
    if row is None:
        raise NotFound()
    return dict(row)


def path_of(actor: Actor, document_id: int, files_dir: Path) -> tuple[dict[str, Any], Path]:
    """The row and the file. Raises `NotFound` for a missing, a foreign and a lost one."""
    row = get(actor, document_id)
    return row, kept(files_dir, row["sha256"])


def remove(actor: Actor, document_id: int, *, now: datetime) -> int:
    """Take a file off its device (it stays stored); returns the device's id."""
    actor.need("edit")
    with db.atomic():
        row = get(actor, document_id)
        done = (
            Document.update(removed_at=now).where(Document.id == document_id, Document.removed_at.is_null()).execute()
        )
        if not done:
            raise Conflict("这个文件已经移除。")
        device = equipment.get(actor, row["equipment"])
        changes.record(
            actor, "document.remove", row["equipment"], device["enterprise"], {"document": (row["title"], None)}, now=now,
            detail={"document": document_id},
        )  # fmt: skip
    return int(row["equipment"])
