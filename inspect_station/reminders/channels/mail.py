"""Mail by the standard library's SMTP: one connection for a run of letters, one transaction for each recipient."""

import re
import select
import smtplib
import socket
import ssl

from inspect_station.config import Settings
from inspect_station.reminders.channels.base import ChannelError, Outgoing
from inspect_station.reminders.channels.mime import mail_of
from inspect_station.reminders.letter import one_line

TIMEOUT_SECONDS = 30
# Enhanced codes (RFC 3463) that blame the address: no such mailbox, host or user, moved, disabled.
_DEAD_ENHANCED = re.compile(r"\b5\.(?:1\.[0-9]+|2\.1)\b")
_ENHANCED = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_DEAD_CODES = frozenset({521, 550, 551, 553, 556})


class MailChannel:
    """SMTP by the standard library; one connection for a run of letters."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None

    def send(self, letter: Outgoing) -> str:
        content = mail_of(letter, self._settings)
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
            # A server that said 421 or hung up while it was our turn is heard without asking: no NOOP for each letter.
            if not _has_spoken(self._connection):
                return self._connection
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
    context = _trust(settings) if settings.smtp_tls != "none" else None
    try:
        if settings.smtp_tls == "tls":
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
            connection.starttls(context=context)
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password)
        connection.ehlo_or_helo_if_needed()
        # The final dot is a packet of its own: without this it waits for the acknowledgement of the text, 40 ms a letter.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # type: ignore[union-attr]
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


def _trust(settings: Settings) -> ssl.SSLContext:
    """Certificates are always checked; an own authority may be named beside the system's."""
    try:
        context = ssl.create_default_context()
        if settings.smtp_ca:
            context.load_verify_locations(settings.smtp_ca)
    except OSError as error:
        raise ChannelError(f"读不了证书文件 {settings.smtp_ca}（STATION_SMTP_CA）", down=True) from error
    return context


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
    permanent = code >= 500 and not down
    dead = permanent and what == "收件人" and _blames_the_address(reply)
    raise ChannelError(f"{what}被拒：{_reply(reply)}", permanent=permanent, down=down, dead=dead)


def _blames_the_address(reply: tuple[int, bytes]) -> bool:
    """A full mailbox or a policy of theirs is no dead address; the enhanced code, where given, tells."""
    words = reply[1].decode("utf-8", "replace")
    if _ENHANCED.search(words):
        return bool(_DEAD_ENHANCED.search(words))
    return reply[0] in _DEAD_CODES


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
    """The server's own words; of a fault below them what to look at, and the system's words behind it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply((error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""))
    said, meaning = one_line(str(error) or type(error).__name__), _meaning(error)
    return (f"{meaning}（{said}）" if meaning else said)[:300]


def _meaning(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OF_CERTIFICATE.get(error.verify_code, "不认识签发机构，自建的请写进 STATION_SMTP_CA")
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return "对方没有用 TLS 应答，请核对 STATION_SMTP_PORT 和 STATION_SMTP_TLS"
    if "timed out" in str(error):
        return f"等了 {TIMEOUT_SECONDS} 秒没有应答"
    return next((words for kind, words in _OF_KIND.items() if isinstance(error, kind)), "")


# By OpenSSL's X509_V_ERR_ numbers: not yet valid, expired, other host name, other address.
_OF_CERTIFICATE = {
    9: "还没有生效，请核对本机时间",
    10: "已经过期",
    62: "与主机名不符，请核对 STATION_SMTP_HOST",
    64: "与主机名不符，请核对 STATION_SMTP_HOST",
}
_OF_KIND: dict[type[BaseException], str] = {
    socket.gaierror: "查不到这个主机名，请核对 STATION_SMTP_HOST",
    ConnectionRefusedError: "对方没有开这个端口，请核对 STATION_SMTP_PORT",
    smtplib.SMTPNotSupportedError: "服务器不支持这种加密或登录方式，请核对 STATION_SMTP_TLS",
}
