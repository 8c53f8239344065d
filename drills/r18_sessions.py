"""R18: cookies captured, passwords guessed in parallel, forms forged, headers looked at: over every route there is."""

import re
import threading
from collections import Counter
from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient

from drills.ground import Ground, Place, dispose
from drills.tally import Tally
from inspect_station import clock, create_app
from inspect_station.accounts import service, sessions
from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import connection, db
from inspect_station.errors import InvalidInput, TooMany
from tests.conftest import NOW, Cast, csrf_of, people
from tests.tenancy import test_matrix as matrix

GOOD, PARALLEL, ROUNDS, LOCK_AFTER = "看见大海 2026 春暖", 8, 5, 5


def run(ground: Ground) -> Iterator[Tally]:
    real = clock.now, clock.today
    clock.now, clock.today = lambda: NOW, lambda: NOW.date()
    try:
        for engine in ground.engines:
            yield _guessing(ground.station(engine))
        yield from _pages(ground.station(ground.engines[-1]))
    finally:
        clock.now, clock.today = real


def _guessing(place: Place) -> Tally:
    """Eight threads guess at one moment: exactly so many guesses are looked at, then even the right one is refused."""
    tally = Tally(f"{PARALLEL} guess at once, {place.engine}")
    with place.opened():
        for n in range(ROUNDS):
            login = f"victim{n}"
            account = service.create_account(Actor.system(), login=login, name="某", role="inspector", now=NOW)
            service.use_link(service.issue_link(Actor.system(), account, NOW, 1), NOW, password=GOOD)
            fates = _guess(login)
            tally.given += sum(fates.values())
            tally.expect_equal(fates["wrong"], LOCK_AFTER, "guesses looked at")
            tally.expect_equal(fates["locked"], PARALLEL - LOCK_AFTER, "guesses refused unseen")
            tally.expect_equal(_try(login, GOOD), "locked", "the right password afterwards")
        known = AuditEntry.select().where(AuditEntry.result == "refused").count()
        tally.expect_equal(known, ROUNDS * LOCK_AFTER, "failures in the trail")
    tally.remark(f"exactly {LOCK_AFTER} of {PARALLEL} parallel guesses were looked at, in each of {ROUNDS} rounds")
    return tally


def _guess(login: str) -> Counter[str]:
    gate, fates = threading.Barrier(PARALLEL), Counter[str]()

    def guess(number: int) -> None:
        with connection():
            gate.wait(30)
            fates[_try(login, f"guess number {number}")] += 1

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return fates


def _try(login: str, password: str) -> str:
    try:
        service.log_in(login, password, NOW, lock_after=LOCK_AFTER, lock_minutes=15)
    except TooMany:
        return "locked"
    except InvalidInput:
        return "wrong"
    return "in"


def _pages(place: Place) -> Iterator[Tally]:
    app = create_app(place.settings(secure_cookies=True))
    app.testing = True
    with people(app) as cast:
        Account.update(password_hash=None).execute()
    yield _captured(app, cast)
    yield _forged(app, cast)
    yield _headers(app, cast)
    yield _nobody(app)
    dispose(db.obj)


def _captured(app: Flask, cast: Cast) -> Tally:
    tally = Tally("cookies captured, then worthless")
    ends = {
        "log-out": lambda browser: _post(browser, "/logout"),
        "a new password": lambda browser: _post(browser, "/me/password", password=GOOD, repeat=GOOD),
        "disabling": lambda _: _with_db(
            lambda: service.set_disabled(cast.admin, cast.inspector.account_id or 0, True, NOW)
        ),
    }
    for name, end in ends.items():
        browser = _browser(app, cast.inspector)
        captured = browser.get_cookie("station", path="/")
        thief = app.test_client()
        assert captured is not None
        thief.set_cookie("station", captured.value, secure=True)
        before = _get(thief, "/me")
        end(browser)
        tally.given += 1
        tally.expect_equal((before, _get(thief, "/me")), (200, 302), f"captured before {name}: before, after")
    return tally


