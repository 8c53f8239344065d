"""What every page and every JSON answer shares: connections, headers, errors, cursors, stale writes."""

import base64
import errno
import hmac
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b, sha512
from pathlib import Path
from typing import Any, cast

import orjson
import structlog
from flask import Flask, Request, Response, current_app, g, jsonify, render_template, request, send_file
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_compress import Compress
from flask_smorest import Api
from flask_wtf.csrf import CSRFError, CSRFProtect
from marshmallow import Schema
from peewee import InterfaceError, OperationalError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from inspect_station import clock, export, wall
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.errors import InvalidInput, Stale, StationError
from inspect_station.validation import explain

log = structlog.get_logger()
View = Callable[..., Any]
csrf = CSRFProtect()

# Everything comes from this server: no inline script or style, no frames, no other host.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


# The camera is for the pages that read labels; choosing a photo needs no leave of the page.
_SHUT = "geolocation=(), microphone=()"


class ClosingCompress(Compress):
    """Compression that closes the file a static answer was read from; the library leaves it to the collector."""

    def after_request(self, response: Response | None) -> Response:
        body = response.response if response else None
        compressed: Response = super().after_request(response)
        if body is not None and compressed.response is not body and hasattr(body, "close"):
            compressed.call_on_close(body.close)
        return compressed


class AskedArguments(FlaskParser):
    """Reads from an address what stands in it; the library looks every field of the schema up, and misses most."""

    def load_querystring(self, req: Request, schema: Schema) -> dict[str, Any]:
        if not req.args:
            return {}
        found = super().load_querystring(req, schema)
        return {name: found[name] for name in req.args}


class TokenSessions(SecureCookieSessionInterface):
    """No session is opened for whoever speaks to the API by a token: nothing could be kept in it."""

    def open_session(  # type: ignore[override]  # the null session is one of its kind
        self, app: Flask, request: Request
    ) -> SessionMixin | None:
        by_token = request.path.startswith("/api/") and request.headers.get("Authorization", "").startswith("Bearer ")
        return self.make_null_session(app) if by_token else super().open_session(app, request)


class IdConverter(IntegerConverter):
    """`<int:…>` in an address: what no id can be is simply not found, before a database refuses the number."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **{"max": 2**31 - 1, **options})


def settings() -> Settings:
    return cast(Settings, current_app.config["STATION"])


def now() -> datetime:
    """The moment of this request: read once, the same for everything it does."""
    if "now" not in g:
        g.now = clock.now()
    return cast(datetime, g.now)


def today() -> date:
    return now().date()


def is_api() -> bool:
    return request.path.startswith("/api/")


def install(app: Flask) -> None:
    """Connections, headers and error pages; call it after the API is registered, whose handlers it overrides."""
    app.session_interface = TokenSessions()
    app.before_request(_open_connection)
    app.teardown_request(_close_connection)
    app.after_request(_secure)
    app.register_error_handler(StationError, _station_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(InterfaceError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def accepts(megabytes: int) -> Callable[[View], View]:
    """Mark a view that takes larger uploads than the station's setting, so that it can say itself what is too large."""

    def mark(view: View) -> View:
        view.accepts_megabytes = megabytes  # type: ignore[attr-defined]
        return view

    return mark


def uses_camera(view: View) -> View:
    """Mark a view whose page reads labels through the camera: to all others the browser refuses it."""
    view.uses_camera = True  # type: ignore[attr-defined]
    return view


def _open_connection() -> None:
    most = getattr(_view(), "accepts_megabytes", 0)
    if most:
        request.max_content_length = max(most * 1024 * 1024, current_app.config["MAX_CONTENT_LENGTH"])
    if request.endpoint not in {"static", "health.alive"}:
        db.connect(reuse_if_open=True)


def _view() -> View | None:
    return current_app.view_functions.get(request.endpoint or "")


def _close_connection(_error: BaseException | None) -> None:
    if not db.is_closed():
        wall.step_out(db.obj)
        db.close()


