"""R12: every route asked by 乙 for what is 甲's; then every tenant filter dropped, one at a time, and asked again.

A filter is a place in a service that calls `visible`, `check` or `sees`, found by running the matrix, or the condition
the due list writes itself. SQLite takes the dropping, for it has no second wall; PostgreSQL is then asked with all of
them dropped at once.
"""

import ast
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from peewee import SQL

from drills.ground import Ground, Place, dispose
from drills.pages import ROOT
from drills.tally import Tally
from drills.unmet import UNMET
from inspect_station import clock, create_app
from inspect_station.accounts import scope
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import query as due_query
from tests.conftest import NOW, csrf_of, log_in, token_for
from tests.registry.park import CANARY
from tests.tenancy import test_matrix as matrix

Site = tuple[str, int]  # module, line: one call of a filter
_THE_DUE_LIST: Site = ("inspect_station.duelist.query", 0)
_TELLING = (CANARY, "储罐", "福州甲化工")
_UNASKED = {"leave", "public"}  # and writes to one's own account


def run(ground: Ground) -> Iterator[Tally]:
    real = clock.now, clock.today
    clock.now, clock.today = lambda: NOW, lambda: NOW.date()
    try:
        yield from _both(ground)
    finally:
        clock.now, clock.today = real


def _both(ground: Ground) -> Iterator[Tally]:
    asker = _Asker(ground.station("sqlite"))
    yield _as_it_is(asker)
    yield _one_at_a_time(asker)
    asker.close()
    if "postgresql" in ground.engines:
        walled = _Asker(ground.station("postgresql"))
        yield _all_dropped(walled)
        walled.close()


def _as_it_is(asker: "_Asker") -> Tally:
    tally = Tally("every route, 乙 for what is 甲's")
    leaking = asker.leaks(asker.endpoints())
    tally.given = len(asker.endpoints())
    tally.lost = len(leaking)
    tally.expect_equal(sorted(leaking), [], "routes that told something")
    tally.expect_equal(set(asker.endpoints()) - set(matrix.MATRIX), set(), "routes without an expectation")
    return tally


def _one_at_a_time(asker: "_Asker") -> Tally:
    tally = Tally("each tenant filter dropped alone")
    with _Filters() as filters:
        first, behind = asker.filters_met(filters)
        sites = first.keys() | behind.keys()
        staff = asker.met_by_staff(filters) - sites
        alone = {site for site, endpoints in first.items() if asker.leaks(endpoints, filters, {site})}
        open_ = _Open(asker, filters, sites)
        doubled = {site for site in sites - alone if any(map(open_.is_red, sorted(first[site] | behind[site])))}
        never = sorted(sites - alone - doubled)
    tally.given = len(sites)
    tally.remark(
        f"{len(alone)} turn the matrix red alone, {len(doubled)} only together with another filter of their routes, "
        f"{len(never)} never"
    )
    written = written_down()
    missed = sorted(written.keys() - sites - staff)
    tally.remark(
        f"{len(staff)} more are met by the station's people only, on pages no enterprise is let to; "
        f"{len(missed)} by none of these requests"
    )
    for module, line in never:
        tally.remark(f"never red: {_short(module)}:{line}")
    unexplained = []
    for module, line in missed:
        place = f"{_short(module)}.{written[module, line]}"
        tally.remark(f"not met: {place}: {UNMET.get(place, '?')}")
        unexplained += [] if place in UNMET else [place]
    tally.expect_equal(unexplained, [], "filters no request meets, and nobody said why (drills/unmet.py)")
    tally.expect(len(alone) + len(doubled) >= 0.75 * len(sites), "the matrix is blind to a quarter of the filters")
    return tally


def _short(module: str) -> str:
    return module.removeprefix("inspect_station.")


class _Open:
    """Which routes are red with all filters dropped; each is asked once."""

    def __init__(self, asker: "_Asker", filters: "_Filters", sites: set[Site]) -> None:
        self._asker, self._filters, self._sites = asker, filters, sites
        self._known: dict[str, bool] = {}

    def is_red(self, endpoint: str) -> bool:
        if endpoint not in self._known:
            self._known[endpoint] = bool(self._asker.leaks([endpoint], self._filters, self._sites))
        return self._known[endpoint]


