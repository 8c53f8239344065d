"""Dates a person types: to the day, or only to the month."""

from datetime import date

from schedules.dates import Day

_SENTENCE = "日期应写成 2026-11-22，只知道月份时写成 2026-11"


class Problems(dict[str, list[str]]):
    """Sentences gathered for each field."""

    def add(self, field: str, sentence: str) -> None:
        self.setdefault(field, []).append(sentence)


def read(text: str | None, field: str, problems: Problems, *, to_the_day: bool = False) -> Day | None:
    """The date, or None with a sentence in `problems` where there is one but it is not readable."""
    if not text:
        return None
    try:
        day = Day.parse(text)
    except ValueError:
        problems.add(field, _SENTENCE if not to_the_day else "日期应写成 2026-11-22 的样子")
        return None
    if to_the_day and day.is_month:
        problems.add(field, "须精确到日，例如 2026-11-22")
        return None
    return day


def not_in_future(day: Day | None, today: date, field: str, problems: Problems) -> None:
    if day and day.first > today:
        problems.add(field, f"不能晚于今天（{today.isoformat()}）")


def not_before(later: Day | None, earlier: Day | None, field: str, what: str, problems: Problems) -> None:
    """A month-precise date is given the benefit of its whole month."""
    if later and earlier and later.last < earlier.first:
        problems.add(field, f"不能早于{what}（{earlier}）")
