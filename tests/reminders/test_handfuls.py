"""Letters that a sender takes together: one is in hand, the others are set aside until their turn."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.notices import pdf
from inspect_station.reminders import claiming, delivery, recording, service
from inspect_station.reminders.channels import MailChannel, Outgoing
from inspect_station.reminders.models import Attempt, Message, OwedStep
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, vessel
from tests.reminders.smtp import Postbox

PEOPLE = [f"p{n}@jia.example" for n in range(1, 8)]


def owing(cast: Cast, box: Postbox, tmp_path: Path, people: int) -> Settings:
    """One vessel of 甲, and a letter about it to so many people."""
    vessel(cast.jia, in_days(10))
    for address in PEOPLE[:people]:
        contact(cast.jia, address)
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    return config


def taken(config: Settings, most: int, now: datetime = NOW) -> list[Message]:
    hand = claiming.claim(config, now, "here:1/0", most=most)
    assert hand is not None
    return [one.message for one in hand.letters]


def states() -> list[tuple[str, bool, int]]:
    return list(Message.select(Message.state, Message.doubtful, Message.tries).order_by(Message.id).tuples())


def steps() -> list[str]:
    return [state for (state,) in OwedStep.select(OwedStep.state).order_by(OwedStep.id).tuples()]


def test_of_the_letters_a_dead_sender_had_taken_only_the_one_in_hand_is_doubtful(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owing(cast, box, tmp_path, 3)
    first, _, _ = taken(config, 3)
    assert claiming.begin(first)
    assert service.deliver(config, NOW + timedelta(minutes=11)) == {"interrupted": 1, "sent": 3}
    assert states() == [("sent", True, 2), ("sent", False, 1), ("sent", False, 1)]
    assert [a.message_id for a in Attempt.select().where(Attempt.outcome == "interrupted")] == [first.id]


def test_the_turn_of_the_next_letter_comes_with_the_record_of_the_one_before(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    first, second = taken(owing(cast, box, tmp_path, 2), 2)
    assert claiming.begin(first)
    assert recording.record_sent(first, "250", NOW, second) == ("sent", True)
    assert states() == [("sent", False, 1), ("claimed", False, 1)]
    assert not Message.get_by_id(second.id).set_aside
    assert recording.record_sent(second, "250", NOW) == ("sent", False)
    assert steps() == ["sent", "sent"]


def test_a_pause_between_two_letters_of_a_hand_holds_the_second(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    first, second = taken(owing(cast, box, tmp_path, 2), 2)
    assert claiming.begin(first)
    service.pause(Actor.system(), "by_hand", NOW)
    assert recording.record_sent(first, "250", NOW, second) == ("sent", False)
    assert not claiming.begin(second)
    claiming.give_back([second])
    assert states() == [("sent", False, 1), ("queued", False, 0)]
    assert steps() == ["sent", "queued"]


def test_a_sender_gives_back_what_it_may_not_send_and_counts_no_try(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = owing(cast, box, tmp_path, 7)
    real = recording.record_sent

    def pause_after_the_fourth(*given: object) -> tuple[str, bool]:
        if len(box.arrived) == 4:  # hands of one, two and four: three of the last are still set aside
            service.pause(Actor.system(), "by_hand", NOW)
        return real(*given)

    monkeypatch.setattr(recording, "record_sent", pause_after_the_fourth)
    assert service.deliver(config, NOW) == {"sent": 4}
    assert states() == [("sent", False, 1)] * 4 + [("queued", False, 0)] * 3
    assert steps() == ["sent"] * 4 + ["queued"] * 3
    service.resume(Actor.system(), NOW)
    assert service.deliver(config, NOW) == {"sent": 3}
    assert box.recipients() == PEOPLE


def test_a_sender_asked_to_stop_in_the_middle_of_a_hand_ends_with_the_letter_it_is_at(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = owing(cast, box, tmp_path, 7)
    asked, real = threading.Event(), MailChannel.send
    monkeypatch.setattr(delivery, "stopping", asked)

    def ask_after_the_fourth(channel: MailChannel, letter: Outgoing) -> str:
        words = real(channel, letter)
        if len(box.arrived) == 4:
            asked.set()
        return words

    monkeypatch.setattr(MailChannel, "send", ask_after_the_fourth)
    assert service.deliver(config, NOW) == {"sent": 4}
    assert states() == [("sent", False, 1)] * 4 + [("queued", False, 0)] * 3


def test_a_server_that_closes_its_doors_is_not_asked_for_the_rest_of_the_hand(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owing(cast, box, tmp_path, 7)
    box.will_answer(PEOPLE[3], "421 4.3.2 closing")
    assert service.deliver(config, NOW) == {"sent": 3, "failed": 1}
    assert states() == [("sent", False, 1)] * 3 + [("failed", False, 1)] + [("queued", False, 0)] * 3
    assert service.deliver(config, NOW + timedelta(minutes=2)) == {"sent": 4}


def test_letters_set_aside_too_long_are_looked_at_anew(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = owing(cast, box, tmp_path, 3)
    monkeypatch.setattr(delivery, "_STALE_SECONDS", -1.0)
    run = delivery._Run(config, NOW, 10)
    hand = claiming.claim(config, NOW, "here:1/0", most=3)
    assert hand is not None
    assert list(run._work_off(hand.letters, {})) == []
    assert states() == [("queued", False, 0)] * 3


def test_a_letter_whose_facts_are_broken_waits_alone_and_the_others_go(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owing(cast, box, tmp_path, 3)
    OwedStep.update(facts={}).where(OwedStep.recipient == PEOPLE[1]).execute()
    assert service.deliver(config, NOW) == {"sent": 2, "failed": 1}
    waiting = Message.get(Message.recipient == PEOPLE[1])
    assert (waiting.state, waiting.doubtful, waiting.set_aside) == ("failed", False, False)
    assert waiting.reason == "这封提醒写不出来（KeyError），请联系系统维护人员"
    assert steps() == ["sent", "failed", "sent"]


def test_a_letter_that_cannot_be_worded_for_days_becomes_a_call(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owing(cast, box, tmp_path, 1)
    OwedStep.update(facts={}).execute()
    Message.update(tries=9, queued_at=NOW - timedelta(days=6)).execute()
    assert service.deliver(config, NOW) == {"refused": 1}
    assert OwedStep.select().where(OwedStep.channel == "phone", OwedStep.state == "queued").count() == 1


def test_a_letter_whose_notice_cannot_be_set_waits_alone_and_is_not_doubtful(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(cast, box, tmp_path, 2)
    config = box.settings(tmp_path, mail_pdf=True)
    real, broken = pdf.render_sheets, iter([True])

    def render(*given: object) -> bytes:
        if next(broken, False):
            raise RuntimeError("no such font")
        return real(*given)

    monkeypatch.setattr(pdf, "render_sheets", render)
    assert service.deliver(config, NOW) == {"sent": 1, "failed": 1}
    assert states() == [("failed", False, 1), ("sent", False, 1)]
    assert (
        Message.get(Message.state == "failed").reason == "这封提醒的附件做不出来（RuntimeError），请联系系统维护人员"
    )


@pytest.mark.parametrize(
    ("now", "seconds", "then"),
    [(1, 0.05, 2), (2, 0.1, 4), (4, 0.2, 8), (8, 0.4, 8), (8, 3.0, 4), (4, 30.0, 2), (1, 30.0, 1)],
)
def test_a_sender_takes_more_where_letters_go_fast_and_one_where_a_server_is_slow(
    now: int, seconds: float, then: int
) -> None:
    assert delivery._next_handful(now, seconds) == then


def test_a_letter_another_sender_has_meanwhile_is_not_begun(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owing(cast, box, tmp_path, 2)
    first, second = taken(config, 2)
    later = NOW + timedelta(minutes=11)
    assert claiming.recover(later) == 0
    hand = claiming.claim(config, later, "there:2/0", most=2)
    assert hand is not None
    assert not claiming.begin(first)
    assert recording.record_sent(first, "250", later, second) == ("sent", False)
    claiming.give_back([second])  # not ours: nothing happens
    assert [m.claimed_by for m in Message.select().order_by(Message.id)] == ["there:2/0"] * 2
