"""Every setting, its default and its reason. Read once from the environment, refused if senseless."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inspect_station import sealing
from inspect_station.errors import ConfigError

PREFIX = "STATION_"
# The accounts lie above; a test holds that these are theirs.
_ROLES = {"admin", "head", "technical_head", "inspector", "enterprise", "auditor"}


def _setting(default: Any, doc: str, *, least: int | None = None, most: int | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """The whole configuration. A field `x` is read from `STATION_X`."""

    data_dir: str = _setting("var", "where the embedded database, the secret and the outbox folder live")
    database_url: str = _setting("", "sqlite:///FILE or postgresql://…; empty: SQLite in data_dir")
    secret_key: str = _setting("", "signs cookies and cursors; empty: made once, kept in data_dir")
    old_secret_keys: str = _setting("", "earlier secret keys, comma separated: they still open what they sealed")
    base_url: str = _setting("http://127.0.0.1:8000", "how people reach the pages: links in messages begin so")
    bind: str = _setting("127.0.0.1:8000", "address and port gunicorn listens on")
    station_name: str = _setting("福建省特种设备检验研究院可门检验站", "heads every page, notice and message")
    station_phone: str = _setting("", "printed in messages: whom an enterprise may call")
    station_address: str = _setting("可门园区服务中心", "printed in notices")
    secure_cookies: bool = _setting(False, "true behind HTTPS; plain HTTP would lose the log-in otherwise")
    behind_proxy: bool = _setting(False, "trust X-Forwarded-* of exactly one proxy in front")
    idle_minutes: int = _setting(60, "a session unused for so long ends (等保二级)", least=5, most=24 * 60)
    session_hours: int = _setting(12, "a session ends after so long in any case", least=1, most=24 * 30)
    link_hours: int = _setting(72, "a one-time log-in link is good for so long", least=1, most=24 * 30)
    lock_after: int = _setting(5, "failed log-ins that lock an account", least=3, most=20)
    lock_minutes: int = _setting(15, "how long it stays locked", least=1, most=24 * 60)
    second_factor_roles: str = _setting(
        "", "roles that must log in in two steps, comma separated; admin,head is recommended"
    )
    upload_mb: int = _setting(30, "largest upload", least=1, most=500)
    smtp_host: str = _setting("", "mail server; empty: messages go to the folder instead")
    smtp_port: int = _setting(25, "its port", least=1, most=65535)
    smtp_user: str = _setting("", "log-in at the mail server, if it wants one")
    smtp_password: str = _setting("", "its password")
    smtp_tls: str = _setting("starttls", "starttls | tls | none")
    mail_from: str = _setting("", "sender address of reminders; needed with smtp_host")
    smtp_ca: str = _setting("", "file with the certificate authority of an own mail server; empty: the system's")
    robot_hosts: str = _setting("", "further host names that group robots may have, comma separated")
    private_targets: bool = _setting(
        False, "true lets robots and SMS gateways lie on this machine or an inner network"
    )
    answer_link_days: int = _setting(
        90, "the link in a reminder opens its answer page for so long", least=7, most=365
    )
    noted_quiet_days: int = _setting(5, "已知悉 rests the weekly repeats for so many working days", least=1, most=10)
    answer_quiet_days: int = _setting(
        5, "an answer nobody confirmed rests the ladder so long, in working days", least=1, most=5
    )
    mail_pdf: bool = _setting(
        True, "each letter carries its notice as a PDF; setting one takes a fraction of a second"
    )
    web_workers: int = _setting(2, "gunicorn worker processes", least=1, most=64)
    web_threads: int = _setting(4, "threads of each", least=1, most=64)
    log_level: str = _setting("INFO", "DEBUG | INFO | WARNING | ERROR")
    metrics_token: str = _setting("", "lets a Prometheus elsewhere read /metrics; loopback needs none")

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_path / 'station.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    @property
    def outbox_dir(self) -> Path:
        return self.data_path / "outbox"

    @property
    def two_step_roles(self) -> frozenset[str]:
        return frozenset(filter(None, (role.strip() for role in self.second_factor_roles.split(","))))

    @property
    def files_dir(self) -> Path:
        return self.data_path / "files"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ`, with an env file (`STATION_ENV_FILE`) underneath it.

    Raises `ConfigError`, which names the setting, what it holds and what it may hold.
    """
    env = dict(os.environ if environ is None else environ)
    env = {**_env_file(env.get("STATION_ENV_FILE", "")), **env}
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    _refuse_unknown(env, known)
    given = {f.name: _read(f, name, env[name]) for name, f in known.items() if name in env}
    settings = Settings(**given)
    _check_together(settings)
    return settings


