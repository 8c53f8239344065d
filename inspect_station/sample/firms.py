"""The sample park's enterprises and their people."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.registry.identifiers import credit_code_check, initials
from inspect_station.sample import words

ROLES = ("safety_officer", "safety_director", "principal", "equipment_manager")


def firms(rng: random.Random, count: int, now: datetime) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows of `enterprise`, each with the profile that says what equipment it has."""
    taken: set[str] = set()
    for index in range(count):
        trade, profile = words.TRADES[index % len(words.TRADES)]
        short = _short_name(rng, taken)
        name = f"{rng.choice(words.PLACES)}{short}{trade}有限公司"
        row = {
            "name": name,
            "short_name": short + trade[:2],
            "initials": initials(name),
            "credit_code": credit_code(rng) if rng.random() < 0.9 else None,
            "address": f"连江县可门经济开发区{rng.choice('临港疏港金港')}路 {rng.randint(1, 288)} 号",
            "plot": f"{rng.choice(words.PLOTS)}{index + 1:02d}",
            "supervising_office": rng.choice(words.OFFICES),
            "created_at": now,
            "updated_at": now,
            "sample": True,
        }
        yield row, profile


def _short_name(rng: random.Random, taken: set[str]) -> str:
    while True:
        # Scaled parks need more names than two characters give.
        third = rng.choice(words.FIRST) if len(taken) > 300 else ""
        name = rng.choice(words.FIRST) + rng.choice(words.SECOND) + third
        if name not in taken or len(taken) > 15_000:
            taken.add(name)
            return name


def credit_code(rng: random.Random) -> str:
    """A code of the right form for an invented firm (GB 32100-2015)."""
    body = "91350122MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(7))
    return body + credit_code_check(body)


def contacts(rng: random.Random, enterprise_id: int, number: int, today: date, now: datetime) -> list[dict[str, Any]]:
    """Believable people: two to four roles, some without mail, one firm in thirty that nobody can reach."""
    if number % 30 == 29:
        return []
    chosen = ROLES[: rng.randint(2, 4)]
    rows = [_contact(rng, enterprise_id, role, today, now) for role in chosen]
    if rng.random() < 0.3:  # the one before, kept as history
        old = _contact(rng, enterprise_id, chosen[0], today, now)
        rows.append({**old, "ended_on": today - timedelta(days=rng.randint(30, 400)), "end_reason": "已离职"})
    return rows


def _contact(rng: random.Random, enterprise_id: int, role: str, today: date, now: datetime) -> dict[str, Any]:
    return {
        "enterprise": enterprise_id,
        "role": role,
        "name": rng.choice(words.SURNAMES) + rng.choice(words.GIVEN),
        "mobile": f"1{rng.choice('35789')}{rng.randint(0, 999_999_999):09d}",
        "phone": f"0591-2{rng.randint(0, 9_999_999):07d}" if rng.random() < 0.3 else "",
        "email": f"ehs{enterprise_id}.{role[:2]}@example.com" if rng.random() < 0.85 else "",
        "receives_reminders": role in {"safety_officer", "safety_director"},
        "started_on": today - timedelta(days=rng.randint(400, 2500)),
        "ended_on": None,
        "end_reason": "",
        "source": "示例数据",
        "created_at": now,
    }
