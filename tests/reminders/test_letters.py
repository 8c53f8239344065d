"""What a letter says of a date: how sure it is, whose duty it is, and the figures first."""

from pathlib import Path

import pytest

from inspect_station.registry.models import EquipmentTouched, Inspection
from inspect_station.reminders import letter, service
from inspect_station.reminders.models import Message
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import FAR, contact, in_days, vessel
from tests.reminders.smtp import Postbox

A = "a@jia.example"
LAW = "第四十条"
OWN = "请尽快补做"
STOP = "请停止使用"
MARK = "待核实"


def sent(
    cast: Cast, box: Postbox, tmp_path: Path, *, periodic: str, annual: str | None = FAR
) -> tuple[str, str, str]:
    """Subject, text and HTML of the letter about one vessel with these dates; None: it says nothing of a next date."""
    device = vessel(cast.jia, periodic)
    Inspection.update(next_due=annual).where(Inspection.equipment == device, Inspection.clock == "annual").execute()
    EquipmentTouched.insert(equipment=device).on_conflict_ignore().execute()
    contact(cast.jia, A)
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    ((_, mail),) = box.arrived
    parts = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return (str(mail["Subject"]), *parts)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("periodic", "annual", "there", "not_there"),
    [
        (in_days(-40), FAR, (STOP, LAW), (OWN,)),
        (FAR, in_days(-40), (OWN,), (STOP, LAW)),
        (in_days(-40), in_days(-40), (STOP, OWN, LAW), ()),
    ],
    ids=["a statutory inspection", "the firm's own yearly check", "both"],
)
def test_only_a_statutory_inspection_that_is_late_forbids_the_use(
    cast: Cast, box: Postbox, tmp_path: Path, periodic: str, annual: str, there: tuple[str], not_there: tuple[str]
) -> None:
    _, *parts = sent(cast, box, tmp_path, periodic=periodic, annual=annual)
    for words in parts:
        assert [w for w in there if w not in words] == []
        assert [w for w in not_there if w in words] == []


def test_a_date_that_rests_on_an_unread_rule_is_marked_and_one_of_a_report_is_not(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    # The yearly check of 2026-05-01 names no next date: the rule makes it 2027-05-01, of which nothing is said today.
    _, text, html = sent(cast, box, tmp_path, periodic=in_days(10), annual=None)
    assert MARK not in text + html
    Inspection.update(completed_on="2025-12-01").where(Inspection.clock == "annual").execute()
    EquipmentTouched.insert(equipment=Inspection.get().equipment_id).on_conflict_ignore().execute()
    config = box.settings(tmp_path)
    later = TODAY.replace(day=30)
    service.tick(config, later, NOW.replace(day=30))
    service.deliver(config, NOW.replace(day=30))
    _, mail = box.arrived[-1]
    for kind in ("plain", "html"):
        words = mail.get_body((kind,)).get_content()
        assert "注有“待核实”的，按规则推算" in words
        assert words.count(MARK) == 2  # beside the one date, and where the mark is explained


def test_an_undetermined_date_that_has_passed_names_the_day_its_days_are_counted_from() -> None:
    facts = {
        "answer": "undetermined", "on": "2022-05-01", "late_on": "2026-11-12", "precision": "day", "why": "",
        "done_by": "institution",
    }  # fmt: skip
    device = {
        "id": 1, "form": "single", "name": "换热器", "parent_name": None, "certificate_number": "", "parent_certificate": None,
        "line_number": "", "own_number": "", "location": "", "parent_id": None, "to_verify": (),
    }  # fmt: skip
    late = letter.item_of(facts, "periodic", device, TODAY)
    assert (late.due, late.days) == ("2026-11-12（待确定，最晚）", "超期 10 天")
    open_still = letter.item_of(facts | {"late_on": "2027-05-01"}, "periodic", device, TODAY)
    assert (open_still.due, open_still.days) == ("2022-05-01（待确定，最早）", "")


def test_the_figures_stand_before_the_name_so_that_a_phone_shows_them(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    cast.jia.name = "福建省福州市连江县可门经济开发区甲化工新材料科技股份有限公司"
    cast.jia.save()
    subject, _, _ = sent(cast, box, tmp_path, periodic=in_days(-1))
    assert subject == f"催检通知：1 项已超期（{cast.jia.name}）"
    assert Message.get().subject == subject
