"""Two firms with one thing of every sort each. What is 甲's carries the word canary, which 乙 must never meet."""

from dataclasses import dataclass
from pathlib import Path

from inspect_station.accounts.scope import Actor
from inspect_station.registry import service
from tests.conftest import NOW, TODAY, Cast

CANARY = "金丝雀canary"


@dataclass
class Things:
    """Ids of what one firm has."""

    enterprise: int
    equipment: int
    installation: int
    inspection: int
    extension: int
    contact: int
    document: int


def furnish(cast: Cast, files_dir: Path, word: str = CANARY) -> Things:
    """甲's things."""
    return _furnish(cast.inspector, cast.jia.id, files_dir, word)


def _furnish(actor: Actor, firm: int, files_dir: Path, word: str) -> Things:
    at = {"now": NOW, "today": TODAY}
    vessel = {
        "enterprise": firm,
        "catalogue_code": "2150",
        "name": f"{word}储罐",
        "own_number": f"{word}-1",
        "certificate_number": f"容15闽{word}",
        "traits": {"material": "metal"},
        "technical": {"介质": f"{word}氨"},
        "made_on": "2018-01-10",
        "put_into_use_on": "2018-03-15",
    }
    device = service.equipment.create(actor, vessel, **at)
    pipes = {"enterprise": firm, "form": "installation", "catalogue_code": "8310", "name": f"{word}管廊"}
    done = {
        "clock": "periodic",
        "completed_on": "2024-03-01",
        "conclusion": "符合要求",
        "grade": 2,
        "next_due": "2027-03",
    }
    longer = {"clock": "periodic", "until": "2027-09-30", "document": f"{word}文", "reason": "连续运行"}
    person = {"role": "safety_officer", "name": f"{word}林", "mobile": "13812345678"}
    return Things(
        enterprise=firm,
        equipment=device,
        installation=service.equipment.create(actor, pipes, **at),
        inspection=service.inspections.record(actor, device, {**done, "report_number": f"{word}报告"}, **at),
        extension=service.extensions.record(actor, device, longer, **at),
        contact=service.contacts.add(actor, firm, person, **at),
        document=service.documents.add(
            actor,
            device,
            title=f"{word}报告",
            file_name="a.pdf",
            content=f"%PDF-{word}".encode(),
            files_dir=files_dir,
            now=NOW,
        ),
    )
