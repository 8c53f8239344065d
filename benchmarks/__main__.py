"""Every benchmark in turn, and docs/benchmarks.md from what they print: `python -m benchmarks [ROWS] [--only NAME …]`.

Results are kept by size and benchmark, so that one of them can be measured again without the others. Nothing here is a
timed test: a bar missed is printed and written down, and the command still ends with 0.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine
from inspect_station import clock

ROOT = Path(__file__).resolve().parent.parent
RESULTS, PAGE, REMARKS = ROOT / "benchmarks/results.json", ROOT / "docs/benchmarks.md", ROOT / "benchmarks/remarks.md"
SMALL = 10_000
# Which benchmark, and what it is given at a size. None: it does not depend on one.
BENCHMARKS: dict[str, str | None] = {
    "engine": "{small} {size}",
    "duelist": "{size}",
    "ledgers": "{size}",
    "exports": "{size}",
    "reminders": "{size}",
    "spreadsheet": None,
    "planning": None,
    "institute": None,
    "start": None,
    "web": None,
}
_LINE = re.compile(r"([A-Z]+\d*)\s{2,}(.+?)\s{2,}(-?[\d.]+)(?:\s+bar (?:([≤≥]) )?([\d.]+)\s+(ok|MISSED))?\s*")
_LIBRARIES = (
    "flask",
    "peewee",
    "orjson",
    "psycopg",
    "python-calamine",
    "xlsxwriter",
    "numpy",
    "marshmallow",
    "openpyxl",
)

Json = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", nargs="?", type=int, default=100_000)
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    args = parser.parse_args()
    results: Json = {}
    for name in args.only:
        given = BENCHMARKS[name]
        place = str(args.size) if given else "any"
        found = run(name, (given or "").format(small=SMALL, size=args.size).split())
        # Read as late as this: another size may have been measured meanwhile.
        results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        results.setdefault(place, {})[name] = found
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        PAGE.write_text(page(results), encoding="utf-8")
    missed = [line for name in args.only for line in _all(results, name) if line["verdict"] == "MISSED"]
    print(f"\n{PAGE.relative_to(ROOT)} written; {len(missed)} bars missed")
    return 0


def _all(results: Json, name: str) -> Iterator[Json]:
    for benchmarks in results.values():
        yield from benchmarks.get(name, {}).get("lines", ())


def run(name: str, arguments: list[str]) -> Json:
    """One benchmark in a process of its own, its output shown as it comes."""
    print(f"\n== {name} {' '.join(arguments)}", flush=True)
    begun = time.perf_counter()
    lines: list[Json] = []
    notes: list[str] = []
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        for text in running.stdout:
            print(text, end="", flush=True)
            if found := _LINE.fullmatch(text.rstrip()):
                row, what, figure, sign, bar, verdict = found.groups()
                limit = f"{sign or '≤'} {bar}" if bar else ""
                lines.append({"row": row, "what": what, "figure": figure, "bar": limit, "verdict": verdict or ""})
            elif text.strip():
                notes.append(text.rstrip())
    return {
        "lines": lines, "notes": notes, "failed": bool(running.returncode),
        "seconds": round(time.perf_counter() - begun), "commit": _commit(), "on": clock.today().isoformat(),
        "machine": machine(), "python": platform.python_version(),
    }  # fmt: skip


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


# --- the page -----------------------------------------------------------------------------------------------------


def page(results: Json) -> str:
    parts = [_HEAD.format(versions=", ".join(f"{name} {version(name)}" for name in _LIBRARIES))]
    for place in sorted(results, key=lambda p: (p == "any", int(p) if p != "any" else 0)):
        title = "Independent of the number of rows" if place == "any" else f"At {int(place):,} rows".replace(",", " ")
        parts.append(f"## {title}\n")
        parts += [_section(name, results[place][name]) for name in BENCHMARKS if name in results[place]]
    if REMARKS.exists():
        parts.append(REMARKS.read_text(encoding="utf-8"))
    return "\n".join(parts)


_HEAD = """# Benchmarks

Written by `make bench` (and `make bench SCALE=1000000`); not by hand, but for the remarks at the end. Every figure is a
ratio to a reference measured in the same run, unless its line names a unit: absolute times mean nothing on another
machine. The rows are those of the station's measures: P1 the due list's JSON against a bare Flask route, P2 and P10 growth,
P3 statements, P4 paging, P5 the HTML page, P6 month counts, P7 the due engine against a vectorised month addition,
P8 and P9 the night's refresh, P11–P13 imports, P14 and P15 reminders, P16 a spreadsheet program, P17 plans, P18 the start; WEB
what the pages weigh and how Lighthouse judges them.

Libraries: {versions}.
"""


def _section(name: str, found: Json) -> str:
    host = found["machine"]
    where = f"{host['cpu']}, {host['cores']} cores, {host['memory_gb']} GB, Python {found['python']}"
    head = f"### {name}\n\n{found['on']}, {found['commit']}, {found['seconds']} s on {where}\n"
    if found["failed"]:
        head += "\n**It ended with an error: what is below is incomplete.**\n"
    if found["lines"]:
        head += "\n| row | what | figure | bar | |\n| --- | --- | ---: | ---: | --- |\n"
        head += "".join(_row(line) for line in found["lines"])
    if found["notes"]:
        head += "\n```text\n" + "\n".join(found["notes"]) + "\n```\n"
    return head


def _row(line: Json) -> str:
    verdict = {"ok": "held", "MISSED": "**missed**"}.get(line["verdict"], "")
    return f"| {line['row']} | {line['what']} | {line['figure']} | {line['bar']} | {verdict} |\n"


if __name__ == "__main__":
    sys.exit(main())
