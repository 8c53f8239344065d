"""P18: from `make run` on an empty data folder to the first page. `python -m benchmarks.start`. Installation is not counted."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import answers, line
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent
BAR, PATIENCE = 20.0, 180.0


def main() -> None:
    line("P18", "seconds from `make run` to the first page", first_page(), BAR)


def first_page() -> float:
    venv, port = Path(sys.executable).parent.parent, free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "STATION_DATA_DIR": folder, "STATION_BIND": f"127.0.0.1:{port}"}
        command = ["make", "run", f"VENV={venv}", "-o", f"{venv}/.runtime"]
        begun = time.perf_counter()
        running = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            while not answers(f"http://127.0.0.1:{port}/login"):
                if running.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    raise RuntimeError("make run gave no page")
                time.sleep(0.05)
            return time.perf_counter() - begun
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(60)


if __name__ == "__main__":
    main()
