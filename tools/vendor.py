"""Copies the browser files the pages need out of node_modules and writes their sha256 manifest.

Run by hand after a change of package.json, then commit the result; the service itself needs no Node:

    python tools/vendor.py            fetches (npm ci --ignore-scripts) and copies
    python tools/vendor.py --check    compares the committed files with the manifest, fetches nothing
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "inspect_station" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

# Source inside node_modules -> name inside static/vendor. Names carry no version: pages add ?v= for caches.
FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap/LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "idb/build/umd.js": "idb/idb.js",
    "idb/LICENSE": "idb/LICENSE",
    "jsqr/dist/jsQR.js": "jsqr/jsQR.js",
    "jsqr/LICENSE": "jsqr/LICENSE",
    "echarts/dist/echarts.common.min.js": "echarts/echarts.common.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
    "echarts/NOTICE": "echarts/NOTICE",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt": "swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
    "swagger-ui-dist/NOTICE": "swagger-ui/NOTICE",
    "bootstrap-icons/LICENSE": "icons/LICENSE",
}

# One name a line: only the icons some page uses, since the whole sprite would be 1 MB.
ICONS = ROOT / "tools" / "icons.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with the manifest")
    if parser.parse_args().check:
        return report(problems())
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=ROOT, check=True)
    copy()
    return 0


def copy() -> None:
    """Rebuilds static/vendor from node_modules, so that a file no longer listed goes away."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, name in FILES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, target)
    names = ICONS.read_text(encoding="utf-8").split()
    (VENDOR / "icons" / "icons.svg").write_text(sprite(names), encoding="utf-8")
    manifest = {"packages": versions(), "files": digests()}
    MANIFEST.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def sprite(names: list[str]) -> str:
    """One SVG with a <symbol> for each icon, to be drawn with <use href="icons.svg#name">."""
    symbols = "\n".join(symbol(name) for name in sorted(names))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(name: str) -> str:
    text = (MODULES / "bootstrap-icons" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    found = re.search(r'viewBox="([^"]+)"[^>]*>(.*)</svg>', text, re.DOTALL)
    if found is None:
        raise SystemExit(f"bootstrap-icons/{name}.svg does not look like an icon")
    body = re.sub(r"\s*\n\s*", "", found[2])
    return f'<symbol id="{name}" viewBox="{found[1]}">{body}</symbol>'


def versions() -> dict[str, str]:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    installed = {n: json.loads((MODULES / n / "package.json").read_text("utf-8"))["version"] for n in wanted}
    if installed != wanted:
        raise SystemExit(f"package.json asks for {wanted}, node_modules holds {installed}")
    return installed


def digests() -> dict[str, str]:
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != MANIFEST)
    return {path.relative_to(VENDOR).as_posix(): sha256(path) for path in files}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problems() -> list[str]:
    """Every difference between static/vendor and its manifest, as sentences."""
    wanted = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"]
    found = digests()
    missing = [f"{name}: listed but not there" for name in wanted.keys() - found.keys()]
    foreign = [f"{name}: there but not listed" for name in found.keys() - wanted.keys()]
    changed = [f"{name}: changed since it was copied" for name in altered(wanted, found)]
    return sorted(missing + foreign + changed)


def altered(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    return [name for name in wanted.keys() & found.keys() if wanted[name] != found[name]]


def report(found: list[str]) -> int:
    print("\n".join(found) or "static/vendor is as listed", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
