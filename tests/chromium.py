"""A real Chromium for browser tests, with Chinese glyphs from a pinned package instead of whatever the machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Browser, sync_playwright

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
