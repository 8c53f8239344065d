"""甲's casework: one of everything, each carrying the word that 乙 must never meet."""

from typing import Any

from inspect_station.casework import service
from inspect_station.casework.models import Task
from tests.conftest import NOW, Cast
from tests.registry.park import CANARY, Things


def furnish_cases(cast: Cast, things: Things) -> dict[str, Any]:
    """Ids by the names the tenant matrix calls them: application, task …"""
    case = service.apply(
        cast.jia_user, cast.jia.id, [(things.equipment, "periodic")], source="portal", now=NOW, note=CANARY, contact=CANARY
    )  # fmt: skip
    service.deciding.accept(cast.inspector, case, now=NOW)
    return {"application": case, "task": Task.get(Task.application == case).id}
