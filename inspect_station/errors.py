"""Why something cannot be done: one class for each reason, each with one clear sentence in Chinese."""

from collections.abc import Mapping, Sequence


class StationError(Exception):
    """Something a person can understand and mend; `message` is shown to them as it is."""

    http_status = 400
    reason = "bad_request"

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = {name: list(sentences) for name, sentences in (fields or {}).items()}


class InvalidInput(StationError):
    """A value cannot be accepted; `fields` says which and why."""

    http_status = 422
    reason = "invalid"


class NotFound(StationError):
    """There is no such thing, or the asker may not know of it: the two look the same."""

    http_status = 404
    reason = "not_found"

    def __init__(self, message: str = "没有找到您要的内容，它可能已被移走，或不属于您的单位。") -> None:
        super().__init__(message)


class NotLoggedIn(StationError):
    http_status = 401
    reason = "not_logged_in"

    def __init__(self, message: str = "请先登录。") -> None:
        super().__init__(message)


class NotAllowed(StationError):
    """The person is known and may not do this."""

    http_status = 403
    reason = "not_allowed"

    def __init__(self, message: str = "您的岗位没有这项权限，如有需要请联系站里的管理员。") -> None:
        super().__init__(message)


class Conflict(StationError):
    """It clashes with what is already there (a number used twice, a state that has moved on)."""

    http_status = 409
    reason = "conflict"


class Stale(StationError):
    """Somebody else changed the record after it was read."""

    http_status = 412
    reason = "stale"

    def __init__(self, message: str = "这条记录刚被别人改过。请刷新后核对，再保存一次；您填写的内容还在。") -> None:
        super().__init__(message)


class TooMany(StationError):
    http_status = 429
    reason = "too_many"


class ConfigError(StationError):
    """A setting makes no sense: the start is refused."""

    http_status = 500
    reason = "configuration"
