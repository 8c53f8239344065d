"""What goes with an application: a shutdown plan, a list, a photo; checked by what it holds, photos without their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import photos
from inspect_station.casework.models import Application, ApplicationFile
from inspect_station.casework.words import OPEN_STATES
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import documents
from inspect_station.registry.rows import dicts

MOST = 10
ACCEPT = documents.ACCEPT


@dataclass(frozen=True)
class Checked:
    file_name: str
    media_type: str
    content: bytes


def check_all(files: Sequence[tuple[str, bytes]]) -> list[Checked]:
    """All files of a form, before anything is written. Raises `InvalidInput` naming the file."""
    if len(files) > MOST:
        raise _refused(f"一次最多 {MOST} 个文件，请分几次添加")
    return [_checked(name, content) for name, content in files]


def _checked(file_name: str, content: bytes) -> Checked:
    name = documents.safe_name(file_name)
    try:
        media_type = documents.media_type(name, content)
        if media_type.startswith("image/"):
            content, media_type, name = photos.check(content, name)[0], "image/jpeg", f"{Path(name).stem}.jpg"
    except InvalidInput as error:
        raise _refused(f"“{name[:60]}”：{error.message.rstrip('。')}") from error
    return Checked(name, media_type, content)


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput(f"{sentence}。", {"files": [sentence]})


def add(actor: Actor, application_id: int, files: Sequence[Checked], *, files_dir: Path, now: datetime) -> None:
    """Keep files with an open application. Raises `NotFound`, `InvalidInput` for none or too many, `Conflict`."""
    if actor.is_staff:
        actor.need("edit")
    if not files:
        raise _refused("请选择要添加的文件")
    with db.atomic():
        row = Application.get_or_none(Application.id == application_id, visible(actor, Application.enterprise))
        if row is None:
            raise NotFound()
        if row.state not in OPEN_STATES:
            raise Conflict("这份报检已经办结，不能再添加文件。")
        held = ApplicationFile.select().where(ApplicationFile.application == application_id).count()
        if held + len(files) > 3 * MOST:
            raise _refused(f"一份报检最多 {3 * MOST} 个文件，已有 {held} 个")
        for file in files:
            ApplicationFile.create(
                application=application_id, file_name=file.file_name, media_type=file.media_type,
                sha256=documents.keep(files_dir, file.content), size=len(file.content), account=actor.account_id,
                name=actor.name, at=now,
            )  # fmt: skip
        detail = {"files": [file.file_name for file in files]}
        audit.record(
            actor, "application.attach", "application", application_id, now=now, enterprise_id=row.enterprise_id,  # type: ignore[attr-defined]
            detail=detail,
        )  # fmt: skip


def of(actor: Actor, application_id: int) -> list[dict[str, Any]]:
    """The files of an application, in the order they came in."""
    query = ApplicationFile.select().join(Application).where(
        ApplicationFile.application == application_id, visible(actor, Application.enterprise)
    )  # fmt: skip
    return dicts(query.order_by(ApplicationFile.id))


def path_of(actor: Actor, file_id: int, files_dir: Path) -> tuple[dict[str, Any], Path]:
    """The row and the stored file. Raises `NotFound` for a missing, a foreign and a lost one."""
    query = ApplicationFile.select().join(Application).where(
        ApplicationFile.id == file_id, visible(actor, Application.enterprise)
    )  # fmt: skip
    row = query.dicts().first()
    if row is None:
        raise NotFound()
    return dict(row), documents.kept(files_dir, row["sha256"])
