"""`make fuzz`: atheris drives the targets of tests/fuzz by coverage. SECONDS for each target; KEEP=1 keeps what it found.

Each target runs in a process of its own, for libFuzzer ends the process it runs in. 1 where something broke: the
input is printed and belongs into tests/corpus, so that it is played for ever.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
SECONDS = int(os.environ.get("SECONDS", "30"))
KEEP = os.environ.get("KEEP", "") not in {"", "0"}
# What XML and dates are made of: a mutation puts these in whole.
WORDS = {
    "sheet": [' r=\\"', "XFD1048576", "<c ", "<row ", "<v>", "</v>", "xfd1048576", "r = ", "<!DOCTYPE", "<f>", 't=\\"e\\"',
              "\\x0a", "\\x09", "&#70;", "<x:c ", "]]>", "<![CDATA["],
    "styles": ['numFmtId=\\"', 'formatCode=\\"', "<xf ", "<cellXfs>", "</cellXfs>", "yyyy", "&quot;"],
    "date": ["\\xe5\\xb9\\xb4", "\\xe6\\x9c\\x88", "\\xe6\\x97\\xa5", "\\xe8\\x87\\xb3", "2026", "-12", "-31", "T00:00:00", "/"],
    "archive": ["PK\\x01\\x02", "PK\\x03\\x04", "PK\\x05\\x06", "PK\\x06\\x06", "\\xff\\xff\\xff\\xff"],
}  # fmt: skip


def main(wanted: list[str]) -> int:
    from tests.fuzz.targets import TARGETS

    unknown = set(wanted) - set(TARGETS)
    if unknown:
        print(f"no target {unknown.pop()}; there are {' '.join(TARGETS)}", file=sys.stderr)
        return 2
    return max([_fuzz(target) for target in wanted or TARGETS])


def _fuzz(target: str) -> int:
    """Run one target for its time; 1 where it broke."""
    from tests.fuzz import corpus
    from tests.fuzz.targets import TARGETS, seeds

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        found = Path(folder, "found")
        found.mkdir()
        for number, data in enumerate([*seeds(target), *corpus.read(target)]):
            (found / f"seed-{number}").write_bytes(data)
        words = Path(folder, "words.txt")
        words.write_text("".join(f'"{word}"\n' for word in WORDS.get(target, ["2026"])), encoding="ascii")
        limits = [f"-max_total_time={SECONDS}", "-max_len=4096", "-timeout=20", "-rss_limit_mb=1500"]
        said = _child(target, folder, str(found), f"-dict={words}", f"-artifact_prefix={folder}/", *limits)
        broken = [
            path.read_bytes()
            for path in Path(folder).iterdir()
            if path.name.startswith(("crash-", "timeout-", "oom-"))
        ]
        _tell(target, said, broken)
        if KEEP:
            told = _least(TARGETS[target], [*corpus.read(target), *(path.read_bytes() for path in found.iterdir())])
            print(f"  kept {corpus.write(target, [*broken, *told])}", flush=True)
        return int(bool(broken) or "Done" not in said)


def _least(target: Callable[[bytes], None], inputs: list[bytes]) -> list[bytes]:
    """The shortest inputs that together go all ways through the code that all of them go."""
    ways: set[tuple[str, int, int]] = set()
    kept = []
    for data in sorted(set(inputs), key=lambda d: (len(d), d)):
        gone = _ways(target, data)
        if gone - ways:
            ways |= gone
            kept.append(data)
    return kept


def _ways(target: Callable[[bytes], None], data: bytes) -> set[tuple[str, int, int]]:
    """From line to line, in the files that are counted."""
    gone: set[tuple[str, int, int]] = set()

    def enter(frame: FrameType, _event: str, _value: object) -> Any:
        file, last = frame.f_code.co_filename, [frame.f_lineno]
        if not any(part in file for part in ("/registry/ledgers/", "/schedules/dates.py")):
            return None

        def line(inner: FrameType, _event: str, _value: object) -> Any:
            gone.add((file, last[0], inner.f_lineno))
            last[0] = inner.f_lineno
            return line

        return line

    sys.settrace(enter)
    try:
        target(data)
    except Exception:  # it has been told above
        return set()
    finally:
        sys.settrace(None)
    return gone


def _child(target: str, folder: str, *flags: str) -> str:
    """What it said. libFuzzer ends the process without a word to Python, so its scratch lies in our folder."""
    command = [sys.executable, "-m", "tools.fuzz", "--target", target, *flags]
    env = {**os.environ, "TMPDIR": folder}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout + done.stderr


def _tell(target: str, said: str, broken: list[bytes]) -> None:
    runs = re.findall(r"Done (\d+) runs", said) or re.findall(r"#(\d+)", said)[-1:]
    covered = re.findall(r"cov: (\d+)", said)
    print(f"{target:14} {SECONDS:4} s  {'/'.join(runs):>9} inputs  {covered[-1] if covered else '?':>5} edges  "
          f"{'BROKEN' if broken else 'nothing broke' if runs else 'DID NOT RUN'}", flush=True)  # fmt: skip
    for data in broken:
        print(f"  {data!r}")
    if broken or not runs:
        print("  " + "\n  ".join(said.splitlines()[-25:]))


def _run_here(target: str, flags: list[str]) -> None:
    import atheris

    import inspect_station  # noqa: F401  # the whole application, without counters: instrumenting it takes a minute

    counted = ("inspect_station.registry.ledgers", "schedules.dates")
    for name in [name for name in sys.modules if name.startswith(counted)]:
        del sys.modules[name]
    with atheris.instrument_imports(include=[*counted]):
        from tests.fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *flags], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--target"]:
        _run_here(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(sys.argv[1:]))
