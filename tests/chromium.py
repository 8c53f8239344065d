"""A real Chromium for browser tests, with Chinese glyphs from a pinned package instead of whatever the machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def _fonts() -> Path:
    found = find_spec("manimgx_fonts_cjk")
    assert found is not None
    assert found.origin is not None, "the fonts of requirements.txt are not installed"
    return Path(found.origin).parent


def fonts_conf(folder: Path) -> Path:
    """Writes a fontconfig file that knows the package's font only, its cache beside it."""
    conf = folder / "fonts.conf"
    conf.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f"<dir>{escape(str(_fonts()))}</dir><cachedir>{escape(str(folder / 'font-cache'))}</cachedir></fontconfig>\n",
        encoding="utf-8",
    )
    return conf


def executable() -> str | None:
    """The browser of CHROMIUM or of the system; None leaves the choice to playwright."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launch(folder: Path) -> Iterator[Browser]:
    """A browser that shows Chinese; `folder` takes the fontconfig file and cache."""
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts_conf(folder))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=_ARGUMENTS, env=environment)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def with_camera(browser: Browser, folder: Path, film: Path) -> Iterator[Browser]:
    """Another browser of the same playwright, whose camera shows `film` and asks nobody; the file is opened anew with each look."""
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts_conf(folder))}
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    arguments = [*_ARGUMENTS, *camera, f"--use-file-for-fake-video-capture={film}"]
    other = browser.browser_type.launch(executable_path=executable(), args=arguments, env=environment)
    try:
        yield other
    finally:
        other.close()


# Rows made alike are judged by their first ones: the twentieth takes as long as the first and says nothing new.
_FEW_OF_A_KIND = """() => {
  for (const parent of document.querySelectorAll("tbody, ul, ol, dl, select, datalist, .bars, svg, g")) {
    const seen = new Map();
    for (const child of [...parent.children]) {
      const kind = child.tagName + child.getAttribute("class") + child.querySelectorAll("*").length;
      seen.set(kind, (seen.get(kind) || 0) + 1);
      if (seen.get(kind) > 4) child.remove();
    }
  }
}"""


def violations(page: Page) -> list[str]:
    """What axe finds wrong on a page, an element a line."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for v in found for node in v["nodes"]]


def violations_of_a_kind(page: Page) -> list[str]:
    """The same with few of the rows that are made alike; the page is of no use afterwards."""
    page.evaluate(_FEW_OF_A_KIND)
    return violations(page)
