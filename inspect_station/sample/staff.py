"""What the sample's people may inspect, their hours and the days they are away."""

from datetime import date, datetime, timedelta

from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from inspect_station.staffing import service as staffing

# login: (codes with the days until they expire; None: without end), minutes a day, weekdays
PEOPLE: dict[str, tuple[dict[str, int | None], int, str]] = {
    "chenjian": ({"GL": 900, "RQ": 640, "GD": 640, "QP": None}, 420, "12345"),
    "linyan": ({"RQ": 1200, "GD": 400, "YD": 400, "QP": None}, 420, "12345"),
    "zhenggui": ({"GL": 210, "RQ": 800, "GD": 45}, 420, "12345"),
    "huangce": ({"RQ": 700, "GD": 900, "YD": 700, "AF": None}, 420, "12345"),
    "jishu": ({"GL": 1000, "RQ": 1000, "GD": 1000, "YD": 500}, 240, "24"),
}
# login: (first day from today on, length in days, reason, note)
AWAY = (
    ("linyan", 12, 3, "training", "换证考核"),
    ("chenjian", 33, 5, "leave", ""),
    ("huangce", 75, 10, "away", "支援兄弟站"),
)


def furnish(actor: Actor, today: date, now: datetime) -> None:
    """Into a database whose people exist and whose table of codes may be empty still."""
    staffing.seed(now)
    codes = {row["code"]: row["id"] for row in staffing.codes.listed(actor)}
    ids = {login: accounts.find_login(login).id for login in PEOPLE}
    for login, (held, daily, weekdays) in PEOPLE.items():
        for code, days in held.items():
            until = today + timedelta(days=days) if days else None
            number = f"TS{ids[login]:03d}{code}" if until else ""
            staffing.qualify(actor, ids[login], code_id=codes[code], certificate=number, valid_until=until, now=now)
        staffing.set_hours(actor, ids[login], daily_min=daily, weekdays=list(weekdays), planned=True, now=now)
    for login, start, length, reason, note in AWAY:
        first = today + timedelta(days=start)
        last = first + timedelta(days=length - 1)
        staffing.add_absence(actor, ids[login], first_on=first, last_on=last, reason=reason, note=note, now=now)
