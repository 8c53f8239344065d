"""R10: cells that begin like a formula, and a thousand generated strings, through every door text leaves by.

The strings go into the register as an import would leave them; then the real pages, feeds and letters are read back.
"""

import csv
import io
from collections.abc import Iterator
from email import message_from_bytes, policy
from random import Random

import icalendar
import openpyxl
from flask.testing import FlaskClient

from drills import park
from drills.ground import NOW, TODAY, Ground, Place
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station import clock, create_app
from inspect_station.accounts import service as accounts
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.feeds import service as feeds
from inspect_station.registry.models import Contact, Enterprise, Equipment
from inspect_station.reminders import service

GENERATED = 1_000
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "+86", '"=1"')
_PIECES = (
    "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "\r\nBcc: evil@example.com", "'", '"', ",", ";", ":", "\\", "|", "<b>",
    "{{7*7}}", "%s", "\x0b", "\x85", "\u2028", "\u202e", "\ufeff", "😀", "反应釜", "管道", "A" * 80, "罐" * 40, "\r\n.\r\n",
    "\nEND:VEVENT", "=?utf-8?q?x?=", "http://x.example/", " ",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_LINE_OCTETS = 75


def strings() -> list[str]:
    """The named ones, and a thousand drawn from pieces that have hurt somebody before."""
    random = Random(10)
    drawn = ["".join(random.choices(_PIECES, k=random.randint(1, 6))) for _ in range(GENERATED)]
    return [*(start + "反应釜" for start in STARTS), *drawn]


def run(ground: Ground) -> Iterator[Tally]:
    place = ground.station("sqlite")
    texts = strings()
    with place.opened():
        park.fill(20, 1, [10] * len(texts))
        _write_in(texts)
    app = create_app(place.settings())
    with db.connection_context():
        person = _person()
        token = sessions.start(Account.get_by_id(person.account_id), clock.now())
        feed = feeds.create(person, "演练", NOW)
        Enterprise.update(responsible=person.account_id).execute()  # a feed holds what one inspects oneself
    client = _logged_in(app.test_client(), token)
    yield _workbooks(client, texts)
    yield _table(client, texts)
    yield _calendar(client, feed, texts)
    yield _letters(place, texts)


def _write_in(texts: list[str]) -> None:
    """Each string as a device's name, number, place and certificate; some as names of firms and people."""
    with db.atomic():
        for number, text in enumerate(texts):
            words = {"name": text[:200] or "空", "own_number": text[:100], "location": text[:300]}
            Equipment.update(**words, certificate_number=text[:60]).where(
                Equipment.own_number == f"R-{number:06}"
            ).execute()
        for firm, text in zip(Enterprise.select(), texts, strict=False):
            Enterprise.update(name=f"{text}{firm.id}", note=text).where(Enterprise.id == firm.id).execute()
            Contact.update(name=text[:60]).where(Contact.enterprise == firm.id).execute()


def _person() -> Actor:
    account = accounts.create_account(Actor.system(), login="drill", name="=演练", role="admin", now=clock.now())
    return sessions.actor_of(account)


def _logged_in(client: FlaskClient, token: str) -> FlaskClient:
    with client.session_transaction() as session:
        session["sid"] = token
    return client


def _workbooks(client: FlaskClient, texts: list[str]) -> Tally:
    tally = Tally("workbooks of the due list, devices, firms", given=len(texts))
    formulas = 0
    for address in ("/due/export?format=xlsx", "/equipment.xlsx", "/enterprises.xlsx", "/reminders.xlsx"):
        with client.get(address) as answer:
            tally.expect_equal(answer.status_code, 200, address)
            sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).worksheets[0]
        formulas += sum(cell.data_type == "f" or cell.hyperlink is not None for row in sheet for cell in row)
        if address == "/equipment.xlsx":
            tally.lost = len(texts) - (sheet.max_row - 1)
    tally.expect_equal((tally.lost, formulas), (0, 0), "devices missing, formula cells and links")
    tally.remark(f"{formulas} formula cells")
    return tally


def _table(client: FlaskClient, texts: list[str]) -> Tally:
    tally = Tally("the due list as CSV", given=len(texts))
    with client.get("/due/export?format=csv") as answer:
        rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"), newline="")))
    formulas = [cell for row in rows for cell in row if cell.startswith(_FORMULA)]
    tally.expect(
        {len(row) for row in rows} == {len(rows[0])}, "rows of different length: a text broke out of its cell"
    )
    listed = {row[5] for row in rows}
    tally.lost = sum(not listed & {text[:100], "'" + text[:100]} for text in texts)
    tally.expect_equal((tally.lost, len(formulas)), (0, 0), "texts missing, cells that begin like a formula")
    tally.remark(f"{len(formulas)} formula cells in {len(rows)} rows")
    return tally


def _calendar(client: FlaskClient, secret: str, texts: list[str]) -> Tally:
    tally = Tally("the calendar feed", given=len(texts))
    with client.get(f"/calendar/{secret}.ics") as answer:
        tally.expect_equal(answer.status_code, 200, "status of the feed")
        body = answer.get_data()
    longest = max(map(len, body.split(b"\r\n")))
    tally.expect(longest <= _LINE_OCTETS, f"a line of {longest} octets")
    tally.expect(
        b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b""), "bare line ends"
    )
    events = icalendar.Calendar.from_ical(body).walk("VEVENT")
    tally.lost = len(texts) - len(events)
    tally.doubled = len(events) - len({str(event["uid"]) for event in events})
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "events missing, events twice")
    tally.remark(f"{len(events)} events parse; the longest line has {longest} octets")
    return tally


def _letters(place: Place, texts: list[str]) -> Tally:
    tally = Tally("letters", given=len(texts))
    with Postmaster() as office, place.opened():
        settings = place.mailing(office.port)
        service.tick(settings, TODAY, NOW)
        service.deliver(settings, NOW)
        _judge(tally, office)
    return tally


def _judge(tally: Tally, office: Postmaster) -> None:
    tally.weigh(park.addresses(20, 1), [recipient for recipient, _ in office.arrived])
    for content in office.letters:
        head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
        names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")]
        tally.expect(len(names) == len(set(names)) and b"bcc" not in names, f"headers that are not ours: {names}")
        mail = message_from_bytes(content, policy=policy.default)
        for name in ("Subject", "To", "From"):
            tally.expect(not set(str(mail[name])) & {"\r", "\n"}, f"a line end in {name}")
        for part in mail.walk():
            if (part.get_filename() or "").endswith(".xlsx"):  # the notice beside it is a PDF
                sheet = openpyxl.load_workbook(io.BytesIO(part.get_payload(decode=True))).worksheets[0]
                formulas = sum(cell.data_type == "f" for row in sheet for cell in row)
                tally.expect_equal(formulas, 0, "formula cells in an attached workbook")
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    tally.remark(f"{len(office.letters)} letters; no header but ours, no line end in one")
