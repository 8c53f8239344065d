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
