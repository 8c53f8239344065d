"""`make scan`: the web scanner wapiti walks a running station as a visitor and as each role, and attacks what it found.

    python -m tools.scan PATH_TO_WAPITI [ROLE …]

Each role has the sample park to itself, on 127.0.0.1, for the attack may change it. SECONDS for the walk and for each
kind of attack. 1 where something was found that is not known as a false alarm; docs/security.md says which those are.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drills.ground import SECRET, Place, dispose
from drills.pages import ROOT, Web
from inspect_station import clock, create_app
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account
from inspect_station.db import db

SECONDS = int(os.environ.get("SECONDS", "60"))
ROLES = ("visitor", "enterprise", "inspector", "technical_head", "auditor", "head", "admin")
# Left out: what needs a server of the scanner's makers (ssrf, xxe, log4shell), TLS (nginx's) and other people's products.
ATTACKS = "cookieflags,crlf,csp,csrf,exec,file,http_headers,htaccess,methods,permanentxss,redirect,sql,upload,xss"
LEFT_OUT = ("/logout", "/me/password", "/static/*")


@dataclass(frozen=True)
class Known:
    """A false alarm: what it is called, a pattern of what is said of it, and why it is none."""

    category: str
    said: str
    why: str


KNOWN = (
    Known(
        "Secure Flag cookie",
        "station",
        "the scan speaks plain HTTP; behind HTTPS the flag is set (STATION_SECURE_COOKIES)",
    ),
)


def main(arguments: list[str]) -> int:
    wapiti, *roles = arguments
    unknown = set(roles) - set(ROLES)
    if unknown:
        print(f"no role {unknown.pop()}; there are {' '.join(ROLES)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="station-scan-") as folder:
        park = Path(folder, "park")
        _fill(park)
        new = [_scan(wapiti, role, park, Path(folder, role)) for role in roles or ROLES]
    print(f"{sum(new)} findings that are no known false alarm")
    return 1 if any(new) else 0


def _place(folder: Path) -> Place:
    return Place("sqlite", f"sqlite:///{folder / 'station.db'}", folder)


def _fill(folder: Path) -> None:
    folder.mkdir()
    for verb in ("migrate", "demo"):
        command = [sys.executable, "-m", "inspect_station", verb]
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **_place(folder).environment()},
            check=True,
            stdout=subprocess.DEVNULL,
        )


def _scan(wapiti: str, role: str, park: Path, folder: Path) -> int:
    """How many findings of this role are new."""
    shutil.copytree(park, folder)
    begun = time.monotonic()
    with _running(_place(folder)) as web:
        report = _attack(wapiti, web.address, _cookie(_place(folder), role), folder)
    return _tell(role, report, time.monotonic() - begun)


@contextmanager
def _running(place: Place) -> Iterator[Web]:
    web = Web(place, 0, STATION_WEB_THREADS="8")
    web.start()
    try:
        yield web
    finally:
        web.stop()


def _cookie(place: Place, role: str) -> str:
    """The cookie of somebody of this role who is logged in."""
    if role == "visitor":
        return ""
    app = create_app(place.settings())
    with db.connection_context():
        account = (
            Account.select().where(Account.role == role, Account.disabled_at.is_null()).order_by(Account.id).first()
        )
        token = sessions.start(account, clock.now())
    client = app.test_client()
    with client.session_transaction() as session:
        session["sid"] = token
    dispose(db.obj)
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return f"{cookie.key}={cookie.value}"


def _attack(wapiti: str, address: str, cookie: str, folder: Path) -> dict[str, Any]:
    report = folder / "report.json"
    command = [
        wapiti, "-u", f"{address}/", "-m", ATTACKS, "-f", "json", "-o", str(report), "--no-bugreport",
        "--store-session", str(folder / "scanner"), "--store-config", str(folder / "scanner"), "-v", "0", "-t", "20",
        "-d", "6", "--max-files-per-dir", "30", "--max-scan-time", str(SECONDS),
        "--max-attack-time", str(SECONDS), "--tasks", "4", "-S", "normal",
        *(word for path in LEFT_OUT for word in ("-x", address + path)), *(("-H", f"Cookie: {cookie}") if cookie else ()),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if not report.exists():
        raise RuntimeError(f"the scanner wrote no report: {(done.stdout + done.stderr)[-2000:]}")
    return dict(json.loads(report.read_text()))


def _tell(role: str, report: dict[str, Any], seconds: float) -> int:
    found = [
        (category, one) for part in ("vulnerabilities", "anomalies") for category, many in report[part].items() for one in many
    ]  # fmt: skip
    new = [(category, one) for category, one in found if _why(category, one) is None]
    pages = report["infos"].get("crawled_pages_nbr", "?")
    print(
        f"{role:15} {pages:>5} addresses  {len(found):4} findings  {len(new):4} not known  {seconds:5.0f} s",
        flush=True,
    )
    for why in sorted({_why(category, one) or "" for category, one in found} - {""}):
        print(f"  known: {why}")
    for category, one in new:
        print(f"  {category}: {one['method']} {one['path']} {one.get('parameter') or ''}: {one['info'][:160]}")
    return len(new)


def _why(category: str, one: dict[str, Any]) -> str | None:
    said = f"{one['method']} {one['path']} {one['info']}"
    return next((known.why for known in KNOWN if known.category == category and re.search(known.said, said)), None)


if __name__ == "__main__":
    os.environ.setdefault("STATION_SECRET_KEY", SECRET)
    sys.exit(main(sys.argv[1:]))
