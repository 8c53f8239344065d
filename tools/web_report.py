"""What the five main pages weigh and how Lighthouse judges them; the filtered due list on a slow phone.

`python tools/web_report.py ADDRESS LINK [--lighthouse PATH]`: a running station, a one-time log-in link of its head, and the
folder into which `npm install lighthouse` was done (left out: weights and times only). Not a test: scores depend on the
machine. Uses the installed Chromium.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.chromium import executable, launch

PAGES = ("/due", "/equipment", "/plan/", "/reminders", "/workload")
CATEGORIES = ("performance", "accessibility", "best-practices")
CHARTS = "echarts"
# Lighthouse's own slow phone: 150 ms, 1.6 Mbit/s down, 750 kbit/s up, a processor a quarter as fast.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("link")
    parser.add_argument("--lighthouse", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, launch(Path(folder)) as browser:
        context = browser.new_context()
        _log_in(context, args.address, args.link)
        cookies = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
        for path in PAGES:
            first, again = _weight(context, args.address + path)
            print(
                f"{path:12} first load {first / 1000:6.1f} kB compressed without charts, again {again / 1000:5.1f} kB",
                flush=True,
            )
        phone = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=context.storage_state())
        print(f"filtered due list on a slow phone: {_on_a_slow_phone(phone, args.address):.2f} s", flush=True)
    if args.lighthouse:
        for path in PAGES:
            print(f"{path:12} " + _judged(args.lighthouse, args.address + path, cookies), flush=True)


def _log_in(context: BrowserContext, address: str, link: str) -> None:
    page = context.new_page()
    page.goto(address + urlsplit(link).path)
    if page.locator("input[type=password]").count():
        for field in page.locator("input[type=password]").all():
            field.fill("看见大海 2026 春暖")
    page.locator("main form button[type=submit], form button[type=submit]").first.click()
    page.wait_for_load_state()
    page.close()


def _weight(context: BrowserContext, url: str) -> tuple[int, int]:
    """Bytes over the wire of a first visit, and of a second one with what the browser kept."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    addresses: dict[str, str] = {}
    found: dict[str, float] = {}

    def finished(event: dict[str, Any]) -> None:
        if CHARTS not in addresses.get(event["requestId"], ""):
            found[event["requestId"]] = event["encodedDataLength"]

    session.on(
        "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
    )
    session.on("Network.loadingFinished", finished)
    weights = []
    for _ in range(2):
        found.clear()
        page.goto(url, wait_until="networkidle")
        weights.append(int(sum(found.values())))
    page.close()
    return weights[0], weights[1]


def _on_a_slow_phone(context: BrowserContext, address: str) -> float:
    """From the empty cache to the rows of a filtered list."""
    page: Page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    begun = time.perf_counter()
    page.goto(f"{address}/due?bucket=approaching&view=flat", wait_until="domcontentloaded")
    page.locator("tbody tr").first.wait_for(state="visible")
    return time.perf_counter() - begun


def _judged(folder: Path, url: str, cookies: str) -> str:
    command = [
        str(folder / "node_modules/.bin/lighthouse"), url, "--output=json", "--quiet", "--disable-storage-reset",
        f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        f"--extra-headers={json.dumps({'Cookie': cookies})}", "--preset=desktop",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": executable() or ""}, check=False
    )
    if done.returncode:
        return f"Lighthouse failed: {done.stderr.strip().splitlines()[-1:]}"
    said = json.loads(done.stdout)
    scores = ", ".join(f"{name} {100 * (said['categories'][name]['score'] or 0):.0f}" for name in CATEGORIES)
    shift = said["audits"]["cumulative-layout-shift"]["displayValue"]
    wrong = [a["id"] for a in said["audits"].values() if a.get("score") == 0 and a["scoreDisplayMode"] == "binary"]
    return f"{scores}; layout shift {shift}" + (f"; not passed: {', '.join(sorted(wrong))}" if wrong else "")


if __name__ == "__main__":
    main()
