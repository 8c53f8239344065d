"""The table of verbs, and what a verb has to read before it works."""

import argparse
import os
import subprocess
import sys
from importlib import import_module

import pytest

from inspect_station.cli import VERBS

HEAVY = {"flask", "pypinyin", "PIL", "requests", "apscheduler", "inspect_station.app", "schedules.planning"}


def _declared(module: str) -> set[str]:
    verbs = argparse.ArgumentParser().add_subparsers()
    import_module(f"inspect_station.commands.{module}").add(verbs)
    return set(verbs.choices)


@pytest.mark.parametrize("module", sorted(set(VERBS.values())))
def test_a_module_declares_exactly_the_verbs_the_table_says_are_its_own(module):
    assert _declared(module) == {verb for verb, home in VERBS.items() if home == module}


@pytest.mark.parametrize("verb", ["migrate", "serve", "token", "backup", "import"])
def test_a_small_verb_reads_neither_the_pages_nor_the_solver(verb):
    script = f"import sys; from inspect_station import cli; cli._parser({verb!r}); print(*sys.modules, sep='\\n')"
    read = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(read)


def test_whoever_asks_for_help_sees_every_verb():
    shown = subprocess.run([sys.executable, "-m", "inspect_station", "--help"], capture_output=True, text=True)
    words = shown.stdout.split()
    assert shown.returncode == 0
    assert not [verb for verb in VERBS if verb not in words]


def test_an_unknown_verb_is_unusable_input():
    done = subprocess.run([sys.executable, "-m", "inspect_station", "fly"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "fly" in done.stderr


def _said(tmp_path, *words, **settings):
    environment = {**os.environ, "STATION_DATA_DIR": str(tmp_path / "data"), **settings}
    return subprocess.run(
        [sys.executable, "-m", "inspect_station", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_a_data_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    done = _said(tmp_path, "migrate")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "STATION_DATA_DIR" in done.stderr


def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path):
    done = _said(tmp_path, "migrate", STATION_DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/none")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "STATION_DATABASE_URL" in done.stderr
    assert ":x@" not in done.stderr


def test_what_the_command_line_writes_is_for_its_owner_alone(tmp_path):
    assert _said(tmp_path, "migrate").returncode == 0
    assert _said(tmp_path, "backup", str(tmp_path / "copy.zip")).returncode == 0
    made = [tmp_path / "data", tmp_path / "data" / "station.db", tmp_path / "copy.zip"]
    assert [oct(path.stat().st_mode & 0o077) for path in made] == ["0o0"] * 3


def test_after_a_change_of_the_key_reseal_says_whether_the_old_one_is_still_needed(tmp_path):
    old, new = "o" * 40, "n" * 40
    assert _said(tmp_path, "migrate", STATION_SECRET_KEY=old).returncode == 0
    done = _said(tmp_path, "reseal", STATION_SECRET_KEY=new, STATION_OLD_SECRET_KEYS=old)
    assert (done.returncode, done.stderr) == (0, "")
    assert "现在的密钥" in done.stdout
