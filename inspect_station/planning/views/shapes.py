"""A plan's visits in the shapes its pages draw: months, weeks, days and people."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from inspect_station.planning.service import Visit, reading, words
from inspect_station.planning.words import DAY_BEGINS

clock_time = words.clock_time
NARROW = 8 * 60
"""Person-minutes: with less than a working day in reserve, one sick person or one longer visit upsets the day."""


def minute_of(text: str) -> int | None:
    """The minute of the inspection day behind a time of the clock; negative before it begins."""
    if not text:
        return None
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes) - DAY_BEGINS


def day_words(on: date) -> str:
    return f"{on.month}月{on.day}日 周{words.WEEKDAYS[on.weekday()]}"


def months(found: Sequence[Visit], plan: Any) -> list[dict[str, Any]]:
    able = reading.capacity(plan.instance)
    rows = reading.by_month(found, able, plan.instance["settings"]["level_tolerance_pct"])
    most = max((max(row["load"], row["room"]) for row in rows), default=1) or 1
    for row in rows:
        row["label"] = f"{row['month'][:4]} 年 {int(row['month'][5:])} 月"
        row["most"] = most
        row["hours"], row["room_hours"] = round(row["load"] / 60), round(row["room"] / 60)
        row["fair_hours"] = round(row["fair"] / 60)
        row["share"] = round(100 * row["load"] / row["room"]) if row["room"] else 0
    return rows


def weeks(found: Sequence[Visit], plan: Any, month: str) -> list[dict[str, Any]]:
    """The weeks that count for a month, each with its enterprises, load and room."""
    able = reading.capacity(plan.instance)
    begins = sorted({reading.monday(day) for day in able if reading.week_month(day) == month})
    made = []
    for begin in begins:
        end = begin + timedelta(days=6)
        own = [v for v in found if begin <= v.on <= end]
        room = sum(minutes for day, minutes in able.items() if begin <= day <= end)
        made.append(
            {
                "begin": begin,
                "end": end,
                "number": begin.isocalendar()[1],
                "firms": _firms(own),
                "hours": round(sum(v.work for v in own) / 60),
                "room_hours": round(room / 60),
                "share": round(100 * sum(v.work for v in own) / room) if room else 0,
                "workdays": sum(begin <= day <= end for day in able),
            }
        )
    return made


def _firms(own: Sequence[Visit]) -> list[dict[str, Any]]:
    by_firm: dict[int, list[Visit]] = {}
    for each in own:
        by_firm.setdefault(each.enterprise_id, []).append(each)
    return [
        {
            "id": number,
            "name": visits[0].enterprise,
            "days": sorted({v.on for v in visits}),
            "items": sum(v.count for v in visits),
            "done": sum(v.done for v in visits),
            "hours": round(sum(v.minutes for v in visits) / 60, 1),
            "people": sorted({name for v in visits for _, name in v.people}),
            "agreed": all(v.answer == "agreed" for v in visits),
            "countered": any(v.answer == "countered" for v in visits),
        }
        for number, visits in sorted(by_firm.items(), key=lambda pair: pair[1][0].on)
    ]


def week(found: Sequence[Visit], plan: Any, begin: date, names: Mapping[int, str]) -> dict[str, Any]:
    """One week as days by people: each person's blocks of each day in order of time, and who is away."""
    workdays = {date.fromisoformat(day) for day in plan.instance["workdays"]}
    days = [begin + timedelta(days=n) for n in range(7)]
    shown = [day for day in days if day.weekday() < 5 or day in workdays or any(v.on == day for v in found)]
    people = {int(p["id"]): p for p in plan.instance["inspectors"]}
    rows = []
    for number in sorted(people.keys() | {a for v in found for a, _ in v.people}, key=lambda n: names.get(n, "")):
        own = [v for v in found if any(a == number for a, _ in v.people)]
        away = people.get(number, {}).get("absent", [])
        rows.append(
            {
                "name": names.get(number, str(number)),
                "id": number,
                "minutes": sum(v.minutes for v in own),
                "daily": people.get(number, {}).get("daily_min", 0),
                "cells": [_cell([v for v in own if v.on == day], day, away) for day in shown],
            }
        )
    return {"days": [_day(day, day in workdays, found, plan) for day in shown], "rows": rows}


def _day(day: date, work: bool, found: Sequence[Visit], plan: Any) -> dict[str, Any]:
    """A day's head; `spare` is what is left of everybody's minutes, `narrow` where that is less than one person's day."""
    spare = reading.capacity(plan.instance).get(day, 0) - sum(v.work for v in found if v.on == day)
    return {
        "on": day,
        "words": day_words(day),
        "work": work,
        "spare": round(max(0, spare) / 60, 1),
        "narrow": work and spare < NARROW and any(v.on == day for v in found),
    }


def _cell(own: Sequence[Visit], day: date, away: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    gone = any(span["from"] <= day.isoformat() <= span["to"] for span in away)
    return {"on": day, "visits": own, "away": gone}
