"""Files of a device: added, downloaded, removed."""

from typing import Any

from flask import Response, render_template, request, send_file, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.errors import InvalidInput, StationError
from inspect_station.registry import service
from inspect_station.registry.views import forms, pages
from inspect_station.web import now, settings


@pages.get("/equipment/<int:equipment_id>/documents/new")
@needs("edit")
def new_document(equipment_id: int) -> str:
    return _page(equipment_id, None)


@pages.post("/equipment/<int:equipment_id>/documents/new")
@needs("edit")
def add_document(equipment_id: int) -> Any:
    def act() -> str:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise InvalidInput("请选择要上传的文件。", {"file": ["请选择文件"]})
        service.documents.add(
            current_actor(),
            equipment_id,
            title=request.form.get("title", "")[:200],
            file_name=file.filename,
            content=file.read(service.documents.LARGEST + 1),
            files_dir=settings().files_dir,
            now=now(),
        )
        return url_for("portal.device", equipment_id=equipment_id) + "#documents"

    return forms.save(act, "文件已存入设备档案。", lambda error: _page(equipment_id, error))


def _page(equipment_id: int, error: StationError | None) -> str:
    return render_template(
        "registry/document_form.html",
        device=service.equipment.get(current_actor(), equipment_id),
        accept=service.documents.ACCEPT,
        largest=service.documents.LARGEST // 1024 // 1024,
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )


@pages.get("/documents/<int:document_id>")
def download_document(document_id: int) -> Response:
    row, path = service.documents.path_of(current_actor(), document_id, settings().files_dir)
    return send_file(
        path.resolve(),
        mimetype=row["media_type"],
        as_attachment=True,
        download_name=row["file_name"],
        etag=row["sha256"],
    )


@pages.get("/documents/<int:document_id>/remove")
@needs("edit")
def removal_form(document_id: int) -> str:
    row = service.documents.get(current_actor(), document_id)
    return render_template(
        "confirm.html",
        title="移除文件",
        text=f"“{row['title']}”将不再出现在设备档案里。文件本身仍保存在系统中，移除已留痕。",
        action_label="移除",
        post_url=url_for("registry.remove_document", document_id=document_id),
        back_url=url_for("portal.device", equipment_id=row["equipment"]),
    )


@pages.post("/documents/<int:document_id>/remove")
@needs("edit")
def remove_document(document_id: int) -> Any:
    row = service.documents.get(current_actor(), document_id)

    def act() -> str:
        service.documents.remove(current_actor(), document_id, now=now())
        return url_for("portal.device", equipment_id=row["equipment"]) + "#documents"

    return forms.save(act, "文件已移除。", lambda error: error.message)
