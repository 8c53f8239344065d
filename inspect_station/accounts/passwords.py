"""Passwords: Argon2id, and what a good one is."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inspect_station.errors import InvalidInput

# OWASP's parameters for Argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
# Verified when the log-in name is unknown, so that the answer takes as long as for a known one.
_NOBODY = _hasher.hash("nobody has this password")

_LEAST = 10
_COMMON = ("password", "123456", "qwerty", "abc123", "admin", "888888", "kemen", "woaini")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def check_strength(password: str, login: str) -> None:
    """Raises `InvalidInput` naming what is wrong with a new password."""
    problem = _weakness(password, login)
    if problem:
        raise InvalidInput(problem, {"password": [problem]})


def _weakness(password: str, login: str) -> str:
    kinds = sum(any(test(c) for c in password) for test in (str.isdigit, str.isalpha, lambda c: not c.isalnum()))
    if len(password) < _LEAST:
        return f"密码至少 {_LEAST} 个字符，可以用一句您记得住的话。"
    if len(password) > 200:
        return "密码最长 200 个字符。"
    if kinds < 2:
        return "密码至少包含字母、数字、符号中的两种。"
    if login.lower() in password.lower() or any(word in password.lower() for word in _COMMON):
        return "密码里有容易猜到的内容（登录名或常用密码），请换一个。"
    return ""
