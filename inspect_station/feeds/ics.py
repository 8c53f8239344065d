"""Events as iCalendar (RFC 5545): all-day, with alarms 30 and 7 days before, updated in place by UID and SEQUENCE."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from inspect_station.feeds.events import Happening

MEDIA_TYPE = "text/calendar; charset=utf-8"
_ALARM_DAYS = (30, 7)
_REFRESH = timedelta(hours=12)
_ONE_DAY = timedelta(days=1)


def write(name: str, told: Iterable[tuple[Happening, int, datetime]], link: Callable[[int], str]) -> bytes:
    """The calendar of these events, each with its sequence number and the moment it last changed.

    The same events give the same bytes. `link`: the address of a device's page.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//inspect-station//due dates//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for happening, sequence, changed_at in told:
        calendar.add_component(
            _event(happening, sequence, changed_at, link(happening.equipment_id) if happening.equipment_id else "")
        )
    return bytes(calendar.to_ical())


def _event(happening: Happening, sequence: int, changed_at: datetime, url: str) -> Event:
    event = Event()
    event.add("uid", happening.uid)
    event.add("dtstamp", changed_at.astimezone(UTC))
    event.add("last-modified", changed_at.astimezone(UTC))
    event.add("sequence", sequence)
    event.add("dtstart", happening.on)
    event.add("dtend", happening.on + _ONE_DAY)
    event.add("summary", happening.summary)
    event.add("description", happening.description)
    if happening.location:
        event.add("location", happening.location)
    if url:
        event.add("url", url)
    event.add("transp", "TRANSPARENT")
    for days in _ALARM_DAYS:
        event.add_component(_alarm(days, happening.summary))
    return event


def _alarm(days: int, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"还有 {days} 天，{summary}")
    alarm.add("trigger", timedelta(days=-days))
    return alarm
