"""What staffing keeps about one person, for the person: handed out, and taken out as far as it may be."""

from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.staffing.models import Absence, Qualification, QualificationCode, WorkingTime


def export(actor: Actor, account_id: int) -> dict[str, list[dict[str, Any]]]:
    """Qualifications, working time and absences, as they are kept."""
    actor.need("persons")
    held: Any = Qualification.select(QualificationCode.code, Qualification.certificate, Qualification.valid_until)
    hours: Any = WorkingTime.select(WorkingTime.daily_min, WorkingTime.weekdays, WorkingTime.planned)
    away: Any = Absence.select(Absence.first_on, Absence.last_on, Absence.reason, Absence.note, Absence.made_by)
    return {
        "qualifications": list(held.join(QualificationCode).where(Qualification.account == account_id).dicts()),
        "working_time": list(hours.where(WorkingTime.account == account_id).dicts()),
        "absences": list(away.where(Absence.account == account_id).order_by(Absence.first_on).dicts()),
    }


def forget(actor: Actor, account_id: int) -> None:
    """Absences say something of a person's health and go; qualifications stay, for the inspections rest on them."""
    actor.need("persons")
    Absence.delete().where(Absence.account == account_id).execute()
    WorkingTime.delete().where(WorkingTime.account == account_id).execute()
