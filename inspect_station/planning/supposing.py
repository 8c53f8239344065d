"""What if: an instance under suppositions, beside the true one."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from inspect_station.planning import errands

Json = dict[str, Any]
WHAT_IFS = ("absent", "shift", "more_pct")


def is_what_if(changes: Mapping[str, Any] | None) -> bool:
    """Whether something is supposed that is not so; taking rounds into the plan is none."""
    return any((changes or {}).get(name) for name in WHAT_IFS)


def supposing(instance: Json, changes: Mapping[str, Any]) -> Json:
    """The instance under suppositions: `absent` {person, from, to}, `shift` {enterprise, days}, `more_pct`."""
    if absent := changes.get("absent"):
        for each in instance["inspectors"]:
            if each["id"] == str(absent["person"]):
                each["absent"].append({"from": absent["from"], "to": absent["to"]})
    if shift := changes.get("shift"):
        _shift(instance, str(shift["enterprise"]), int(shift["days"]))
    if more := int(changes.get("more_pct") or 0):
        _more(instance, more)
    return instance


def _shift(instance: Json, enterprise: str, days: int) -> None:
    for each in instance["enterprises"]:
        if each["id"] == enterprise:
            for span in each["shutdowns"]:
                for end in ("from", "to"):
                    span[end] = (date.fromisoformat(span[end]) + timedelta(days=days)).isoformat()


def _more(instance: Json, percent: int) -> None:
    """So many more devices of the same kinds at the same enterprises: every n-th item once more."""
    items = [item for item in instance["items"] if not errands.is_errand(item)]
    extra = [items[n * 100 // percent] for n in range(len(items) * percent // 100)]
    instance["items"] = instance["items"] + [{**item, "id": f"{item['id']}+"} for item in extra]