def _secure(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _ in headers}
    camera = "(self)" if getattr(_view(), "uses_camera", False) else "()"
    ours = {**_HEADERS, "Permissions-Policy": f"camera={camera}, {_SHUT}"}
    if settings().secure_cookies:
        ours["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        if "cache-control" not in given:
            ours["Cache-Control"] = "no-store"
        elif response.cache_control.public:  # send_file's own word for every download
            headers["Cache-Control"] = "no-store"
    headers.extend([(name, value) for name, value in ours.items() if name.lower() not in given])
    return response


# --- errors -------------------------------------------------------------------------------------------------------

_SENTENCES = {
    400: "请求的格式不对，请检查后重试。",
    401: "请先登录。",
    403: "您没有这项权限。",
    404: "没有找到您要的内容，它可能已被移走，或不属于您的单位。",
    405: "这个地址不支持这种操作。",
    406: "无法按要求的格式回答。",
    413: "上传的文件太大，请拆分后再传。",
    415: "请用 JSON 格式提交（Content-Type: application/json）。",
    422: "提交的内容有误，请按提示修改。",
    428: "修改前请先读取最新内容（缺少 If-Match）。",
    429: "操作太频繁，请稍后再试。",
    500: "系统出了问题，已记录下来。请稍后再试；若反复出现，请告诉管理员。",
    503: "系统暂时繁忙或正在恢复，请一分钟后再试；您填写的内容请先不要关闭。",
}
_DISK_FULL = "服务器的磁盘已满，刚才的内容没有保存。请告诉管理员清理磁盘，之后再提交一次。"
_CSRF_SENTENCE = "页面停留太久或未经本站打开，为安全起见没有提交。请刷新页面后再试一次。"


def error_response(
    code: int,
    reason: str,
    message: str,
    errors: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The one shape of every error: JSON under /api, otherwise a page with the same sentence."""
    if is_api():
        body = {"code": code, "status": reason, "message": message, "errors": dict(errors or {})}
        response = jsonify(body)
    else:
        response = current_app.make_response(
            render_template("errors/error.html", code=code, message=message, errors=errors or {})
        )
    response.status_code = code
    response.headers.update(headers or {})
    return response


def _station_error(error: StationError) -> Response:
    return error_response(error.http_status, error.reason, error.message, error.fields)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return cast(Response, error.get_response())
    fields: dict[str, list[str]] = {}
    message = _CSRF_SENTENCE if isinstance(error, CSRFError) else _SENTENCES.get(code, "请求无法完成。")
    messages = (getattr(error, "data", None) or {}).get("messages")
    if messages:
        # webargs nests by where the value stood ({"json": {field: …}}); people think in fields.
        inner = {
            k: v for part in messages.values() for k, v in (part.items() if isinstance(part, dict) else [("_", part)])
        }
        message, fields = explain(inner)
    keep = {k: v for k, v in error.get_headers() if k in {"Allow", "Retry-After", "WWW-Authenticate"}}
    return error_response(code, error.name.lower().replace(" ", "_"), message, fields, keep)


def _database_error(error: Exception) -> Response:
    log.error("database unavailable", error=str(error), path=request.path)
    return error_response(503, "unavailable", _SENTENCES[503], headers={"Retry-After": "10"})


def _unexpected(error: Exception) -> Response:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        log.error("disk full", path=request.path, file=str(error.filename or ""))
        return error_response(503, "unavailable", _DISK_FULL, headers={"Retry-After": "60"})
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    log.exception("unexpected error", path=request.path, method=request.method)
    return error_response(500, "internal_error", _SENTENCES[500])


# --- lists and writes ---------------------------------------------------------------------------------------------

PER_PAGE_MOST = 200
TOTAL_CAP = 1000


def encode_cursor(*keys: Any) -> str:
    """The position after a row, as text for an address. It holds sort keys only, nothing secret; it is sealed."""
    text = base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")
    return f"{text}.{_seal(text)}"


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Raises `InvalidInput` for what `encode_cursor` did not make for this list in this order."""
    text, _, seal = cursor.partition(".")
    if hmac.compare_digest(seal.encode(), _seal(text).encode()):
        keys: list[Any] = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if len(keys) == length:
            return keys
    raise InvalidInput("翻页标记 cursor 无效，请从第一页重新开始。", {"cursor": ["无效"]})


def _seal(text: str) -> str:
    """Keys of another list or order have other types, which PostgreSQL refuses to compare: a cursor fits its own only."""
    said = f"{request.endpoint} {request.args.get('sort', '')} {text}".encode()
    return blake2b(said, key=_sealing_key(settings().secret_key), digest_size=8).hexdigest()


@lru_cache(maxsize=8)
def _sealing_key(secret: str) -> bytes:
    return sha512(b"cursor " + secret.encode()).digest()


def check_etag(revision: int) -> None:
    """Raises `Stale` where If-Match names another revision than the present one."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if given and given != "*" and given != str(revision):
        raise Stale()


def with_etag(response: Response, revision: int) -> Response:
    response.headers["ETag"] = f'"{revision}"'
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer by orjson: lists are the service's hottest path."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def workbook(columns: Sequence[export.Column], rows: Iterable[Mapping[str, Any]], title: str) -> Response:
    """A download named after its title and today; the file is unlinked while it is still being read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        export.write_workbook(path, columns, rows, sheet=title, author=settings().station_name, created=now())
        handle = open(path, "rb")  # noqa: SIM115 - closed by the response when it has been sent
    name = f"{title}-{today().isoformat()}.xlsx"
    return send_file(handle, mimetype=export.MEDIA_TYPE, as_attachment=True, download_name=name)


def make_api(app: Flask) -> Api:
    """The JSON side: OpenAPI 3.1 at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="检验站接口",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH="docs",
        OPENAPI_SWAGGER_UI_URL="/static/vendor/swagger-ui/",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    )
    return Api(app)
