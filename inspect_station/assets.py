"""Scripts, styles and drawings under addresses that change with their content, so that a browser may keep them for good."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, Response, request

_FOR_GOOD = 365 * 24 * 3600
_TEXTS = {".css", ".js", ".svg"}
# How dense for how many bytes at most: of longer files the last per cent costs a moment of the first answer, then seconds.
_DENSITY = ((100_000, 11), (300_000, 10))


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
                wants = request.method == "GET" and response.status_code == 200 and Path(name).suffix in _TEXTS
                if wants and request.accept_encodings.quality("br") > 0:
                    _send_dense(response, folder, name)
        return response


@lru_cache(maxsize=512)
def digest(folder: Path, name: str) -> str:
    """A short mark of a file's content; "" where there is none. Read once: a new release is a new process."""
    path = folder / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


def _send_dense(response: Response, folder: Path, name: str) -> None:
    """As small as it gets: pressed once for the process, where pages are compressed in passing."""
    response.close()
    response.direct_passthrough = False
    response.set_data(pressed(folder, name))
    response.content_encoding = "br"
    response.vary.add("Accept-Encoding")
    for header in ("ETag", "Accept-Ranges", "Content-Range"):
        response.headers.pop(header, None)


@lru_cache(maxsize=64)
def pressed(folder: Path, name: str) -> bytes:
    body = (folder / name).read_bytes()
    quality = next((quality for most, quality in _DENSITY if len(body) <= most), 9)
    return bytes(brotli.compress(body, quality=quality))
