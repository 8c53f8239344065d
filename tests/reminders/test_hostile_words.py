"""R10: whatever people typed as names, it cannot become a header, a second message, or another request."""

import random
from email import message_from_bytes, policy
from email.utils import getaddresses
from pathlib import Path

import orjson

from inspect_station.reminders import letter, short
from inspect_station.reminders.channels import Outgoing, mail_of
from inspect_station.reminders.channels.sms import fill
from tests.conftest import NOW, TODAY
from tests.reminders.park import settings

HEADERS = {
    "from", "to", "subject", "message-id", "date", "auto-submitted", "mime-version", "content-type",
    "content-transfer-encoding",
}  # fmt: skip
PARTS = (
    "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "\r\nBcc: evil@example.com", "\n.\n", "\x00", "\x0b", "\x1b[2J", "\u2028",
    "\u2029", "\x85", "\u202e", "\ufeff", '"', "'", "\\", "<", ">", "<script>", "{", "}", "{0}", "{mobile}", "%s", "=?utf-8?b?",
    "?=", ";", ",", ":", "甲", "𠮷", "①", "é", "\ud7ff", "a" * 80, "检" * 40, " ", "=HYPERLINK(1)", "\u0000", "\uffff",
)  # fmt: skip


def words(count: int) -> list[str]:
    rng = random.Random(20261122)
    return ["".join(rng.choices(PARTS, k=rng.randint(1, 8))) for _ in range(count)]


def item(name: str) -> letter.Item:
    return letter.Item(
        "overdue",
        name,
        name,
        name,
        name,
        "定期检验",
        "2026-11-01",
        "超期 21 天",
        "报检",
        sort=(1, "2026-11-01", 0, name, 1, "periodic"),
    )


def test_a_thousand_hostile_names_become_no_header_and_no_line_of_one(tmp_path: Path) -> None:
    config = settings(tmp_path, mail_from="tixing@station.example", station_name="检验站\r\nX-Evil: 1")
    for name in words(1000):
        written = letter.write(config, "CJ1", name, name, [item(name)], TODAY)
        out = Outgoing("<1@x>", "CJ1", "a@jia.example", name, written.subject, written.text, written.html, NOW)
        raw = mail_of(out, config)
        head = raw.split(b"\r\n\r\n", 1)[0]
        assert b"\n" not in head.replace(b"\r\n", b"")
        assert b"\r" not in head.replace(b"\r\n", b"")
        names = {line.split(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"}
        assert names <= HEADERS, (name, names)
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail["Bcc"] is None
        assert not set("\r\n\u2028\u2029\x85\x0b\x00") & set(mail["Subject"])
        ((_, address),) = getaddresses([message_from_bytes(raw)["To"]])
        assert address == "a@jia.example", name


def test_a_thousand_hostile_names_stay_words_in_robots_and_text_messages(tmp_path: Path) -> None:
    config = settings(tmp_path)
    template = orjson.loads('{"to": "{mobile}", "text": "{text}", "list": ["{firm}"]}')
    for name in words(1000):
        written = letter.write(config, "CJ1", name, "", [item(name)] * 3, TODAY)
        text = short.text(config, written, "http://station.example/reminders/1")
        assert len(text.encode()) <= 2048
        assert not any(line.strip() == "." for line in text.splitlines())
        values = short.values(config, written, "")
        message = short.sms("【站】{firm}有{total}项", values)
        assert message
        assert not set("\r\n\x00\u2028") & set(message)
        filled = fill(template, {**values, "mobile": "13800001234", "text": message})
        assert orjson.loads(orjson.dumps(filled)) == {"to": "13800001234", "text": message, "list": [values["firm"]]}
