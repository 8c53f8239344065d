"""P16: a ledger of 100 000 devices recomputed, against LibreOffice recalculating its EDATE columns.

`python -m benchmarks.spreadsheet [DEVICES]`. The spreadsheet holds one date and one number of months for each clock and
nothing else: no history, no rule, no reason. Timed is what a headless run takes beyond the program's start (it opens,
recalculates and saves), and beside it the recalculation alone of a sheet that is open already.
Needs LibreOffice Calc with its Python bridge (Debian: libreoffice-calc, python3-uno); says so where it is missing.
"""

import gc
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import xlsxwriter

from benchmarks.engine import BOOK, ON, park
from benchmarks.measuring import line, note
from schedules.due import due_dates
from schedules.facts import Equipment
from schedules.many import due_dates_of
from schedules.terms import clocks_of

PYTHON = "/usr/bin/python3"  # the bridge belongs to the system's interpreter
MONTHS = (12, 72, 24)
# Runs in the system's Python: opens the sheet in a headless office and prints the seconds of three recalculations.
SCRIPT = """
import subprocess, sys, time, uno
from com.sun.star.beans import PropertyValue
path, folder = sys.argv[1:]
office = subprocess.Popen(["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile",
                           f"--accept=pipe,name=bench{office_name};urp;"])
try:
    resolver = uno.getComponentContext().ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", uno.getComponentContext())
    for _ in range(600):
        try:
            context = resolver.resolve("uno:pipe,name=bench{office_name};urp;StarOffice.ComponentContext")
            break
        except Exception:
            time.sleep(0.2)
    hidden = PropertyValue(); hidden.Name, hidden.Value = "Hidden", True
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL(f"file://{path}", "_blank", 0, (hidden,))
    for _ in range(3):
        begun = time.perf_counter()
        document.calculateAll()
        print(time.perf_counter() - begun, flush=True)
    document.close(True)
    try:
        desktop.terminate()
    except Exception:
        pass
finally:
    office.terminate()
    office.wait(30)
"""


def main(devices: int) -> None:
    if not _is_there():
        note("P16 not measured: LibreOffice Calc or its Python bridge is not installed")
        return
    made = park(devices)
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        formulas = sheet(Path(folder) / "ledger.xlsx", made)
        office = recalculated(Path(folder))
        small = Path(folder) / "small.xlsx"
        sheet(small, made[:1])
        opened = _headless(Path(folder) / "ledger.xlsx", folder) - _headless(small, folder)
    dates = _seconds(lambda: sum(map(len, due_dates_of(made, ON, BOOK))))
    whole = _seconds(lambda: sum(len(due_dates(one, ON, BOOK)) for one in made))
    note(
        f"{devices} devices, {formulas} EDATE formulas: a headless run {opened:.1f} s, of it recalculating {office:.2f} s"
    )
    note(f"ours {dates:.2f} s, with reasons {whole:.2f} s")
    line("P16", "headless LibreOffice opening, recalculating, saving, against ours", opened / dates, 10, least=True)
    line("P16", "the same, ours with every reason in words", opened / whole)
    line("P16", "its recalculation alone, already open, against ours", office / dates)


def _is_there() -> bool:
    if shutil.which("soffice") is None:
        return False
    return subprocess.run([PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode == 0


def sheet(path: Path, devices: list[Equipment]) -> int:
    """A row for each device: for each of its clocks a start, months, and the formula people write."""
    formulas = 0
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page, day = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy-mm-dd"})
        for row, device in enumerate(devices):
            for place in range(len(clocks_of(device.kind))):
                assert device.put_into_use_on is not None
                start, months = (f"{'ADG'[place]}{row + 1}", f"{'BEH'[place]}{row + 1}")
                page.write_datetime(row, 3 * place, device.put_into_use_on.date, day)
                page.write_number(row, 3 * place + 1, MONTHS[place])
                page.write_formula(row, 3 * place + 2, f"=EDATE({start},{months})", day)
                formulas += 1
    return formulas


def recalculated(folder: Path) -> float:
    """The quickest of three."""
    script = folder / "recalculate.py"
    script.write_text(SCRIPT.replace("{office_name}", folder.name), encoding="utf-8")
    command = [PYTHON, str(script), str(folder / "ledger.xlsx"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    return min(map(float, done.stdout.split()))


def _headless(path: Path, folder: str) -> float:
    begun = time.perf_counter()
    command = [
        "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "ods", "--outdir", folder,
    ]  # fmt: skip
    subprocess.run([*command, str(path)], capture_output=True, timeout=600, check=True)
    return time.perf_counter() - begun


def _seconds(work: Any) -> float:
    best = float("inf")
    for _ in range(3):
        gc.collect()
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
