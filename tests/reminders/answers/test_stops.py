"""When the works stand still: asked for in the letter, answered on the page behind its link, known to the plan."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.planning import service as planning
from inspect_station.reminders.answers import service
from inspect_station.reminders.models import Message
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.answers.park import Told, tell
from tests.reminders.park import in_days

ASKED = "停车检修安排在什么时候？"
SYSTEM = Actor.system()


def windows(cast: Cast) -> list[dict[str, Any]]:
    return planning.sites.windows(SYSTEM, TODAY, cast.jia.id)


def apply(told: Told, **more: Any) -> int:
    given = {"scope": "all", "phone": "13800000000", "shutdown": "1"}
    return told.answer("apply", given | more)


def test_a_letter_asks_for_the_standstill_nobody_has_told_and_leads_to_the_page(cast: Cast, tmp_path: Path) -> None:
    told = tell(cast, tmp_path)
    message = Message.get_by_id(told.message.id)
    assert ASKED in message.text
    assert ASKED in message.html
    assert service.secret_of(told.message, told.settings) not in message.text


def test_a_letter_does_not_ask_for_what_is_known(cast: Cast, tmp_path: Path) -> None:
    planning.sites.add(
        SYSTEM, cast.jia.id, sort="shutdown", first_on=date.fromisoformat(in_days(40)), last_on=date.fromisoformat(in_days(50)), now=NOW
    )  # fmt: skip
    assert ASKED not in Message.get_by_id(tell(cast, tmp_path).message.id).text


def test_a_standstill_named_in_an_application_is_the_enterprises_word_to_the_plan(cast: Cast, tmp_path: Path) -> None:
    told = tell(cast, tmp_path)
    apply(told, wished_from=in_days(30), wished_to=in_days(40))
    (window,) = windows(cast)
    assert (window["sort"], str(window["first_on"]), str(window["last_on"])) == ("shutdown", in_days(30), in_days(40))
    assert window["by_enterprise"]
    assert "答复通知 CJ" in window["note"]


@pytest.mark.parametrize(
    "more",
    [
        {"wished_from": in_days(30)},
        {"wished_from": in_days(30), "wished_to": in_days(40), "shutdown": ""},
    ],
)
def test_wishes_that_are_no_standstill_with_both_ends_make_no_window(
    cast: Cast, tmp_path: Path, more: dict[str, str]
) -> None:
    told = tell(cast, tmp_path)
    given = {k: v for k, v in more.items() if v}
    told.answer(
        "apply", {"scope": "all", "phone": "13800000000"} | ({"shutdown": "1"} if len(more) == 1 else {}) | given
    )
    assert windows(cast) == []


def test_a_standstill_known_already_stays_as_it_is(cast: Cast, tmp_path: Path) -> None:
    told = tell(cast, tmp_path)
    first, last = date.fromisoformat(in_days(25)), date.fromisoformat(in_days(45))
    number = planning.sites.add(
        SYSTEM, cast.jia.id, sort="shutdown", first_on=first, last_on=last, note="大修", now=NOW
    )  # fmt: skip
    apply(told, wished_from=in_days(30), wished_to=in_days(40))
    assert [w["id"] for w in windows(cast)] == [number]
