"""The ladder and the sending hours: the station's, and those agreed with single enterprises."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.errors import InvalidInput
from inspect_station.registry import service as registry
from inspect_station.reminders import policies, policy_forms
from inspect_station.reminders.views import pages
from inspect_station.web import now
from schedules.terms import Clock


@pages.get("/reminders/ladder")
@staff_only
def ladder() -> str:
    return _ladder_page(policy_forms.form_of(policies.station_policy()[0]))


def _ladder_page(given: Any, error: InvalidInput | None = None) -> str:
    policy, changed = policies.station_policy()
    return render_template(
        "reminders/ladder.html",
        given=given,
        error=error,
        policy=policy,
        changed=changed,
        agreements=policies.agreements(current_actor()),
        may_change=current_actor().may("ladder"),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "CLOCKS": list(Clock),
        "WEEKDAYS": policy_forms.WEEKDAYS,
        "LABELS": policy_forms.LABELS,
        "policy_words": policy_forms.words_of,
        "hours_words": policy_forms.hours_words,
        "rhythm_words": policy_forms.rhythm_words,
    }


@pages.post("/reminders/ladder")
@needs("ladder")
def change_ladder() -> Any:
    try:
        policies.change(current_actor(), policy_forms.read(request.form), now())
    except InvalidInput as error:
        return _ladder_page(request.form, error), error.http_status
    flash("已保存，从下一次生成提醒起按新的阶梯。已发出的不变；可到“今后 90 天”核对。", "success")
    return redirect(url_for("reminders.ladder"))


@pages.get("/reminders/ladder/reset")
@needs("ladder")
def ask_to_reset() -> str:
    return render_template(
        "confirm.html",
        title="恢复默认的提醒阶梯？",
        text=f"全站改回：{policy_forms.words_of(policies.shipped())}。与企业单独约定的不变。",
        action_label="恢复默认",
        post_url=url_for("reminders.reset_ladder"),
        back_url=url_for("reminders.ladder"),
    )


@pages.post("/reminders/ladder/reset")
@needs("ladder")
def reset_ladder() -> Any:
    policies.reset(current_actor(), now())
    flash("已恢复默认的提醒阶梯。", "success")
    return redirect(url_for("reminders.ladder"))


@pages.get("/enterprises/<int:enterprise_id>/ladder")
@staff_only
def own_ladder(enterprise_id: int) -> str:
    found = policies.agreement(current_actor(), enterprise_id)
    policy = found.policy if found else policies.station_policy()[0]
    return _own_page(enterprise_id, policy_forms.form_of(policy) | {"agreed": found.agreed if found else ""})


def _own_page(enterprise_id: int, given: Any, error: InvalidInput | None = None) -> str:
    actor = current_actor()
    return render_template(
        "reminders/own_ladder.html",
        enterprise_id=enterprise_id,
        enterprise=registry.enterprise_names(actor)[enterprise_id],
        found=policies.agreement(actor, enterprise_id),
        station=policies.station_policy()[0],
        given=given,
        error=error,
        may_change=actor.may("ladder"),
        **_words(),
    )


@pages.post("/enterprises/<int:enterprise_id>/ladder")
@needs("ladder")
def agree_ladder(enterprise_id: int) -> Any:
    policies.agreement(current_actor(), enterprise_id)
    try:
        policy = policy_forms.read(request.form)
        policies.agree(current_actor(), enterprise_id, policy, request.form.get("agreed", ""), now())
    except InvalidInput as error:
        return _own_page(enterprise_id, request.form, error), error.http_status
    flash("已按约定保存，从下一次生成提醒起照此提醒这家企业。", "success")
    return redirect(url_for("reminders.outlook", enterprise=enterprise_id))


@pages.post("/enterprises/<int:enterprise_id>/ladder/end")
@needs("ladder")
def end_own_ladder(enterprise_id: int) -> Any:
    policies.end_agreement(current_actor(), enterprise_id, now())
    flash("已取消单独的约定，改按全站的阶梯。", "success")
    return redirect(url_for("reminders.own_ladder", enterprise_id=enterprise_id))


@pages.get("/enterprises/<int:enterprise_id>/ladder/end")
@needs("ladder")
def ask_to_end_own_ladder(enterprise_id: int) -> str:
    policies.agreement(current_actor(), enterprise_id)
    return render_template(
        "confirm.html",
        title="取消这家企业的单独约定？",
        text=f"以后按全站的阶梯提醒：{policy_forms.words_of(policies.station_policy()[0])}。",
        action_label="取消约定",
        post_url=url_for("reminders.end_own_ladder", enterprise_id=enterprise_id),
        back_url=url_for("reminders.own_ladder", enterprise_id=enterprise_id),
    )
