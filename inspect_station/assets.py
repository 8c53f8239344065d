"""Scripts, styles and drawings under addresses that change with their content, so that a browser may keep them for good."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

_FOR_GOOD = 365 * 24 * 3600


def install(app: Flask) -> None:
    """`url_for('static', filename=…)` adds `v`, and an answer to that very `v` may be kept; any other is asked for again."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def _add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (found := digest(folder, values.get("filename", ""))):
            values.setdefault("v", found)

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304}:
            given, name = request.args.get("v"), (request.view_args or {})["filename"]
            if given and given == digest(folder, name):
                response.headers["Cache-Control"] = f"public, max-age={_FOR_GOOD}, immutable"
        return response


@lru_cache(maxsize=512)
def digest(folder: Path, name: str) -> str:
    """A short mark of a file's content; "" where there is none. Read once: a new release is a new process."""
    path = folder / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""