def written_down() -> dict[Site, str]:
    """Every call of a filter in the services' text, with the function it stands in."""
    found = {}
    for path in sorted((ROOT / "inspect_station").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
                if isinstance(node, ast.Call) and ast.unparse(node.func) in {"visible", "actor.check", "actor.sees"}:
                    found[module, node.lineno] = function.name
    return found


def _all_dropped(asker: "_Asker") -> Tally:
    tally = Tally("all tenant filters dropped, PostgreSQL's wall alone")
    with _Filters() as filters:
        filters.dropped = None
        told = [e for e in asker.endpoints(reading=True) if asker.tells(e)]
    tally.given = len(asker.endpoints(reading=True))
    tally.lost = len(told)
    tally.expect_equal(told, [], "routes through which 甲's words came")
    return tally


class _Filters:
    """The station's tenant filters, each of which can be dropped. `dropped` None: all of them."""

    def __init__(self) -> None:
        self.dropped: set[Site] | None = set()
        self.seen: set[Site] = set()
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> "_Filters":
        visible, sees, check, condition = scope.visible, Actor.sees, Actor.check, due_query._condition

        def dropping_visible(actor: Actor, field: Any) -> Any:
            return SQL("1 = 1") if self._drop(sys._getframe(1)) else visible(actor, field)

        def dropping_sees(actor: Actor, number: Any) -> bool:
            frame = sys._getframe(1)
            inner = frame.f_code is check.__code__
            return self._drop(frame.f_back if inner else frame) or sees(actor, number)  # type: ignore[arg-type]

        def dropping_condition(staff: bool, shape: Any, sqlite: bool) -> str:
            return condition(staff or self._drops(_THE_DUE_LIST), shape, sqlite)

        for name, module in list(sys.modules.items()):
            if name.startswith("inspect_station.") and getattr(module, "visible", None) is visible:
                self._set(module, "visible", dropping_visible)
        self._set(Actor, "sees", dropping_sees)
        self._set(due_query, "_condition", dropping_condition)
        return self

    def _set(self, owner: Any, name: str, value: Any) -> None:
        before = getattr(owner, name)
        self._undo.append(lambda: setattr(owner, name, before))
        setattr(owner, name, value)

    def __exit__(self, *_error: object) -> None:
        for undo in self._undo:
            undo()

    def _drop(self, frame: Any) -> bool:
        return self._drops((frame.f_globals["__name__"], frame.f_lineno))

    def _drops(self, site: Site) -> bool:
        self.seen.add(site)
        return self.dropped is None or site in self.dropped


class _Asker:
    """乙 with a browser and a token, before a station in which 甲 has one of everything."""

    def __init__(self, place: Place) -> None:
        self.app: Flask = create_app(place.settings())
        self.app.testing = True
        self.place = place
        self.cast, self.things = matrix.furnished(self.app)
        self._yi, self._head = self._logged_in(self.cast.yi_user), self._logged_in(self.cast.head)
        self.client, self.headers, self.csrf = self._yi
        self._rules = {rule.endpoint: (rule, method) for rule, method in matrix.routes(self.app)}
        self._kept = place.folder / "kept.db"
        if place.engine == "sqlite":
            with db.connection_context():
                db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(place.folder / "station.db", self._kept)

    def close(self) -> None:
        dispose(db.obj)

    def endpoints(self, reading: bool = False) -> list[str]:
        return [e for e, (_, method) in self._rules.items() if self._is_asked(e, method, reading)]

    def _is_asked(self, endpoint: str, method: str, reading: bool) -> bool:
        what = matrix.MATRIX.get(endpoint)
        return what not in _UNASKED and (method == "GET" or not (reading or what == "self"))

    def filters_met(self, filters: _Filters) -> tuple[dict[Site, set[str]], dict[Site, set[str]]]:
        """The routes by the filters met on the way, as things are; and those met only behind a filter that is open."""
        first, behind = defaultdict(set), defaultdict(set)
        for endpoint in self.endpoints():
            as_it_is = self._met(filters, endpoint, set())
            everything = self._met(filters, endpoint, None)
            for site in as_it_is:
                first[site].add(endpoint)
            for site in everything - as_it_is:
                behind[site].add(endpoint)
        return first, behind

    def met_by_staff(self, filters: _Filters) -> set[Site]:
        """The filters the head comes by, asking every route for what is 甲's."""
        self.client, self.headers, self.csrf = self._head
        try:
            rules = [e for e in self._rules if matrix.MATRIX.get(e) != "leave"]
            return set().union(*(self._met(filters, endpoint, set()) for endpoint in rules))
        finally:
            self.client, self.headers, self.csrf = self._yi

    def _logged_in(self, actor: Actor) -> tuple[Any, dict[str, str], str]:
        client = log_in(self.app, actor)
        return client, token_for(actor), csrf_of(client)

    def _met(self, filters: _Filters, endpoint: str, dropped: set[Site] | None) -> set[Site]:
        self._put_back()
        filters.seen, filters.dropped = set(), dropped
        list(self._ask_all_ways(endpoint))
        return {site for site in filters.seen if not site[0].startswith(("tests.", "drills."))}

    def leaks(self, endpoints: Any, filters: _Filters | None = None, dropped: set[Site] | None = None) -> set[str]:
        """The routes that tell something of 甲, or answer its things otherwise than missing ones."""
        if filters is not None:
            filters.dropped = dropped
        self._put_back()
        found = set()
        for endpoint in sorted(endpoints):
            if self._is_red(endpoint):
                found.add(endpoint)
                if filters is not None:
                    break  # red is red
        return found

    def _is_red(self, endpoint: str) -> bool:
        what = matrix.MATRIX[endpoint]
        if what in {None, "self"}:
            return self.tells(endpoint)
        return any(self._is_told_apart(endpoint, number) for number in matrix.objects(endpoint, self.things))

    def _is_told_apart(self, endpoint: str, number: int) -> bool:
        """Whether the answer for a thing of 甲's tells something, or is another than for a missing one."""
        what = matrix.MATRIX[endpoint]
        first = self._ask(
            endpoint, number
        )  # the first answer counts: with its filter dropped a write may work only once
        said = first.status_code, first.headers.get("Location")
        text = matrix.text_of(first)
        if any(sign in text for sign in _TELLING):
            return True
        if what in {"own", "staff"}:
            return first.status_code not in {404, 422}
        return (*said, "没有找到" in text) != matrix.settled(self._ask(endpoint, matrix.MISSING))

    def tells(self, endpoint: str) -> bool:
        return any(sign in text for text in self._ask_all_ways(endpoint) for sign in _TELLING)

    def _ask_all_ways(self, endpoint: str) -> Iterator[str]:
        """What the route says; a list also with its filters set to what is 甲's."""
        queries: list[dict[str, Any]] = [{}]
        if matrix.MATRIX[endpoint] is None:
            firm, device, group = self.things.enterprise, self.things.equipment, self.things.installation
            queries += [{"enterprise_id": firm}, {"enterprise": firm}, {"view": "flat"}]
            queries += [{"ids": device}, {"equipment": device}, {"parent": group}, {"parent_id": group}]
        for number in matrix.objects(endpoint, self.things):
            for query in queries:
                yield matrix.text_of(self._ask(endpoint, number, **query))

    def _ask(self, endpoint: str, number: int, **query: Any) -> Any:
        rule, method = self._rules[endpoint]
        return matrix.ask(self.client, rule, method, number, self.csrf, self.headers, **query)

    def _put_back(self) -> None:
        """With a filter dropped 乙 may have changed what is 甲's."""
        if self.place.engine == "sqlite":
            for end in ("-wal", "-shm"):
                (self.place.folder / f"station.db{end}").unlink(missing_ok=True)
            shutil.copy(self._kept, self.place.folder / "station.db")
