"""Secrets kept at rest: addresses and keys of receivers, sealed with the station's secret.

A sealed text names the key it was sealed with (`sealed:KEY:…`), so that a new station secret can be taken into use while
older ones (STATION_OLD_SECRET_KEYS) still open what they sealed. AES-256-GCM; the purpose is bound in, so that a value
copied into another column does not open there.
"""

import base64
import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "sealed"
_NONCE_BYTES = 12


class SealError(Exception):
    """A sealed text cannot be opened; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Keyring:
    """The present secret and older ones that may still have to open something."""

    secret: str = field(repr=False)
    older: tuple[str, ...] = field(default=(), repr=False)

    def seal(self, text: str, purpose: str) -> str:
        """The sealed form of a text; nothing stays nothing."""
        if not text:
            return ""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_key(self.secret)).encrypt(nonce, text.encode(), purpose.encode())
        return f"{_MARK}:{key_id(self.secret)}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """Raises `SealError` for what none of our keys sealed for this purpose."""
        if not sealed:
            return ""
        mark, _, rest = sealed.partition(":")
        name, _, content = rest.partition(":")
        secret = next((s for s in (self.secret, *self.older) if key_id(s) == name), None)
        if mark != _MARK or secret is None:
            raise SealError("保存时用的密钥已更换。请在 STATION_OLD_SECRET_KEYS 写入原来的密钥，或重新填写一次。")
        raw = base64.urlsafe_b64decode(content)
        try:
            return AESGCM(_key(secret)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()).decode()
        except InvalidTag as error:
            raise SealError("保存的内容已损坏，请重新填写一次。") from error

    def is_current(self, sealed: str) -> bool:
        return not sealed or sealed.startswith(f"{_MARK}:{key_id(self.secret)}:")

    def knows(self, sealed: str) -> bool:
        """Whether one of our keys sealed it."""
        marks = tuple(f"{_MARK}:{key_id(secret)}:" for secret in (self.secret, *self.older))
        return not sealed or sealed.startswith(marks)

    def digest(self, text: str) -> str:
        """What tells equal addresses apart from others without telling them."""
        return hmac.new(_key(self.secret), f"digest\n{text}".encode(), sha256).hexdigest()[:32]


def key_id(secret: str) -> str:
    """A name for a key that says nothing of it."""
    return sha256(f"inspect-station key id\n{secret}".encode()).hexdigest()[:8]


def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"inspect-station sealing", sha256).digest()


_RING: list[Keyring] = []


def use(secret: str, *older: str) -> None:
    """Take these keys into use for this process."""
    _RING[:] = [Keyring(secret, tuple(filter(None, older)))]


def ring() -> Keyring:
    """The keys of this process. Raises `SealError` before `use`."""
    if not _RING:
        raise SealError("本进程还没有密钥，不能保存或读取密钥类内容。")
    return _RING[0]
