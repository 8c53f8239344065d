"""The sample park's devices and their inspections, as rows; the believable mess is made on purpose."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.registry.identifiers import initials
from inspect_station.sample import words
from inspect_station.sample.recipes import Recipe
from schedules.dates import add_months

_STATION = "福建省特种设备检验研究院可门检验站"


@dataclass
class Made:
    """A device's row and what its history is made from."""

    recipe: Recipe
    row: dict[str, Any]
    used_on: date


def device(rng: random.Random, recipe: Recipe, enterprise_id: int, number: int, today: date, now: datetime) -> Made:
    """One device; `number` counts within the firm."""
    made_on = today - timedelta(days=rng.randint(500, 6500))
    used_on = made_on + timedelta(days=rng.randint(60, 360))
    code = recipe.code
    name = rng.choice(recipe.names)
    row = {
        "enterprise": enterprise_id,
        "form": recipe.form,
        "catalogue_code": code,
        "name": name,
        "initials": initials(name),
        "own_number": _own_number(rng, recipe, number),
        "maker": rng.choice(words.MAKERS),
        "maker_number": f"{made_on.year}-{rng.randint(1, 9999):04d}",
        "device_code": f"{code}3501{rng.randint(0, 9)}{made_on.year}{rng.randint(0, 99_999):05d}"
        if recipe.form == "device"
        else "",
        "registration_code": "",
        "certificate_number": _certificate(rng, recipe, enterprise_id, number, used_on),
        "line_number": f"{recipe.prefix}-{number:04d}" if recipe.form == "line" else "",
        "location": f"{rng.choice('一二三四五')}车间{rng.choice(('', '罐区', '泵房', '管廊', '屋面'))}",
        "quantity": rng.randint(20, 400) if recipe.form == "batch" else 1,
        "length_mm": rng.randint(4, 900) * 1000 if recipe.form == "line" else None,
        "technical": {label: rng.choice(values) for label, values in recipe.technical.items()} or None,
        "traits": _traits(rng, recipe) or None,
        **_status(rng, today),
        "made_on": made_on.isoformat()[:7] if rng.random() < 0.3 else made_on.isoformat(),
        # One in a hundred has no date and no report at all: 缺日期, the inspector's first errand.
        "put_into_use_on": None if rng.random() < 0.01 else used_on.isoformat(),
        "design_life_years": rng.choice((10, 15, 20)) if code.startswith("21") and rng.random() < 0.3 else None,
        "exempt_by_design": code.startswith("21") and rng.random() < 0.004,
        "source": "示例数据",
        "created_at": now,
        "updated_at": now,
        "sample": True,
        "parent": None,
    }
    return Made(recipe, row, used_on)


def _own_number(rng: random.Random, recipe: Recipe, number: int) -> str:
    if rng.random() < 0.04:
        return ""
    return f"{recipe.prefix}-{number:04d}" + ("A/B" if rng.random() < 0.05 else "")


def _certificate(rng: random.Random, recipe: Recipe, firm: int, number: int, used_on: date) -> str:
    letter = {"1": "锅", "2": "容", "8": "管"}.get(recipe.code[0], "")
    if not letter or rng.random() < 0.06:
        return ""
    brackets = "（{}）" if rng.random() < 0.2 else "({})"
    return f"{letter}{recipe.code[1]}{recipe.code[2]}闽A{firm % 100:02d}{number:04d}" + brackets.format(
        f"{used_on.year % 100:02d}"
    )


def _traits(rng: random.Random, recipe: Recipe) -> dict[str, Any]:
    traits = dict(recipe.traits)
    if recipe.code in {"8310", "8330"} and rng.random() > 0.03:
        traits["pipe_grade"] = rng.choices(("GC1", "GC2", "GC3", "GCD"), (25, 55, 14, 6))[0]
    if recipe.code == "8210":
        traits |= {"pipe_grade": rng.choice(("GB1-III", "GB1-IV")), "pipe_material": rng.choice(("steel", "pe"))}
    if recipe.code == "7310":
        traits["on"] = rng.choices(("vessel", "boiler", "pipe"), (70, 12, 18))[0]
    if recipe.code == "F000":
        traits |= {"accessory": "gauge", "on": "vessel"}  # without its sort an F000 has no rule
    return traits


