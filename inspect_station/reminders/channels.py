"""How a letter leaves the station. A channel is one class and one line in the table at the end.

`send` returns when the receiver has taken the letter; otherwise it raises `ChannelError`, which says whether another
try makes sense. A channel is opened for a run of letters and closed after it; it belongs to one thread.
"""

import os
import re
import select
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from inspect_station.config import Settings
from inspect_station.export import MEDIA_TYPE
from inspect_station.reminders.letter import one_line

TIMEOUT_SECONDS = 30


class ChannelError(Exception):
    """A letter was not taken. `permanent`: no further try. `uncertain`: it may have been taken all the same.

    `down`: the fault lies with the channel, not with this letter; the others need not be tried now.
    """

    def __init__(
        self, sentence: str, *, permanent: bool = False, uncertain: bool = False, down: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent
        self.uncertain = uncertain
        self.down = down


@dataclass(frozen=True)
class Outgoing:
    """A letter ready to go."""

    message_id: str
    number: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    written_at: datetime
    file_name: str = ""
    file: bytes = b""
    notice_name: str = ""
    notice: bytes = b""


class Channel(Protocol):
    def send(self, letter: Outgoing) -> str:
        """Deliver; returns the receiver's own words for the record. Raises `ChannelError`."""

    def close(self) -> None: ...


def mail_of(letter: Outgoing, settings: Settings) -> EmailMessage:
    """The letter as a mail: text, HTML, the notice, the workbook. Line ends in names and subjects cannot become headers."""
    mail = EmailMessage(policy=SMTP)
    sender = settings.mail_from or "station@localhost"
    mail["From"] = Address(one_line(settings.station_name), addr_spec=sender)
    if letter.recipient:
        mail["To"] = Address(one_line(letter.recipient_name), addr_spec=letter.recipient)
    mail["Subject"] = one_line(letter.subject)
    mail["Message-ID"] = letter.message_id
    mail["Date"] = letter.written_at
    # Holiday answers must not come back to a machine that nobody reads.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="base64")
    mail.add_alternative(letter.html, subtype="html", cte="base64")
    if letter.notice:
        mail.add_attachment(letter.notice, maintype="application", subtype="pdf", filename=letter.notice_name)
    if letter.file:
        main, sub = MEDIA_TYPE.split("/")
        mail.add_attachment(letter.file, maintype=main, subtype=sub, filename=letter.file_name)
    return mail


class FolderChannel:
    """Letters as .eml files: what would have been sent. Used while nothing is configured, and for previews."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self._settings = settings
        self._folder = folder or settings.outbox_dir

    def send(self, letter: Outgoing) -> str:
        """The file's name derives from the letter, so that a repeat replaces it; it appears whole or not at all."""
        path = self._folder / letter.written_at.date().isoformat() / f"{letter.number}.eml"
        partial = path.with_suffix(".partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(mail_of(letter, self._settings).as_bytes())
            os.replace(partial, path)
        except OSError as error:
            raise ChannelError(f"写不进发件文件夹 {self._folder}：{error.strerror}", down=True) from error
        return str(path.relative_to(self._folder))

    def close(self) -> None:
        """Nothing is held open."""


class MailChannel:
    """SMTP by the standard library; one connection for a run of letters."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None

    def send(self, letter: Outgoing) -> str:
        content = mail_of(letter, self._settings).as_bytes()
        connection = self._ready()
        try:
            return _hand_over(connection, self._settings.mail_from, letter.recipient, content)
        except ChannelError as error:
            self._after_refusal(error)
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise ChannelError(f"连接中断，尚未送达：{_words(error)}") from error

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._drop()
        self._connection = None

    def _ready(self) -> smtplib.SMTP:
        """The open connection, or a new one where the server has closed it in the meantime."""
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        self._connection = connect(self._settings)
        return self._connection

    def _after_refusal(self, error: ChannelError) -> None:
        """A refused letter must not spoil the next one's transaction."""
        if error.down or error.uncertain or self._connection is None:
            self._drop()
            return
        try:
            self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def connect(settings: Settings) -> smtplib.SMTP:
    """A connection that is ready for letters. Raises `ChannelError` (down) saying what is wrong."""
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    # Left out, smtplib asks the DNS for our own name, which on a closed network may take half a minute.
    ours = settings.mail_from.rpartition("@")[2] or "localhost"
    try:
        if settings.smtp_tls == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, ours, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, ours, timeout=TIMEOUT_SECONDS)
    except ssl.SSLError as error:
        raise ChannelError(f"邮件服务器 {where} 的证书或加密有问题：{_words(error)}", down=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"连不上邮件服务器 {where}：{_words(error)}", down=True) from error
    try:
        if settings.smtp_tls == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password)
        connection.ehlo_or_helo_if_needed()
    except ssl.SSLError as error:
        connection.close()
        raise ChannelError(f"邮件服务器 {where} 的证书或加密有问题：{_words(error)}", down=True) from error
    except smtplib.SMTPAuthenticationError as error:
        connection.close()
        raise ChannelError(f"邮件服务器 {where} 不接受登录名或密码：{_words(error)}", down=True) from error
    except (smtplib.SMTPException, OSError) as error:
        connection.close()
        raise ChannelError(f"邮件服务器 {where} 谢绝会话：{_words(error)}", down=True) from error
    return connection


def _hand_over(connection: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> str:
    """One letter to one recipient, step by step, so that each refusal is known for what it is."""
    _expect(connection.mail(sender), "发件人", always_down=True)
    _expect(connection.rcpt(recipient), "收件人")
    _expect(connection.docmd("DATA"), "正文", wanted=3)
    connection.send(_dotted(content))
    if _has_spoken(connection):  # before the final dot: whatever it says, it has not taken the letter
        _expect(connection.getreply(), "正文")
        raise ChannelError("服务器在传送途中作答，尚未送达")
    try:
        connection.send(b".\r\n")
        reply = connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"正文已送完，服务器未确认就断开：{_words(error)}", uncertain=True) from error
    _expect(reply, "正文")
    return _reply(reply)


def _expect(reply: tuple[int, bytes], what: str, *, wanted: int = 2, always_down: bool = False) -> None:
    """Raises `ChannelError` unless the server agreed: 5xx is for good, 4xx for now, 421 closes the session.

    A refused sender is our setting's fault: no letter is to blame, so none is given up for it.
    """
    code = reply[0]
    if code // 100 == wanted:
        return
    down = always_down or code in {-1, 421}
    raise ChannelError(f"{what}被拒：{_reply(reply)}", permanent=code >= 500 and not down, down=down)


def _dotted(content: bytes) -> bytes:
    """RFC 5321 4.5.2: a line that begins with a dot gets another one."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _has_spoken(connection: smtplib.SMTP) -> bool:
    """Whether the server has answered or hung up although it was our turn."""
    assert connection.sock is not None
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def _reply(reply: tuple[int, bytes]) -> str:
    return one_line(f"{reply[0]} {reply[1].decode('utf-8', 'replace')}")[:300]


def _words(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply((error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""))
    return one_line(str(error) or type(error).__name__)[:300]


# name: (how it is called on the pages, how to open it)
CHANNELS: Mapping[str, tuple[str, Callable[[Settings], Channel]]] = {
    "mail": ("邮件", MailChannel),
    "folder": ("文件夹（未真正发出）", FolderChannel),
}
