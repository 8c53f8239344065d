"""甲's casework: one of everything, each carrying the word that 乙 must never meet."""

from datetime import date
from pathlib import Path
from typing import Any

from inspect_station.casework import service
from inspect_station.casework.models import ApplicationFile, CaseFile, Reason, ReportItem, Task
from tests.casework.pictures import photo
from tests.conftest import NOW, Cast
from tests.registry.park import CANARY, Things


def furnish_cases(cast: Cast, things: Things, files_dir: Path) -> dict[str, Any]:
    """Ids by the names the tenant matrix calls them: application, task …"""
    wish = {"note": CANARY, "contact": CANARY}
    case = service.apply(
        cast.jia_user, cast.jia.id, [(things.equipment, "periodic")], source="portal", now=NOW, **wish
    )
    papers = service.attachments.check_all([(f"{CANARY}.pdf", b"%PDF-1.7 " + CANARY.encode())])
    service.attachments.add(cast.jia_user, case, papers, files_dir=files_dir, now=NOW)
    service.deciding.accept(cast.inspector, case, now=NOW)
    task = Task.get(Task.application == case).id
    checked = {"clock": "annual", "completed_on": "2026-11-01", "conclusion": "符合要求", "institution": CANARY}
    report = service.results.record(
        cast.inspector,
        [things.equipment],
        {**checked, "report_number": f"{CANARY}报告二"},
        now=NOW,
        files_dir=files_dir,
        pictures=[("a.jpg", photo(40, 30))],
    )
    wrong = {"clock": "periodic", "problem": f"{CANARY}腐蚀", "deadline": date(2026, 12, 20)}
    finding = service.findings.draft(cast.inspector, things.equipment, wrong, now=NOW)
    service.findings.issue(cast.inspector, finding, now=NOW)
    asked = {
        "clock": "periodic",
        "until": date(2028, 1, 1),
        "reason": CANARY,
        "measures": CANARY,
        "approved_by": CANARY,
    }
    postponement = service.postponing.ask(cast.jia_user, things.equipment, asked, now=NOW)
    return {
        "finding": finding,
        "postponement": postponement,
        "reason": Reason.get().id,
        "application": case,
        "attachment": ApplicationFile.get(ApplicationFile.application == case).id,
        "task": task,
        "report": report,
        "inspected": ReportItem.get(ReportItem.report == report).inspection_id,
        "photo": CaseFile.get(CaseFile.owner == "result", CaseFile.owner_id == report).id,
    }
