"""What the five main pages weigh, how Lighthouse judges them, and the filtered due list on a slow phone. `python -m benchmarks.web`.

The sample park behind a real gunicorn, seen by its head with the installed Chromium. Lighthouse is what `make bench` puts
into .tools/lighthouse; without npm its lines are left out and that is said.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from benchmarks.measuring import answers, line, note
from tests.chromium import executable, launch
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = ROOT / ".tools/lighthouse/node_modules/.bin/lighthouse"
PAGES = ("/due", "/equipment", "/plan/", "/reminders", "/workload")
CATEGORIES = ("performance", "accessibility", "best-practices")
WEIGHT_KB, SCORE = 100, 95
CHARTS = "echarts"
# Lighthouse's own slow phone: 150 ms, 1.6 Mbit/s down, 750 kbit/s up, a processor a quarter as fast.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        _station(folder) as (address, way_in),
        launch(Path(folder)) as browser,
    ):
        context = browser.new_context()
        _log_in(context, way_in)
        for path in PAGES:
            first, again = _weight(context, address + path)
            line("WEB", f"first load of {path}, kB compressed without charts", first / 1000, WEIGHT_KB)
            note(f"{path} again: {again / 1000:.1f} kB")
        phone = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=context.storage_state())
        line("WEB", "the filtered due list on a slow phone, nothing cached, s", _on_a_slow_phone(phone, address))
        if not LIGHTHOUSE.exists():
            note("Lighthouse is not installed: no scores")
            return
        cookies = "; ".join(f"{c['name']}={c['value']}" for c in context.cookies())
        for path in PAGES:
            _judge(path, address + path, cookies)


@contextmanager
def _station(folder: str) -> Iterator[tuple[str, str]]:
    """The sample park served; its address and a one-time link for its head."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    given = {k: v for k, v in os.environ.items() if not k.startswith("STATION_")}
    environment = given | {
        "STATION_DATA_DIR": folder, "STATION_BIND": f"127.0.0.1:{port}", "STATION_BASE_URL": address,
        "STATION_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    manage = [sys.executable, "-m", "inspect_station"]
    subprocess.run([*manage, "migrate"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run(
        [*manage, "demo", "--links"], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    links = re.findall(rf"站长.*?({re.escape(address)}/login/\S+)", said)
    serving = subprocess.Popen([sys.executable, "-m", "gunicorn", "wsgi:app"], cwd=ROOT, env=environment)
    try:
        while not answers(address + "/healthz"):
            if serving.poll() is not None:
                raise RuntimeError("gunicorn ended before its first answer")
            time.sleep(0.1)
        yield address, links[0]
    finally:
        serving.terminate()
        serving.wait(60)


def _log_in(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url("**/due*")
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


def _judge(path: str, url: str, cookies: str) -> None:
    command = [
        str(LIGHTHOUSE), url, "--output=json", "--quiet", "--disable-storage-reset",
        f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        f"--extra-headers={json.dumps({'Cookie': cookies})}", "--preset=desktop",
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": executable() or ""}
    for _ in range(2):  # once in a while its browser records nothing: it asks itself to be run again
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if not done.returncode:
            break
    else:
        note(f"{path}: Lighthouse failed: {done.stderr.strip().splitlines()[-1:]}")
        return
    said = json.loads(done.stdout)
    for name in CATEGORIES:
        score = 100 * (said["categories"][name]["score"] or 0)
        line("WEB", f"Lighthouse on {path}, {name}", score, SCORE, least=True)
    line("WEB", f"layout shift of {path}", said["audits"]["cumulative-layout-shift"]["numericValue"], 0)
    wrong = [a["id"] for a in said["audits"].values() if a.get("score") == 0 and a["scoreDisplayMode"] == "binary"]
    if wrong:
        note(f"{path} does not pass {', '.join(sorted(wrong))}")


if __name__ == "__main__":
    main()
