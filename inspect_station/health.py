"""Is it alive, is it ready, and the figures a Prometheus collects."""

import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as ONE_PROCESS
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.values import ValueClass

from inspect_station import clock, db
from inspect_station.accounts.guard import public
from inspect_station.errors import NotFound
from inspect_station.web import json_response, now, settings

pages = Blueprint("health", __name__)

REQUESTS = Counter("station_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "station_request_seconds", "Time to answer", ["endpoint"], buckets=(0.01, 0.05, 0.1, 0.3, 1, 3, 10)
)

# Made once for each combination there is: the library checks the labels anew each time.
_requests, _seconds = lru_cache(maxsize=4096)(REQUESTS.labels), lru_cache(maxsize=1024)(SECONDS.labels)

# What an area has to say about readiness and figures, handed over in create_app.
# A probe gives (name, is it well, a few words); a gauge gives (name, help, {label: value}).
Probe = Callable[[datetime], tuple[str, bool, str]]
Gauge = Callable[[datetime], tuple[str, str, dict[str, float]]]
_PROBES, _GAUGES = "station_probes", "station_gauges"


def install(app: Flask, probes: Sequence[Probe] = (), gauges: Sequence[Gauge] = ()) -> None:
    app.extensions[_PROBES], app.extensions[_GAUGES] = probes, gauges
    app.before_request(_start)
    app.after_request(_count)
    app.register_blueprint(pages)


def _start() -> None:
    request.environ["station.started"] = clock.monotonic()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    with suppress(OSError):  # somebody has removed the counters' folder: an answer is worth more than its count
        _requests(endpoint, request.method, response.status_code).inc()
        started = request.environ.get("station.started")
        if started is not None:
            _seconds(endpoint).observe(clock.monotonic() - started)
    return response


@pages.get("/healthz")
@public
def alive() -> Response:
    return json_response({"status": "ok"})


@pages.get("/readyz")
@public
def ready() -> Response:
    """503 with the parts that are not well; a database that cannot be reached ends in 503 by itself."""
    parts = {"database": {"ok": True, "text": ""}, "schema": {"ok": not db.pending_migrations(), "text": ""}}
    if parts["schema"]["ok"]:
        for probe in current_app.extensions[_PROBES]:
            name, well, text = probe(now())
            parts[name] = {"ok": well, "text": text}
    well = all(part["ok"] for part in parts.values())
    return json_response({"status": "ok" if well else "not_ready", "parts": parts}, 200 if well else 503)


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Figures of all processes; from this machine, or with STATION_METRICS_TOKEN as bearer."""
    if not _may_read_metrics():
        raise NotFound()
    text = generate_latest(_all_processes()) + generate_latest(_station_figures())
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics() -> bool:
    token = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a proxy on the same machine everybody seems to come from loopback.
    return not settings().behind_proxy and ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104


def _all_processes() -> CollectorRegistry:
    if ValueClass.__name__ == "MutexValue":  # one process: the numbers are in memory
        return ONE_PROCESS
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _station_figures() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Figures())
    return registry


class _Figures:
    """What the database says, asked when Prometheus asks."""

    def collect(self) -> Any:
        for gauge in current_app.extensions[_GAUGES]:
            name, words, values = gauge(now())
            family = GaugeMetricFamily(name, words, labels=["what"])
            for label, value in values.items():
                family.add_metric([label], value)
            yield family
