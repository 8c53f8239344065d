"""What a first visit costs on a slow line, and that nothing jumps: counted, not timed."""

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station import create_app
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.duelist import listing
from inspect_station.registry.views import enterprises, equipment
from tests.conftest import SECRET, dispose, log_in

MOST = 100_000
CHARTS = "echarts"
STATIC = Path(listing.__file__).parent.parent / "static"


@pytest.fixture
def head(sample_folder: Path, tmp_path: Path):
    shutil.copy(sample_folder / "station.db", tmp_path / "station.db")
    url = f"sqlite:///{tmp_path / 'station.db'}"
    app: Flask = create_app(
        Settings(database_url=url, data_dir=str(tmp_path), secret_key=SECRET, log_level="CRITICAL")
    )
    with db.connection_context():
        actor = sessions.actor_of(Account.get(Account.login == "zhanzhang"))
    yield log_in(app, actor)
    dispose(db.obj)


def test_the_first_load_of_a_main_page_is_less_than_100_kilobytes_without_charts(head: FlaskClient) -> None:
    weights = {path: _weight(head, path) for path in ("/due", "/equipment", "/plan/", "/reminders", "/workload")}
    assert {path: weight for path, weight in weights.items() if weight >= MOST} == {}


def _weight(browser: FlaskClient, path: str) -> int:
    accepted = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    page = browser.get(path, headers=accepted)
    plain = browser.get(path).text
    loaded = {a for a in re.findall(r'(?:src|href)="(/static/[^"#]+)', plain) if CHARTS not in a}
    assert len(loaded) > 8
    return len(page.data) + sum(len(browser.get(address, headers=accepted).data) for address in loaded)


def test_a_column_that_starts_off_is_hidden_before_any_script_runs() -> None:
    hidden = {c["key"] for c in listing._COLUMNS if c.get("hidden")}
    for module in (enterprises, equipment):
        source = Path(module.__file__).read_text(encoding="utf-8")
        hidden |= set(re.findall(r'heading\("(\w+)"[^\n]*hidden=True', source))
        hidden |= {
            key for said in re.findall(r'"hidden": key in \{([^}]*)\}', source) for key in re.findall(r"\w+", said)
        }
    style = (STATIC / "parts.css").read_text(encoding="utf-8")
    assert hidden >= {"done_by", "grade", "source", "office", "codes", "maker"}
    assert {key for key in hidden if f'data-off~="{key}"] [data-col="{key}"]' not in style} == set()


@pytest.mark.parametrize("path", ["/due", "/equipment", "/plan/", "/reminders", "/workload"])
def test_a_page_is_painted_once_it_is_whole(head: FlaskClient, path: str) -> None:
    page = head.get(path).text
    waited_for = re.search(r'<link rel="expect" href="#(\w+)" blocking="render">', page)
    assert waited_for
    assert page.index(f'id="{waited_for[1]}"') > page.rindex("</table>")
