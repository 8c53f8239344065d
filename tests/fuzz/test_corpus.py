"""Every input the fuzzer kept, and every one that once broke something, is played again."""

import pytest

from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS, seeds


@pytest.mark.parametrize("target", TARGETS)
def test_what_the_fuzzer_kept_breaks_no_promise(target: str) -> None:
    kept = corpus.read(target)
    assert kept, f"nothing is kept for {target}: make fuzz KEEP=1"
    for data in [*seeds(target), *kept]:
        TARGETS[target](data)
