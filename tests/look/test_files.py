"""What the templates and the vendored files promise, without a browser."""

import re
from pathlib import Path

import pytest

from tests.look.app import ROOT, make_app
from tools import vendor

PACKAGE = ROOT / "inspect_station"
# A letter is read in mail programs, which know no style sheets of ours; it is never served as a page.
LETTERS = {"letter.html", "digest.html"}
TEMPLATES = sorted(p for p in (PACKAGE / "templates").rglob("*.html") if p.name not in LETTERS)
# JSON for our own scripts is data: no browser runs it.
FORBIDDEN = re.compile(
    r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*(?:\bsrc=|type=.application/json))|https?://(?!www\.w3\.org)|hx-on|javascript:"
)


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_vendored_files_are_as_their_manifest_lists_them() -> None:
    assert vendor.problems() == []


def test_a_changed_vendored_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifest.json").write_text('{"files": {"a.js": "0", "b.js": "0"}}', encoding="utf-8")
    (tmp_path / "a.js").write_text("changed", encoding="utf-8")
    (tmp_path / "c.js").write_text("foreign", encoding="utf-8")
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "MANIFEST", tmp_path / "manifest.json")
    assert [line.split(":")[0] for line in vendor.problems()] == ["a.js", "b.js", "c.js"]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_nothing_the_security_policy_refuses(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text(encoding="utf-8")) == []


def test_every_icon_asked_for_is_in_the_sprite() -> None:
    sprite = (PACKAGE / "static" / "vendor" / "icons" / "icons.svg").read_text(encoding="utf-8")
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    texts = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    texts += (PACKAGE / "navigation.py").read_text(encoding="utf-8")
    asked = set(
        re.findall(
            r"""icon\("([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"|"icon": "([a-z0-9-]+)"|Entry\("[^"]+", "[^"]+", "([a-z0-9-]+)""",
            texts,
        )
    )
    assert {word for group in asked for word in group if word} - there == set()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503])
def test_an_error_page_says_what_and_what_next(code: int) -> None:
    page = make_app().test_client().get(f"/error/{code}")
    text = page.get_data(as_text=True)
    assert page.status_code == code
    assert re.search(r"<h1>[一-鿿]", text)
    assert "回首页" in text
    assert f"/error/{code}" in text
    assert ("主要页面" in text) == (code not in (500, 503))
