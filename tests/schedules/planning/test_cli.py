"""The verb `plan` from outside."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schedules.planning.cli import main
from tests.schedules.planning.cases import instance, item, plan_of, small_station, visit


def write(path: Path, value: Any) -> str:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


def test_a_plan_is_written_and_found_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, out = write(tmp_path / "i.json", small_station(1, items=20)), tmp_path / "p.json"
    assert main([given, "--seconds", "2", "-o", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert main(["--check", given, str(out)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is True
    assert result["objective"] == json.loads(out.read_text(encoding="utf-8"))["objective"]


def test_without_a_file_the_plan_goes_to_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "i.json", instance([item("I1")])), "--seconds", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "inspection-plan/1"


def test_a_bad_plan_is_answered_with_its_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = write(tmp_path / "i.json", instance([item("I1")]))
    bad = write(tmp_path / "p.json", plan_of([visit("2026-03-14", ["I1"], ["P1"])]))
    assert main(["--check", given, bad]) == 1
    result = json.loads(capsys.readouterr().out)
    assert [error["rule"] for error in result["errors"]] == ["workday", "latest"]


def test_unusable_input_is_one_sentence_naming_file_and_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write(tmp_path / "bad.json", instance([item("I1", minutes=0)]))
    good = write(tmp_path / "good.json", instance([item("I1")]))
    for arguments, named in (
        ([bad], ("bad.json", "items[0].minutes")),
        ([str(tmp_path / "none.json")], ("none.json", "读不到")),
        ([write(tmp_path / "x.json", "{")], ("x.json", "不是 JSON")),
        (["--check", bad, good], ("bad.json", "items[0].minutes")),
        (["--check", good, good], ("good.json", "format")),
        ([good, "--seconds", "0.2", "-o", str(tmp_path / "no" / "p.json")], ("p.json", "写不了")),
    ):
        assert main(arguments) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.strip().splitlines()) == 1
        assert all(part in said.err for part in named)


@pytest.mark.parametrize("arguments", [[], ["i.json", "--seconds", "0"], ["i.json", "--seconds", "nan"]])
def test_senseless_arguments_end_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_checking_imports_no_solver(tmp_path: Path) -> None:
    given = write(tmp_path / "i.json", instance([item("I1")]))
    plan = write(tmp_path / "p.json", plan_of([visit("2026-03-13", ["I1"], ["P1"])]))
    program = (
        "import sys; from schedules.planning.cli import main; code = main(sys.argv[1:]);"
        "assert 'highspy' not in sys.modules and 'numpy' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--check", given, plan], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


def test_killed_in_the_middle_it_leaves_nothing_behind(tmp_path: Path) -> None:
    given, out = write(tmp_path / "i.json", small_station(1, items=150)), tmp_path / "p.json"
    running = subprocess.Popen(
        [sys.executable, "-m", "schedules.planning", given, "--seconds", "60", "-o", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(1.5)
    running.kill()
    running.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i.json"]
