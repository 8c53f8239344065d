from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import live
from tests.look.app import make_app

# What the browser and htmx log for an error page somebody asked for.
ANSWERED = ("the server responded with a status of", "Response Status Error Code")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with live.serving(make_app()) as served:
        yield served


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page and, at the end, fails the test for anything the browser complained about."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "/", width: int = 1440, theme: str = "light", script: bool = True) -> Page:
        height = 844 if width < 768 else 900
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="zh-CN",
            # In mid-animation a drawer's words have another contrast than when it stands.
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [c for c in complaints if not any(word in c for word in ANSWERED)] == []
