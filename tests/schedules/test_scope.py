"""Is it special equipment at all: the cases of scope.toml, and what every answer must carry."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from schedules import scope
from schedules.terms import Verified

CASES = tomllib.loads((Path(__file__).parent / "scope.toml").read_text(encoding="utf-8"))["case"]


def facts_of(case):
    return {k: v if k == "medium" else Decimal(v) for k, v in case["facts"].items()}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_the_catalogue_answers_as_the_case_says(case):
    answer = scope.judge(case["kind"], facts_of(case))
    assert answer.verdict == case["verdict"]
    assert list(answer.missing) == case.get("missing", [])
    assert bool(answer.codes) == (case["verdict"] == "yes")


def test_every_answer_says_what_it_rests_on_and_how_sure_that_is():
    for kind in scope.catalogue().kinds:
        answer = scope.judge(kind, {})
        assert answer.verdict == "unclear"
        assert answer.document.startswith("特种设备目录")
        assert answer.verified is Verified.SECONDARY
        assert answer.reasons[-1] == scope.catalogue().remark


def test_the_reasons_name_value_and_threshold_with_their_units():
    answer = scope.judge("vessel", {"pressure_mpa": Decimal("0.05")})
    assert answer.reasons[0] == "最高工作压力（表压） 0.05 MPa，低于下限 0.1 MPa。"


def test_floats_are_not_rounded_over_a_threshold():
    answer = scope.judge("cylinder", {"pressure_mpa": Decimal("0.3"), "volume_l": Decimal("3.3"), "medium": "gas"})
    assert answer.verdict == "no"  # 0.99