def _status(rng: random.Random, today: date) -> dict[str, Any]:
    draw = rng.random()
    plain = {"status": "in_use", "stopped_on": None, "unregistered": draw > 0.985}
    if draw < 0.03:
        return {
            **plain,
            "status": "stopped",
            "stopped_on": (today - timedelta(days=rng.randint(40, 900))).isoformat(),
        }
    if draw < 0.04:
        return {**plain, "status": rng.choice(("scrapped", "dismantled", "cancelled"))}
    return {**plain, "status": "not_yet_in_use"} if draw < 0.046 else plain


def inspections(
    rng: random.Random, made: Made, equipment_id: int, today: date, now: datetime
) -> Iterator[dict[str, Any]]:
    """Two years of inspections of every clock, the last one so that its next date lies where most real ones do."""
    if made.row["status"] == "not_yet_in_use" or not made.row["put_into_use_on"]:
        return
    for clock, months in made.recipe.clocks:
        grade = _grade(rng, made.recipe, clock)
        months = {3: 36, 4: 12}.get(grade or 0, months)
        due = today + timedelta(days=_days_left(rng, months))
        while due > today - timedelta(days=730):
            done = add_months(due, -months)
            answered = done + timedelta(days=_days_early(rng))
            if made.used_on < done <= today:
                yield _inspection(rng, made, equipment_id, clock, done, due, answered, grade, now)
            due = answered


def _days_early(rng: random.Random) -> int:
    """How long before the date it answered an inspection was done; one in twelve came too late."""
    return -rng.randint(1, 60) if rng.random() < 0.08 else rng.randint(0, 25)


def _days_left(rng: random.Random, months: int) -> int:
    """Days from today to the due date: a few overdue, a few at hand, most spread over the interval."""
    draw = rng.random()
    if draw < 0.012:
        return -rng.randint(1, 70)
    if draw < 0.04:
        return rng.randint(0, 30)
    if draw < 0.09:
        return rng.randint(31, 90)
    return rng.randint(91, max(92, months * 30 - 10))


def _grade(rng: random.Random, recipe: Recipe, clock: str) -> int | None:
    if recipe.graded != clock or recipe.code == "2230":
        return None
    return rng.choices((1, 2, 3, 4, 5), (80, 775, 135, 9, 1))[0]


def _inspection(
    rng: random.Random,
    made: Made,
    equipment_id: int,
    clock: str,
    done: date,
    due: date,
    answered: date,
    grade: int | None,
    now: datetime,
) -> dict[str, Any]:
    good, bad = made.recipe.words
    failed = grade == 5 or rng.random() < 0.0006
    light = clock == "annual"
    return {
        "equipment": equipment_id,
        "clock": clock,
        "completed_on": done.isoformat(),
        "conclusion": bad if failed else None if rng.random() < 0.015 else good,
        "grade": grade,
        "next_due": None if failed else _printed(rng, due, light),
        "report_number": f"KM{done.year}-{made.recipe.code}-{rng.randint(1, 99_999):05d}",
        "inspectors": rng.choice(("陈检、林验", "郑规、黄测", "企业自检")) if light else "陈检、林验",
        "institution": "" if light else _STATION,
        "answered_due": answered.isoformat(),
        "source": "示例数据",
        "recorded_at": now,
    }


def extension(
    made: Made, equipment_id: int, done: dict[str, Any], today: date, now: datetime
) -> dict[str, Any] | None:
    """A deep inspection put off for the next overhaul, where its printed date lies just ahead."""
    on = done["next_due"]
    deep = made.recipe.graded == done["clock"]
    if not deep or not on or len(on) < 10 or not today <= date.fromisoformat(on) <= today + timedelta(days=120):
        return None
    return {
        "equipment": equipment_id,
        "clock": done["clock"],
        "until": add_months(date.fromisoformat(on), 6).isoformat(),
        "granted_on": (today - timedelta(days=20)).isoformat(),
        "document": f"连市监特延〔{today.year}〕{equipment_id % 90 + 1:02d}号",
        "reason": "装置连续运行，随明年大修一并检验",
        "source": "示例数据",
        "recorded_at": now,
    }


def _printed(rng: random.Random, due: date, light: bool) -> str | None:
    """The date as the report prints it: a day, sometimes the month only, sometimes none."""
    draw = rng.random()
    if draw < (0.5 if light else 0.06):
        return None
    return due.isoformat()[:7] if draw > 0.85 else due.isoformat()
