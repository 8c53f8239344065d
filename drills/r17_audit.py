"""R17: as many lines in the trail as acts; act and line stand or fall together; an altered line is named; no secret in a log."""

import contextlib
import threading
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import peewee
import requests

from drills import scale, timeshift
from drills.ground import NOW, Ground, Place
from drills.pages import Web
from drills.tally import Tally
from inspect_station.accounts import audit, service
from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import connection, db, is_sqlite
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise

ACTS, THREADS, TAMPERED = scale.times(1_000, 10_000), 4, 5
GOOD = "看见大海 2026 春暖"


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        place = ground.station(engine)
        with place.opened():
            yield _acts_against_lines(engine)
            yield _tampering(engine)
    yield _log(ground.station("sqlite"))


def _acts_against_lines(engine: str) -> Tally:
    """Several threads write; every tenth act fails after its line was written."""
    tally = Tally(f"acts against lines, {THREADS} threads, {engine}")
    actor, failed = Actor.system("演练"), []

    def work(number: int) -> None:
        with connection():
            for n in range(ACTS // THREADS):
                with contextlib.suppress(ZeroDivisionError), db.atomic():
                    registry.enterprises.create(actor, {"name": f"第{number}-{n}有限公司"}, NOW)
                    if n % 10 == 9:
                        failed.append(n)
                        raise ZeroDivisionError

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.given = ACTS
    rows, lines = (
        Enterprise.select().count(),
        AuditEntry.select().where(AuditEntry.act == "enterprise.create").count(),
    )
    tally.lost = ACTS - len(failed) - lines
    tally.expect_equal((rows, lines), (ACTS - len(failed), ACTS - len(failed)), "firms, lines of the trail")
    tally.expect_equal(list(audit.broken_links()), [], "broken links")
    tally.remark(f"{rows} acts stand with their line; {len(failed)} failed and left neither")
    return tally


def _tampering(engine: str) -> Tally:
    tally, random = Tally(f"the trail tampered with, {engine}"), Random(17)
    for statement in ("UPDATE audit_entry SET act = 'x' WHERE id = 5", "DELETE FROM audit_entry WHERE id = 5"):
        try:
            with db.atomic():
                db.execute_sql(statement)
            tally.expect(False, f"not refused: {statement}")
        except peewee.DatabaseError:
            tally.given += 1
    _without_guard()
    lines = [row.id for row in AuditEntry.select(AuditEntry.id).order_by(AuditEntry.id)]
    ids = sorted(random.sample(lines, TAMPERED))
    for number in ids:
        db.execute_sql(f"UPDATE audit_entry SET account_name = 'nobody' WHERE id = {number}")
        tally.given += 1
    tally.expect_equal(list(audit.broken_links()), ids, "lines named")
    gone, after = next((a, b) for a, b in pairwise(lines[10:]) if not {a, b} & set(ids))
    db.execute_sql(f"DELETE FROM audit_entry WHERE id = {gone}")
    tally.given += 1
    tally.expect(after in list(audit.broken_links()), "a line taken out is not noticed")
    return tally


def _without_guard() -> None:
    """As somebody with the database in hand would."""
    if is_sqlite():
        for name in ("audit_entry_no_update", "audit_entry_no_delete"):
            db.execute_sql(f"DROP TRIGGER {name}")
    else:
        db.execute_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")


def _log(place: Place) -> Tally:
    """Passwords, links and tokens go in; none comes out in the log, even at its chattiest."""
    tally = Tally("secrets looked for in the log")
    with place.opened():
        account = service.create_account(Actor.system(), login="drill", name="演练", role="admin", now=NOW)
        link = service.issue_link(Actor.system(), account, NOW, 72)
        token = service.create_token(Actor.system(), account, "drill", NOW)
    web = Web(place, timeshift.ahead_of_real_time(), STATION_LOG_LEVEL="DEBUG")
    web.start()
    with requests.Session() as browser:
        csrf = _csrf(browser.get(f"{web.address}/login/{link}").text)
        form = {"csrf_token": csrf, "password": GOOD, "repeat": GOOD}
        tally.expect_equal(browser.post(f"{web.address}/login/{link}", form).status_code, 200, "log-in by link")
        cookie = browser.cookies["station"]
    with requests.Session() as browser:
        csrf = _csrf(browser.get(f"{web.address}/login").text)
        for password in ("a wrong password 1", GOOD):
            browser.post(f"{web.address}/login", {"csrf_token": csrf, "login": "drill", "password": password})
    requests.get(f"{web.address}/api/v1/due?cursor=broken", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    web.stop()
    log = (place.folder / "web.log").read_text()
    secrets = {
        "password": GOOD,
        "wrong password": "a wrong password 1",
        "link": link,
        "token": token,
        "cookie": cookie,
    }
    tally.given = len(secrets)
    tally.expect_equal([name for name, secret in secrets.items() if secret in log], [], "in the log")
    tally.remark(f"{len(log.splitlines())} lines of log at DEBUG")
    return tally


def _csrf(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]