def ensure_secret(settings: Settings) -> Settings:
    """Settings with a secret key: the configured one, or one made once and kept beside the data."""
    if not settings.secret_key:
        settings = replace_secret(settings, _kept_secret(settings.data_path))
    sealing.use(settings.secret_key, *(key.strip() for key in settings.old_secret_keys.split(",")))
    return settings


def _kept_secret(folder: Path) -> str:
    path = folder / "secret.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Whole under its name at once: another process that starts at the same moment must not read half a key.
            made = folder / f"secret.{os.getpid()}.new"
            with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
                handle.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                path.hardlink_to(made)
            made.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(
            f"数据目录 {folder} 用不了：{error.strerror}。请用检验站的系统用户执行，或检查 STATION_DATA_DIR。"
        ) from error


def replace_secret(settings: Settings, secret: str) -> Settings:
    values = {f.name: getattr(settings, f.name) for f in fields(Settings)}
    return Settings(**{**values, "secret_key": secret})


def _env_file(path: str) -> dict[str, str]:
    if not path:
        return {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"STATION_ENV_FILE 指向的文件 {path} 读不了：{error.strerror}。") from error
    pairs = (
        line.split("=", 1) for line in map(str.strip, lines) if line and not line.startswith("#") and "=" in line
    )
    return {name.strip(): value.strip().strip('"') for name, value in pairs}


# Names that share the prefix and are read elsewhere.
_NOT_SETTINGS = {"STATION_ENV_FILE"}


def _refuse_unknown(env: Mapping[str, str], known: Mapping[str, Any]) -> None:
    unknown = sorted(
        name for name in env if name.startswith(PREFIX) and name not in known and name not in _NOT_SETTINGS
    )
    if unknown:
        raise ConfigError(f"没有名为 {unknown[0]} 的设置，请检查拼写；全部设置见 README。")


def _read(spec: Any, name: str, text: str) -> Any:
    readers: dict[Any, Callable[[Any, str, str], Any]] = {bool: _read_bool, int: _read_int, str: _read_str}
    return readers[spec.type if isinstance(spec.type, type) else {"bool": bool, "int": int}.get(spec.type, str)](
        spec, name, text
    )


def _read_str(_spec: Any, _name: str, text: str) -> str:
    return text


def _read_bool(_spec: Any, name: str, text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if text.lower() not in words:
        raise ConfigError(f"{name} 只能是 true 或 false，现在是“{text}”。")
    return words[text.lower()]


def _read_int(spec: Any, name: str, text: str) -> int:
    least, most = spec.metadata["least"], spec.metadata["most"]
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ConfigError(f"{name} 应为 {least} 至 {most} 之间的整数，现在是“{text}”。")
    return int(text)


def _check_together(settings: Settings) -> None:
    scheme = urlsplit(settings.database).scheme
    if scheme not in {"sqlite", "postgresql", "postgres"}:
        raise ConfigError(f"STATION_DATABASE_URL 应以 sqlite:/// 或 postgresql:// 开头，现在是“{scheme}://”。")
    base = urlsplit(settings.base_url)
    if base.scheme not in {"http", "https"} or not base.netloc:
        raise ConfigError(
            f"STATION_BASE_URL 应是完整的网址（http:// 或 https:// 开头），现在是“{settings.base_url}”。"
        )
    if settings.secret_key and len(settings.secret_key) < 32:
        raise ConfigError("STATION_SECRET_KEY 太短：至少 32 个字符；留空则由程序自动生成。")
    if settings.smtp_tls not in {"starttls", "tls", "none"}:
        raise ConfigError(f"STATION_SMTP_TLS 只能是 starttls、tls 或 none，现在是“{settings.smtp_tls}”。")
    if settings.smtp_host and "@" not in settings.mail_from:
        raise ConfigError("设置了 STATION_SMTP_HOST，还须设置发件地址 STATION_MAIL_FROM。")
    unknown = sorted(settings.two_step_roles - _ROLES)
    if unknown:
        raise ConfigError(
            f"STATION_SECOND_FACTOR_ROLES 里没有“{unknown[0]}”这个岗位，可写：{'、'.join(sorted(_ROLES))}。"
        )
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError(f"STATION_LOG_LEVEL 只能是 DEBUG、INFO、WARNING、ERROR，现在是“{settings.log_level}”。")
