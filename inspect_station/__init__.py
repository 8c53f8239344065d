"""The service that people touch. `app.py` is its table of contents; a command needs one room of it, not the house."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from inspect_station.config import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The web application. Raises `ConfigError` where a setting makes no sense."""
    from inspect_station.app import create_app as made  # the pages take a second to read, which no command waits for

    return made(settings)
