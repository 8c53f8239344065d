"""The ladder and the hours as a person types them."""

import re
from collections.abc import Mapping
from typing import Any

from inspect_station.errors import InvalidInput
from inspect_station.reminders.policies import Policy
from schedules import hours as law_hours
from schedules import ladder as law
from schedules.terms import Clock

WEEKDAYS = [(0, "星期一"), (1, "星期二"), (2, "星期三"), (3, "星期四"), (4, "星期五")]
STEPS_MOST = 12
_SEPARATORS = re.compile(r"[、,，;；/\s天]+")
_TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")
_NUMBERS = {
    "overdue_every_days": (1, 60, "超期后每几天重复"),
    "forbidden_every_days": (1, 60, "禁用设备每几天重复"),
    "urgent_within_days": (0, 90, "几天以内算急"),
    "letters_every_days": (1, law.EVERY_MOST, "集中信每几天一封"),
    "letters_most_a_week": (1, 7, "七天里至多几封"),
}
LABELS = {
    "steps": "提醒阶梯",
    "opens": "开始",
    "closes": "结束",
    "weekday": "集中发信日",
    "agreed": "约定的依据",
    **{name: label for name, (_, _, label) in _NUMBERS.items()},
    **{f"more_{clock}": clock.label for clock in Clock},
}


def form_of(policy: Policy) -> dict[str, Any]:
    """The fields of the form, filled with a policy."""
    return {
        "steps": _joined(policy.ladder.steps),
        **{f"more_{clock}": _joined(policy.ladder.more.get(clock, ())) for clock in Clock},
        **{name: getattr(policy.ladder, name) for name in _NUMBERS},
        "weekday": "" if policy.weekday is None else policy.weekday,
        **law_hours.to_table(policy.hours),
    }


def _joined(days: tuple[int, ...]) -> str:
    return "、".join(str(day) for day in sorted(days, reverse=True))


def read(given: Mapping[str, str]) -> Policy:
    """What was typed. Raises `InvalidInput` naming every field that does not fit."""
    wrong: dict[str, list[str]] = {}
    steps = _days(given, "steps", wrong, required=True)
    more = {clock: days for clock in Clock if (days := _days(given, f"more_{clock}", wrong))}
    numbers = {name: _number(given, name, wrong) for name in _NUMBERS}
    sending = _hours(given, wrong)
    if wrong:
        first = next(iter(wrong))
        raise InvalidInput(f"{LABELS[first]}：{wrong[first][0]}。", wrong)
    weekday = int(given["weekday"]) if given.get("weekday") in {"0", "1", "2", "3", "4"} else None
    return Policy(law.Ladder(steps, more, **numbers), sending, weekday)


def _days(
    given: Mapping[str, str], name: str, wrong: dict[str, list[str]], required: bool = False
) -> tuple[int, ...]:
    words = [word for word in _SEPARATORS.split(given.get(name, "").strip()) if word]
    if required and not words:
        wrong[name] = ["请写出提前多少天提醒，例如 90、60、30、15、7、0"]
    unfit = [word for word in words if not (word.isascii() and word.isdigit() and int(word[:6]) <= 730)]
    if unfit:
        wrong[name] = [f"“{unfit[0][:20]}”应为 0 到 730 的整数（提前的天数），几个数用顿号隔开"]
    elif len(set(words)) > STEPS_MOST:
        wrong[name] = [f"最多 {STEPS_MOST} 步，再多企业就不看了"]
    return () if name in wrong else tuple(sorted({int(word) for word in words}, reverse=True))


def _number(given: Mapping[str, str], name: str, wrong: dict[str, list[str]]) -> int:
    least, most, _ = _NUMBERS[name]
    text = given.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and least <= int(text[:6]) <= most):
        wrong[name] = [f"应为 {least} 到 {most} 的整数"]
        return least
    return int(text)


def _hours(given: Mapping[str, str], wrong: dict[str, list[str]]) -> law_hours.Hours:
    table: dict[str, Any] = {"workdays_only": given.get("workdays_only") == "1"}
    for name, default in (("opens", "00:00"), ("closes", "24:00")):
        text = given.get(name, "").strip() or default
        match = _TIME.fullmatch(text)
        if match:
            table[name] = f"{int(match[1]):02}:{match[2]}"
        elif name == "closes" and text in {"24:00", "24：00"}:
            table[name] = "24:00"
        else:
            wrong[name] = ["时间应写成 08:00 的样子"]
    if "opens" in wrong or "closes" in wrong:
        return law_hours.Hours()
    try:
        return law_hours.from_table(table)
    except law_hours.HoursError:
        wrong["closes"] = ["结束应比开始至少晚一小时"]
        return law_hours.Hours()


def words_of(policy: Policy) -> str:
    """A policy in one line, for lists."""
    parts = [f"提前 {_joined(policy.ladder.steps)} 天", f"超期后每 {policy.ladder.overdue_every_days} 天"]
    if policy.weekday is not None:
        parts.append(f"{WEEKDAYS[policy.weekday][1]}集中发信")
    return "；".join([*parts, rhythm_words(policy), hours_words(policy)])


def rhythm_words(policy: Policy) -> str:
    """How often one recipient is written to."""
    ladder = policy.ladder
    return f"集中信每 {ladder.letters_every_days} 天至多一封，连急的七天里至多 {ladder.letters_most_a_week} 封（新发现超期的可多一封）"


def hours_words(policy: Policy) -> str:
    if policy.hours.is_always:
        return "邮件随时可发，短信和群机器人 08:00–20:00"
    held = law_hours.to_table(policy.hours)
    return f"{held['opens']}–{held['closes']} 发信{'，只在工作日' if policy.hours.workdays_only else ''}"
