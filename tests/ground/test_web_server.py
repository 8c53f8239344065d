"""What gunicorn's settings promise: where the counters of its processes lie."""

import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAY = "import os, runpy; runpy.run_path('gunicorn.conf.py'); print(os.environ['PROMETHEUS_MULTIPROC_DIR'])"


def counters(data: Path, bind: str = "127.0.0.1:8000") -> Path:
    environment = {**os.environ, "STATION_DATA_DIR": str(data), "STATION_BIND": bind}
    done = subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip())


def test_the_counters_lie_in_memory_for_a_full_disk_would_end_every_process_that_counts(tmp_path: Path) -> None:
    found = counters(tmp_path)
    try:
        assert found.parent == Path("/dev/shm")
        assert stat.S_IMODE(found.stat().st_mode) == 0o700
        (found / "counter_1.db").write_text("of an earlier start")
        assert counters(tmp_path) == found
        assert list(found.iterdir()) == []
    finally:
        found.rmdir()


def test_two_stations_on_one_machine_do_not_count_together(tmp_path: Path) -> None:
    places = [counters(tmp_path / "one"), counters(tmp_path / "two"), counters(tmp_path / "two", "127.0.0.1:8001")]
    for place in places:
        place.rmdir()
    assert len(set(places)) == 3


OVERLAP = """
import os, runpy
old = runpy.run_path("gunicorn.conf.py")
new = runpy.run_path("gunicorn.conf.py")
place = os.environ["PROMETHEUS_MULTIPROC_DIR"]
old["on_exit"](None)
kept = os.path.isdir(place)
new["on_exit"](None)
print(kept, os.path.isdir(place))
"""
COUNTLESS = """
import sys
from inspect_station import create_app
from inspect_station.config import load
print(create_app(load()).test_client().get("/healthz").status_code)
"""


def said(code: str, data: Path, **more: str) -> str:
    environment = {**os.environ, "STATION_DATA_DIR": str(data), "STATION_BIND": "127.0.0.1:8000", **more}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_server_that_ends_slowly_leaves_the_next_ones_counters_alone(tmp_path: Path) -> None:
    assert said(OVERLAP, tmp_path) == "True False"


def test_pages_are_answered_also_where_the_counters_folder_is_gone(tmp_path: Path) -> None:
    assert said(COUNTLESS, tmp_path, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "gone")).endswith("200")
