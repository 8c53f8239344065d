"""What the forms of casework share."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for

from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.web import PER_PAGE_MOST


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


def address(endpoint: str) -> Callable[..., str]:
    """The present state of a list as an address, from its first page on; with `changed` taken into it."""

    def made(**changed: Any) -> str:
        state = {k: v for k, v in request.args.items() if v and k != "cursor"} | changed
        kept = {k: v for k, v in state.items() if v not in (None, "")}
        return url_for(endpoint) + (f"?{urlencode(kept)}" if kept else "")

    return made


def per_page() -> int:
    """Rows of a page as asked for; anything odd means 50."""
    text = request.args.get("per_page", "")
    return min(int(text), PER_PAGE_MOST) or 50 if text.isascii() and text.isdigit() and len(text) < 5 else 50
