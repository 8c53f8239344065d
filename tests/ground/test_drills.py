"""The drills' table of contents."""

from drills.__main__ import ALONE, APART, LANES, ROWS


def test_every_row_of_the_drills_runs_once_beside_others_or_alone() -> None:
    assert sorted([name for lane in (*LANES, *APART) for name in lane] + [*ALONE]) == sorted(ROWS)
