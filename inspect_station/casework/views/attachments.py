"""Files of an application: added while it is open, opened by both sides."""

from typing import Any

from flask import Response, send_file, url_for

from inspect_station.accounts.guard import current_actor
from inspect_station.casework import service
from inspect_station.casework.views import cases, forms, pages
from inspect_station.web import accepts, now, settings


@pages.post("/cases/<int:application_id>/files")
@accepts(64)
def attach(application_id: int) -> Any:
    def act() -> str:
        checked = service.attachments.check_all(forms.pictures("files"))
        service.attachments.add(current_actor(), application_id, checked, files_dir=settings().files_dir, now=now())
        return url_for("casework.case", application_id=application_id)

    return forms.save(act, "文件已添加，双方都能看到。", lambda error: cases.page_with(application_id, error))


@pages.get("/case-attachments/<int:file_id>")
def attachment(file_id: int) -> Response:
    row, path = service.attachments.path_of(current_actor(), file_id, settings().files_dir)
    response = send_file(path, mimetype=row["media_type"], as_attachment=True, download_name=row["file_name"])
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
