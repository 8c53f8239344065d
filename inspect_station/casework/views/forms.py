"""What the forms of casework share."""

from collections.abc import Callable
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
