"""The sample park, served once for all journeys of a process, and a browser that shows Chinese."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from inspect_station import config, create_app, db
from tests import live
from tests.conftest import SECRET, dispose

# Not faults: a form that was refused says so on its page; a test may cut the network.
TOLERATED = ("ERR_INTERNET_DISCONNECTED", "status of 409", "status of 412", "status of 422")
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory, sample_folder: Path) -> Iterator[str]:
    """The address of a station with the sample park in it."""
    folder = tmp_path_factory.mktemp("park") / "data"
    shutil.copytree(sample_folder, folder)
    app = create_app(config.Settings(data_dir=str(folder), secret_key=SECRET, log_level="ERROR"))
    bound = db.db.obj
    with live.serving(app) as address:
        yield address
    dispose(bound)


def refused(text: str) -> bool:
    """A form the station refuses comes back with its sentences and this status: that is no fault of the page."""
    return "the server responded with a status of 422" in text


@pytest.fixture
def visit(park: str, browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Open the station as somebody, on a screen of some size; console errors fail the test at its end."""
    opened, complaints = [], []

    def enter(login: str, size: str = "desktop") -> Page:
        context = browser.new_context(
            base_url=park,
            viewport=SIZES[size],  # type: ignore[arg-type]
            has_touch=size == "phone",
            reduced_motion="reduce",
        )
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and not refused(m.text) else None)
        page.goto(live.login_link(park, login))
        page.get_by_role("button", name="登录").click()
        return page

    yield enter
    for context in opened:
        context.close()
    assert [text for text in complaints if not any(words in text for words in TOLERATED)] == []
