"""The park of the due list, in a bare database and inside the application."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Cast, log_in, make_cast
from tests.duelist import park as parks


@pytest.fixture
def park(cast: Cast) -> parks.Park:
    return parks.make(cast)


@dataclass
class Town:
    """The application with the park in it."""

    app: Flask
    cast: Cast
    park: parks.Park

    def browser(self, who: str = "inspector") -> FlaskClient:
        return log_in(self.app, getattr(self.cast, who))


@pytest.fixture
def town(sqlite_app: Flask) -> Town:
    from inspect_station.db import db

    with db.connection_context():
        cast = make_cast()
        park = parks.make(cast)
    return Town(sqlite_app, cast, park)
