"""P10: the memory of every export, as it grows: `python -m benchmarks.exports [ROWS]` (default 100 000 rows of the due list)."""

import sys
from collections.abc import Sequence

from benchmarks.measuring import line, note, process, slope
from benchmarks.parks import station
from drills.ground import Ground

SMALL = 10_000
LISTS: Sequence[tuple[str, ...]] = (
    ("equipment", "{}.xlsx"),
    ("equipment", "{}.csv"),
    ("due", "{}.xlsx"),
    ("due", "{}.csv"),
    ("workload", "{}.xlsx"),
)


def main(size: int) -> None:
    sizes = sorted({SMALL, size})
    with Ground() as ground:
        for engine in ground.engines:
            peaks: dict[str, list[float]] = {}
            for each in sizes:
                with station(ground, engine, each) as here:
                    environment = here.place.environment()
                for what, form in LISTS:
                    path = ground.folder / form.format(what)
                    command = (sys.executable, "-m", "inspect_station", "export", what, str(path))
                    wall, _, peak = process(command, environment)
                    size_mb = path.stat().st_size / 1e6
                    note(f"{path.name}, {each} rows, {engine}: {wall:.1f} s, {peak:.0f} MB, file {size_mb:.1f} MB")
                    peaks.setdefault(path.name, []).append(peak)
            for name, (small, large) in peaks.items():
                line("P10", f"growth of the memory of {name}, {engine}", slope(small, large, sizes), 0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
