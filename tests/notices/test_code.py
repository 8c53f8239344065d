"""The code on a notice, read by the decoder of our own scanner from the page as it is printed."""

import base64
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

import inspect_station
from inspect_station.notices import pdf
from tests.notices.test_pdf import NOTICE

_DECODER = Path(inspect_station.__file__).parent / "static" / "vendor" / "jsqr" / "jsQR.js"
_DOTS_PER_POINT = 2  # 144 dots an inch: an office fax


@pytest.mark.parametrize(
    "secret", ["a" * 26 + "1", "ABCDEFGHIJKLMNOPQRSTUVWXYZ7", "0" * 34, "qz3x7m2k5w4t6y2n3b5v7c4l6j999999", "7" * 200]
)
def test_the_code_of_the_answer_page_can_be_read_from_the_page(browser: Browser, secret: str) -> None:
    url = f"https://station.example/r/{secret}"
    page = pypdfium2.PdfDocument(pdf.render(replace(NOTICE, answer_url=url)))[0]
    seen = page.render(scale=_DOTS_PER_POINT).to_pil().convert("RGBA")
    with browser.new_context() as context:
        tab = context.new_page()
        tab.add_script_tag(path=_DECODER)
        found = tab.evaluate(
            "([data, w, h]) => jsQR(Uint8ClampedArray.from(atob(data), c => c.charCodeAt(0)), w, h)?.data",
            [base64.b64encode(seen.tobytes()).decode(), seen.width, seen.height],
        )
    assert found == url
