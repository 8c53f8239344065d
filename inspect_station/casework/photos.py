"""Photos: checked by what they are, turned upright, sized down, stripped of place and owner, stored once by content."""

import io
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework.models import CaseFile
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry import documents
from inspect_station.registry.rows import dicts

LARGEST = 20 * 1024 * 1024
MOST = 12
LONGEST_SIDE = 2048
_PIXELS_MOST = 80_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_UNREADABLE = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
ACCEPT = "image/jpeg,image/png,image/webp"


def check(content: bytes, file_name: str) -> tuple[bytes, int, int]:
    """The photo as it is kept: JPEG, width, height. Raises `InvalidInput` naming the file and what to do."""
    name = file_name.rsplit("/", 1)[-1][:60] or "照片"
    if len(content) > LARGEST:
        megabytes = len(content) / 1024 / 1024
        raise _refused(
            f"照片“{name}”有 {megabytes:.0f} MB，超过 {LARGEST // 1024 // 1024} MB，请用手机相机的普通画质重拍"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _sized(content)
    except _UNREADABLE:
        raise _refused(f"“{name}”不是可以打开的照片（JPG、PNG 或 WEBP），请重新拍照或另选一张") from None


def _sized(content: bytes) -> tuple[bytes, int, int]:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.width * opened.height > _PIXELS_MOST:
            raise ValueError("too many pixels")
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded near the size it is kept in
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(upright, mask=upright.getchannel("A") if upright.mode in ("RGBA", "LA") else None)
    made = io.BytesIO()
    plain.save(made, "JPEG", quality=82, optimize=True)
    return made.getvalue(), plain.width, plain.height


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput(f"{sentence}。", {"photos": [sentence]})


def check_all(files: Sequence[tuple[str, bytes]]) -> list[tuple[bytes, int, int]]:
    """All photos of a form, before anything is written."""
    if len(files) > MOST:
        raise _refused(f"一次最多 {MOST} 张照片，请分几次上传")
    return [check(content, name) for name, content in files]


def keep(
    actor: Actor,
    checked: Sequence[tuple[bytes, int, int]],
    *,
    owner: str,
    owner_id: int,
    enterprise_id: int,
    files_dir: Path,
    now: datetime,
    equipment_id: int | None = None,
    caption: str = "",
) -> list[int]:
    """Store checked photos; call it in the transaction of what they belong to. Their ids."""
    made = []
    for content, width, height in checked:
        digest = documents.keep(files_dir, content)
        row = CaseFile.create(
            owner=owner, owner_id=owner_id, enterprise=enterprise_id, equipment=equipment_id, caption=caption, sha256=digest,
            size=len(content), width=width, height=height, account=actor.account_id, name=actor.name, at=now,
        )  # fmt: skip
        made.append(int(row.id))
    return made


def of(actor: Actor, owner: str, owner_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The photos of these things, in the order they were taken in."""
    query = CaseFile.select().where(
        CaseFile.owner == owner, CaseFile.owner_id.in_(list(owner_ids)), visible(actor, CaseFile.enterprise)
    )
    return dicts(query.order_by(CaseFile.id))


def path_of(actor: Actor, file_id: int, files_dir: Path) -> Path:
    """The stored photo. Raises `NotFound` for a missing, a foreign and a lost one."""
    row = CaseFile.get_or_none(CaseFile.id == file_id, visible(actor, CaseFile.enterprise))
    if row is None:
        raise NotFound("没有找到这张照片。")
    return documents.kept(files_dir, row.sha256)


def hand_on(actor: Actor, file_ids: Sequence[int], held: tuple[str, int], owner: tuple[str, int]) -> None:
    """Photos held with one thing now belong to another; ids that are not held there are left alone."""
    CaseFile.update(owner=owner[0], owner_id=owner[1]).where(
        CaseFile.id.in_(list(file_ids)), CaseFile.owner == held[0], CaseFile.owner_id == held[1],
        visible(actor, CaseFile.enterprise),
    ).execute()  # fmt: skip
