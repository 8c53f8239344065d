"""What the forms of casework share."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, request

from inspect_station.errors import Conflict, InvalidInput, Stale, StationError


def save(act: Callable[[], str], said: str, again: Callable[[StationError], str]) -> Any:
    """Do `act`, say so and go where it leads; on a refusal show the form again with what was typed."""
    try:
        target = act()
    except (InvalidInput, Conflict, Stale) as error:
        return again(error), error.http_status
    flash(said, "success")
    return redirect(target)


def typed(*boxes: str) -> dict[str, Any]:
    """The submitted form: empty fields left out, check boxes (`boxes`) as booleans."""
    given: dict[str, Any] = {
        name: value.strip() for name, value in request.form.items() if value.strip() and name != "csrf_token"
    }
    return given | {name: name in request.form for name in boxes}


def whole_numbers(texts: Sequence[str], most: int = 2000) -> list[int]:
    """The ids among what was sent; anything that is no number is no id."""
    return [int(t) for t in texts[:most] if t.isascii() and t.isdigit() and len(t) < 10]


def pictures(field: str) -> list[tuple[str, bytes]]:
    """The files chosen in a field: name and content. An empty box sends a file without a name."""
    return [(file.filename or "", file.read()) for file in request.files.getlist(field) if file.filename]