def _forged(app: Flask, cast: Cast) -> Tally:
    """Every unsafe route without the page's token, and with a token of another session."""
    tally = Tally("forms without the page's own token")
    browser = _browser(app, cast.admin)
    foreign = csrf_of(_browser(app, cast.head))
    accepted = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            for token in ("", foreign):
                arguments = {name: matrix.WORDS.get(name, 1) for name in rule.arguments}
                with app.test_request_context(base_url="https://localhost"):
                    address = app.url_for(rule.endpoint, **arguments)
                answer = browser.open(
                    address, method=method, data={"csrf_token": token}, base_url="https://localhost",
                    headers={"Referer": "https://localhost/"},
                )  # fmt: skip
                tally.given += 1
                if answer.status_code != 400:
                    accepted.append(f"{method} {rule.rule} {answer.status_code}")
                answer.close()
    tally.expect_equal(accepted, [], "not refused")
    return tally


def _headers(app: Flask, cast: Cast) -> Tally:
    tally = Tally("headers and cookies of every page")
    browser = _browser(app, cast.admin)
    lacking: Counter[str] = Counter()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        arguments = {name: matrix.WORDS.get(name, 1) for name in rule.arguments}
        with app.test_request_context(base_url="https://localhost"):
            address = app.url_for(rule.endpoint, **arguments)
        with browser.get(address, base_url="https://localhost") as answer:
            tally.given += 1
            policy = answer.headers.get("Content-Security-Policy", "")
            lacking["CSP"] += "default-src 'self'" not in policy or "unsafe" in policy
            lacking["nosniff"] += answer.headers.get("X-Content-Type-Options") != "nosniff"
            lacking["frames"] += answer.headers.get("X-Frame-Options") != "DENY"
            lacking["HSTS"] += "max-age=" not in answer.headers.get("Strict-Transport-Security", "")
            kept = answer.headers.get("Cache-Control", "")
            # A photo may stay in its own browser for an hour; nothing may stay in a proxy.
            lacking["no-store"] += not any(word in kept for word in ("no-store", "private", "no-cache"))
            body = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
            lacking["inline script"] += bool(re.search(r"<script(?![^>]*\bsrc=)[^>]*>[^<]*\S", body))
            lacking["inline handler"] += bool(re.search(r"<[^>]+\son(click|load|error|submit|change)=", body))
            for cookie in answer.headers.getlist("Set-Cookie"):
                good = all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Secure"))
                lacking["cookie flags"] += not good
    tally.expect_equal({name: count for name, count in lacking.items() if count}, {}, "pages lacking")
    return tally


def _nobody(app: Flask) -> Tally:
    """No account can be entered without a link: there is no default password."""
    tally = Tally("usual passwords for everybody")
    with db.connection_context():
        logins = [a.login for a in Account.select()]
        for login in logins:
            for password in ("admin", "123456", "password", login, ""):
                tally.given += 1
                tally.expect(_try(login, password) != "in", f"{login} opens with “{password}”")
        tally.expect_equal(Account.select().where(Account.password_hash.is_null(False)).count(), 1, "passwords set")
    return tally


def _browser(app: Flask, actor: Actor) -> FlaskClient:
    """Logged in over HTTPS, where a cookie marked Secure is kept."""
    with db.connection_context():
        token = sessions.start(Account.get_by_id(actor.account_id), NOW)
    client = app.test_client()
    with client.session_transaction(base_url="https://localhost") as session:
        session["sid"] = token
    return _Https(client)  # type: ignore[return-value]


class _Https:
    """A client that asks over HTTPS unless told otherwise."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def open(self, *args: object, **more: object) -> object:
        more.setdefault("base_url", "https://localhost")
        return self._client.open(*args, **more)  # type: ignore[arg-type]

    def get(self, *args: object, **more: object) -> object:
        return self.open(*args, method="GET", **more)

    def post(self, *args: object, **more: object) -> object:
        return self.open(*args, method="POST", **more)

    def get_cookie(self, name: str, **more: str) -> object:
        return self._client.get_cookie(name, **more)


def _get(client: FlaskClient, address: str) -> int:
    return client.get(address, base_url="https://localhost").status_code


def _post(browser: FlaskClient, address: str, **form: str) -> None:
    token = csrf_of(browser)
    browser.post(address, data={"csrf_token": token, **form}, headers={"Referer": "https://localhost/"})


def _with_db(work: object) -> None:
    assert callable(work)
    with db.connection_context():
        work()
