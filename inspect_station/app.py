"""The web application: the factory, to be read as a table of contents."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, redirect, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from inspect_station import assets, config, health, logs, navigation, web
from inspect_station import db as database
from inspect_station.accounts import (
    factor_views,  # noqa: F401  its pages belong to the accounts' blueprint
    guard,
)
from inspect_station.accounts.views import FIELD_WORDS
from inspect_station.accounts.views import pages as accounts_pages
from inspect_station.casework import service as casework
from inspect_station.casework.api import api as casework_api
from inspect_station.casework.remarks import EXTRAS
from inspect_station.casework.result_api import api as results_api
from inspect_station.casework.views import pages as casework_pages
from inspect_station.clinic.api import api as clinic_api
from inspect_station.clinic.views import pages as clinic_pages
from inspect_station.config import Settings
from inspect_station.duelist import (
    extras,
    rule_views,  # noqa: F401  its pages belong to the due list's blueprint
    rulebooks,
)
from inspect_station.duelist.api import api as duelist_api
from inspect_station.duelist.views import pages as duelist_pages
from inspect_station.feeds.views import pages as feeds_pages
from inspect_station.issuing.views import pages as issuing_pages
from inspect_station.planning.api import plans_api, visits_api
from inspect_station.planning.views import pages as planning_pages
from inspect_station.portal import records  # noqa: F401  its pages belong to the blueprint below
from inspect_station.portal.views import pages as portal_pages
from inspect_station.registry import api as registry_api
from inspect_station.registry import words as registry_words
from inspect_station.registry.views import pages as registry_pages
from inspect_station.reminders import (
    alarms,
    authority_views,  # noqa: F401  its pages belong to the reminders' blueprint
    hand_views,  # noqa: F401  its pages belong to the reminders' blueprint
    hands,
    outbox_views,  # noqa: F401  its pages belong to the blueprint of the views
    policy_views,  # noqa: F401  its pages belong to the blueprint of the views
)
from inspect_station.reminders import words as reminders_words
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.answers.api import api as answers_api
from inspect_station.reminders.answers.inbox_views import pages as inbox_pages
from inspect_station.reminders.answers.views import pages as answer_pages
from inspect_station.reminders.api import api as reminders_api
from inspect_station.reminders.staff import views as staff_views  # noqa: F401  as above
from inspect_station.reminders.views import pages as reminders_pages
from inspect_station.settings import (
    channel_views,  # noqa: F401  its pages belong to the blueprint below
    checks,
)
from inspect_station.settings.person_views import pages as person_pages
from inspect_station.settings.views import pages as settings_pages
from inspect_station.staffing.views import pages as staffing_pages
from inspect_station.workcalendar.views import pages as workcalendar_pages
from inspect_station.workload.api import api as workload_api
from inspect_station.workload.views import pages as workload_pages


class Station(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of ours is a coroutine; asking a dozen functions on each request takes longer than any of them."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The web application. Raises `ConfigError` where a setting makes no sense."""
    settings = config.ensure_secret(settings or config.load())
    logs.configure(settings)
    database.bind(settings.database)
    app = Station("inspect_station")
    configure(app, settings)
    web.csrf.init_app(app)
    web.ClosingCompress(app)
    api = web.make_api(app)
    web.install(app)
    assets.install(app)
    guard.install(app)
    navigation.install(
        app,
        badges={
            "casework.cases": casework.cases.waiting_count,
            "answers.inbox": answers.open_count,
            "reminders.hand_list": hands.waiting_count,
        },
    )

    health.install(
        app,
        probes=(rulebooks.probe, alarms.probe),
        gauges=(
            alarms.letters_gauge,
            alarms.seconds_gauge,
            lambda now: checks.alarms_gauge(web.settings(), now),
            lambda now: checks.ground_gauge(web.settings(), now),
        ),
    )
    app.jinja_env.globals["standing_alarms"] = lambda: checks.standing(web.settings(), web.now())
    app.extensions[FIELD_WORDS] = {**reminders_words.AUDIT_WORDS, **registry_words.FIELD_WORDS}
    app.register_blueprint(accounts_pages)
    app.register_blueprint(registry_pages)
    registry_api.register(api)
    extras.use(EXTRAS)
    app.register_blueprint(duelist_pages)
    api.register_blueprint(duelist_api)
    app.register_blueprint(casework_pages)
    api.register_blueprint(casework_api)
    api.register_blueprint(results_api)
    app.register_blueprint(clinic_pages)
    api.register_blueprint(clinic_api)
    app.register_blueprint(reminders_pages)
    api.register_blueprint(reminders_api)
    app.register_blueprint(answer_pages)
    app.register_blueprint(inbox_pages)
    api.register_blueprint(answers_api)
    app.register_blueprint(issuing_pages)
    app.register_blueprint(portal_pages)
    app.register_blueprint(settings_pages)
    app.register_blueprint(person_pages)
    app.register_blueprint(workcalendar_pages)
    app.register_blueprint(staffing_pages)
    app.register_blueprint(planning_pages)
    api.register_blueprint(plans_api)
    api.register_blueprint(visits_api)
    app.register_blueprint(feeds_pages)
    app.register_blueprint(workload_pages)
    api.register_blueprint(workload_api)

    app.add_url_rule("/", "home", home)
    return app


def home() -> Response:
    """The station's first page is what is due; an enterprise's is what it has to do."""
    actor = guard.current_actor()
    return redirect(url_for("duelist.due_list" if actor.is_staff else "portal.home"))


def configure(app: Flask, settings: Settings) -> None:
    """Let an application run under these settings."""
    app.config.update(
        STATION=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="station",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.upload_mb * 1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        WTF_CSRF_CHECK_DEFAULT=False,  # guard.py asks for it, after it knows whether a token speaks
        WTF_CSRF_TIME_LIMIT=None,  # a clinic form may stay open all day
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.converters["int"] = web.IdConverter
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
