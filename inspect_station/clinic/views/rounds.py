"""走访名单: ranked, with reasons; ticked firms become planned visits."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.clinic import service
from inspect_station.clinic.schemas import PlanSchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import InvalidInput
from inspect_station.validation import load
from inspect_station.web import now, today


@pages.get("/rounds")
@staff_only
def rounds() -> str:
    return _page(None)


def _page(error: Any) -> str:
    actor = current_actor()
    unseen = bool(request.args.get("unseen"))
    reached, firms = service.rounds.reached(actor, today())
    return render_template(
        "clinic/rounds.html", rows=service.rounds.ranked(actor, today(), unseen_only=unseen), unseen=unseen,
        reached=reached, firms=firms, may_edit=actor.may("edit"), error=error, labels=forms.LABELS,
        given=request.form,
    )  # fmt: skip


@pages.post("/rounds")
@needs("edit")
def plan_rounds() -> Any:
    """Visits for the ticked firms, with the list's reason."""

    def act() -> str:
        chosen = forms.whole_numbers(request.form.getlist("ids"))
        if not chosen:
            raise InvalidInput("请至少勾选一家企业。", {"ids": ["请至少勾选一家企业"]})
        day = load(PlanSchema(), forms.typed("planned_on"))["planned_on"]
        reasons = {
            firm.enterprise: "；".join(firm.reasons) for firm in service.rounds.ranked(current_actor(), today())
        }
        for enterprise in chosen:
            service.visits.plan(
                current_actor(),
                enterprise,
                origin="round",
                planned_on=day,
                reason=reasons.get(enterprise, ""),
                now=now(),
            )
        return url_for("clinic.visit_list", state="planned")

    try:
        target = act()
    except InvalidInput as error:
        return _page(error), error.http_status
    flash("已排入出诊。", "success")
    return redirect(target)
