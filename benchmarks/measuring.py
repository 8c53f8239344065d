"""How the benchmarks measure and say it: ratios inside one run, medians of rounds made in turn, growth as a slope."""

import os
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from statistics import median
from typing import Any

Work = Callable[[], object]


def line(name: str, what: str, figure: float, bar: float | None = None, *, least: bool = False) -> None:
    """One row's figure beside its bar; `least`: the figure has to reach it. `benchmarks.__main__` reads these lines."""
    said = ""
    if bar is not None:
        said = f"   bar {'≥' if least else '≤'} {bar:g}  {'ok' if (figure >= bar if least else figure <= bar) else 'MISSED'}"
    print(f"{name:4}  {what:70} {figure:9.3f}{said}", flush=True)


def note(text: str) -> None:
    """What helps to read the lines above it."""
    print(f"      {text}", flush=True)


def cpu() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def costs(times: int, *works: Work, clock: Callable[[], float] = time.process_time) -> list[float]:
    """The medians of several kinds of call made in turn, so that a busy machine slows all alike."""
    spent: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(times):
        for place, work in enumerate(works):
            begun = clock()
            work()
            spent[place].append(clock() - begun)
    return [median(each) for each in spent]


def cost(work: Work, times: int = 40, clock: Callable[[], float] = time.process_time) -> float:
    return costs(times, work, clock=clock)[0]


def ratio(times: int, reference: Work, ours: Work, clock: Callable[[], float] = time.process_time) -> float:
    """The median of the rounds' own ratios."""
    reference(), ours()
    found = []
    for _ in range(times):
        begun = clock()
        reference()
        between = clock()
        ours()
        found.append((clock() - between) / max(between - begun, 1e-9))
    return median(found)


def slope(small: float, large: float, sizes: Sequence[int]) -> float:
    """The exponent of growth: 0 flat, 1 in proportion."""
    return log(max(large, 1e-9) / max(small, 1e-9)) / log(sizes[-1] / sizes[0])


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def answers(address: str) -> bool:
    """Whether a page is there to be had."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


# A process begins with the memory of the one that started it, which counts for its peak: so a small one starts it.
_SMALL = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(end=f"\\n{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}", flush=True)
sys.exit(code)
"""


def process(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Runs a command to its end: seconds, CPU seconds with its children, and the peak of its memory in MB.

    Raises `CalledProcessError` where it says no.
    """
    begun = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-I", "-c", _SMALL, *command], env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout
    assert running.stderr
    said = running.stdout.read(), running.stderr.read()
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    running.stdout.close()
    running.stderr.close()
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, list(command), *said)
    peak = int(said[0].rsplit("\n", 1)[1])
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, peak / 1024


def memory() -> float:
    """The memory of this process at present, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpus = [text.split(":")[1].strip() for text in _lines("/proc/cpuinfo") if text.startswith("model name")]
    total = next((int(text.split()[1]) for text in _lines("/proc/meminfo") if text.startswith("MemTotal")), 0)
    return {"cpu": cpus[0] if cpus else "unknown", "cores": os.cpu_count(), "memory_gb": round(total / 1e6)}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
