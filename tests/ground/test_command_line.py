"""The table of verbs, and what a verb has to read before it works."""

import argparse
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
