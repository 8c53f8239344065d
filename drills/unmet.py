"""Tenant filters that no request of an enterprise for another's things can come to, and why.

R12 holds that every filter it does not meet stands here. By module and function.
"""

from collections.abc import Mapping

_STAFF = "only the station's people come here; the permission is asked first"
_BADGE = "a figure of the navigation, for the station's people only; its statement is made once in a process"
_LINK = (
    "reached by the link in a letter; who holds it speaks for the enterprise the letter went to, whoever is logged in"
)

UNMET: Mapping[str, str] = {
    "casework.cases.waiting_count": _BADGE,
    "reminders.answers.inbox.open_count": _BADGE,
    "reminders.hands.waiting_count": _BADGE,
    "reminders.answers.asking.ask": _LINK,
    "reminders.answers.giving.give": _LINK,
    "reminders.answers.service.secret_of_message": "asked for the newest of the person's own letters, never for a number of a request",
    "planning.sites.lacks_stop": "asked by the station itself while it writes a letter",
    "clinic.upcoming.planned": "asked by the station itself while it plans a year",
    "casework.photos.hand_on": f"{_STAFF}: the photos of a clinic visit's record",
    "clinic.visits._check_same_firm": f"{_STAFF}: a visit planned from a request",
    "registry.equipment.hosts": f"{_STAFF}: the form of a new line or accessory",
    "reminders.hands._find": f"{_STAFF}: the telephone list",
    "reminders.records.rows_of": f"{_STAFF}: many letters at once",
}
