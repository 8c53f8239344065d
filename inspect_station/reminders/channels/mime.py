"""A letter as the bytes of a mail (RFC 5322, 2045–2047, 2231): text and HTML, the notice, the workbook.

Put together by hand: the standard library's message classes take longer over a letter than all else that sending one
costs, and fold some mixtures of scripts and signs that people do type as names into headers that cannot be read.
"""

import base64
import re
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from inspect_station.config import Settings
from inspect_station.export import MEDIA_TYPE
from inspect_station.reminders.channels.base import Outgoing
from inspect_station.reminders.letter import one_line

_PLAIN = re.compile(r"(?:[A-Za-z0-9]+(?: [A-Za-z0-9]+)*)?")
_PLAIN_MOST, _WORD_BYTES = 60, 42  # a word of 42 bytes and the longest header's name fit into 78 characters
# Every part is base64, which has no "_": no part can hold a line that ends it.
_MIXED, _ALTERNATIVE = "=_station_mixed", "=_station_alternative"


def mail_of(letter: Outgoing, settings: Settings) -> bytes:
    """The whole mail, lines ended by CRLF. Line ends in names and subjects cannot become headers."""
    parts = [_body(letter)]
    if letter.notice:
        parts.append(_file(letter.notice, letter.notice_name, "application/pdf"))
    if letter.file:
        parts.append(_file(letter.file, letter.file_name, MEDIA_TYPE))
    whole = _several("mixed", _MIXED, parts) if len(parts) > 1 else parts[0]
    return _headers(letter, settings).encode() + whole


def _headers(letter: Outgoing, settings: Settings) -> str:
    lines = [f"From: {_address(settings.station_name, settings.mail_from or 'station@localhost')}"]
    if "@" in letter.recipient:
        lines.append(f"To: {_address(letter.recipient_name, letter.recipient)}")
    lines += [
        f"Subject: {encoded(letter.subject)}",
        f"Message-ID: {one_line(letter.message_id)}",
        f"Date: {_date(letter.written_at)}",
        # Holiday answers must not come back to a machine that nobody reads.
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _address(name: str, address: str) -> str:
    said = encoded(name)
    return f"{said}\r\n <{one_line(address)}>" if said else f"<{one_line(address)}>"


def encoded(text: str) -> str:
    """Text as RFC 2047 words in lines of their own."""
    flat = one_line(text)
    if len(flat) <= _PLAIN_MOST and _PLAIN.fullmatch(flat):
        return flat
    pieces, piece = [], ""
    for character in flat:
        if len((piece + character).encode("utf-8", "replace")) > _WORD_BYTES:
            pieces.append(piece)
            piece = ""
        piece += character
    words = (base64.b64encode(p.encode("utf-8", "replace")).decode() for p in [*pieces, piece])
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _body(letter: Outgoing) -> bytes:
    plain = _text(letter.text, "plain")
    return _several("alternative", _ALTERNATIVE, [plain, _text(letter.html, "html")]) if letter.html else plain


def _text(text: str, sort: str) -> bytes:
    lines = re.sub(r"\r\n?|\n", "\r\n", text)
    return _part(f'Content-Type: text/{sort}; charset="utf-8"\r\n', lines.encode("utf-8", "replace"))


def _file(content: bytes, name: str, media_type: str) -> bytes:
    """Named as RFC 2231 has it, in one piece: programs that read the pieces it may be cut into are fewer."""
    said = quote(one_line(name).encode("utf-8", "replace"), safe="")
    head = f"Content-Type: {media_type}\r\nContent-Disposition: attachment;\r\n filename*=utf-8''{said}\r\n"
    return _part(head, content)


def _part(head: str, content: bytes) -> bytes:
    coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + coded


def _several(sort: str, boundary: str, parts: list[bytes]) -> bytes:
    head = f'Content-Type: multipart/{sort}; boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"--{boundary}\r\n".encode()
    return head + b"".join(mark + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
