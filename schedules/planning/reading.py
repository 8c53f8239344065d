"""An instance from outside: checked field by field before anything is planned.

Nothing here decides; it only refuses what cannot be read, with one sentence that names the field.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

FORMAT = "inspection-plan-instance/1"
STATES = ("any", "shutdown", "running")

Span = tuple[date, date]


class InstanceError(ValueError):
    """The instance cannot be planned; the message names the field and what is wrong with it."""


def refuse(where: str, what: str) -> InstanceError:
    return InstanceError(f"{where}：{what}")


def field(record: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in record:
        raise refuse(f"{where}.{name}" if where else name, "缺少这一项，请补上")
    return record[name]


def record(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise refuse(where or "实例", "应为一个对象（{…}）")
    return value


def records(parent: Mapping[str, Any], name: str, where: str = "") -> Iterable[tuple[Mapping[str, Any], str]]:
    """The objects of a list; an absent list is an empty one."""
    path = f"{where}.{name}" if where else name
    value = parent.get(name) or []
    if not isinstance(value, list):
        raise refuse(path, "应为一个列表（[…]）")
    return [(record(each, f"{path}[{at}]"), f"{path}[{at}]") for at, each in enumerate(value)]


def text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refuse(where, f"应为非空文字，现为 {value!r}")
    return value


def whole(value: Any, where: str, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(where, f"应为整数，现为 {value!r}")
    if value < least:
        raise refuse(where, f"不得小于 {least}，现为 {value}")
    return value


def day(value: Any, where: str) -> date:
    try:
        parsed = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise refuse(where, f"不是日期（应为 YYYY-MM-DD），现为 {value!r}") from None
    if parsed.isoformat() != value:
        raise refuse(where, f"不是日期（应为 YYYY-MM-DD），现为 {value!r}")
    return parsed


def span(value: Any, where: str) -> Span:
    first = day(field(value, "from", where), f"{where}.from")
    last = day(field(value, "to", where), f"{where}.to")
    if last < first:
        raise refuse(where, f"时段止于 {last}，早于其开始 {first}")
    return first, last


def spans(parent: Mapping[str, Any], name: str, where: str) -> tuple[Span, ...]:
    return tuple(span(each, path) for each, path in records(parent, name, where))


class Once:
    """Refuses a name that was there before."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, name: str, where: str) -> str:
        if name in self.seen:
            raise refuse(where, f"“{name}”重复出现")
        self.seen.add(name)
        return name


def check(instance: Any) -> None:
    """Refuses an instance the planner cannot work on.

    A role nobody holds is not refused unless the instance names its codes in an optional list `codes`:
    the item is then planned to stay out as NO_QUALIFIED_CREW, which tells more than a refusal.
    """
    whole_thing = record(instance, "")
    if whole_thing.get("format", FORMAT) != FORMAT:
        raise refuse("format", f"应为 {FORMAT}，现为 {whole_thing['format']!r}")
    text(field(whole_thing, "name", ""), "name")
    _check_time(whole_thing)
    settings = record(field(whole_thing, "settings", ""), "settings")
    for name in ("visit_overhead_min", "visit_cost", "level_tolerance_pct"):
        whole(field(settings, name, "settings"), f"settings.{name}")
    enterprises = _check_all(whole_thing, "enterprises", _check_enterprise)
    codes = _known_codes(whole_thing)
    _check_all(whole_thing, "inspectors", lambda each, where: _check_inspector(each, where, codes))
    items = _check_all(whole_thing, "items", lambda each, where: _check_item(each, where, enterprises, codes))
    _check_previous(whole_thing, items)


def _check_time(instance: Mapping[str, Any]) -> None:
    as_of = day(field(instance, "as_of", ""), "as_of")
    horizon = record(field(instance, "horizon", ""), "horizon")
    _, last = span(horizon, "horizon")
    if last <= as_of:
        raise refuse("horizon.to", f"计划期止于 {last}，不晚于制定日 {as_of}，已经过去")
    workdays = field(instance, "workdays", "")
    if not isinstance(workdays, list):
        raise refuse("workdays", "应为一个列表（[…]）")
    once = Once()
    for at, value in enumerate(workdays):
        day(value, f"workdays[{at}]")
        once(value, f"workdays[{at}]")


def _known_codes(instance: Mapping[str, Any]) -> set[str] | None:
    listed = instance.get("codes")
    if listed is None:
        return None
    if not isinstance(listed, list):
        raise refuse("codes", "应为一个列表（[…]）")
    return {text(code, f"codes[{at}]") for at, code in enumerate(listed)}


def _check_all(instance: Mapping[str, Any], name: str, one: Callable[[Mapping[str, Any], str], None]) -> set[str]:
    field(instance, name, "")
    once = Once()
    for each, where in records(instance, name):
        once(text(field(each, "id", where), f"{where}.id"), f"{where}.id")
        one(each, where)
    return once.seen


def _check_enterprise(each: Mapping[str, Any], where: str) -> None:
    spans(each, "closed", where)
    for shutdown, path in records(each, "shutdowns", where):
        span(shutdown, path)
        units = shutdown.get("units")
        if units is not None and not (isinstance(units, list) and all(isinstance(u, str) for u in units)):
            raise refuse(f"{path}.units", "应为装置名称的列表")


def _check_code(code: Any, where: str, known: set[str] | None) -> str:
    if known is not None and text(code, where) not in known:
        raise refuse(where, f"没有“{code}”这个资格代码")
    return text(code, where)


def _check_inspector(each: Mapping[str, Any], where: str, known: set[str] | None) -> None:
    codes = record(field(each, "codes", where), f"{where}.codes")
    for code, until in codes.items():
        _check_code(code, f"{where}.codes", known)
        if until is not None:
            day(until, f"{where}.codes.{code}")
    whole(field(each, "daily_min", where), f"{where}.daily_min", 1)
    spans(each, "absent", where)
    for busy, path in records(each, "busy", where):
        day(field(busy, "date", path), f"{path}.date")
        whole(field(busy, "minutes", path), f"{path}.minutes", 1)


def _check_item(each: Mapping[str, Any], where: str, enterprises: set[str], known: set[str] | None) -> None:
    if text(field(each, "enterprise", where), f"{where}.enterprise") not in enterprises:
        raise refuse(f"{where}.enterprise", f"没有“{each['enterprise']}”这家企业")
    text(field(each, "unit", where), f"{where}.unit")
    whole(field(each, "minutes", where), f"{where}.minutes", 1)
    roles = field(each, "roles", where)
    if not isinstance(roles, list) or not roles:
        raise refuse(f"{where}.roles", "应为非空列表，每人一个资格代码")
    for at, code in enumerate(roles):
        _check_code(code, f"{where}.roles[{at}]", known)
    due = day(field(each, "due", where), f"{where}.due")
    latest = day(field(each, "latest", where), f"{where}.latest")
    if latest < due:
        raise refuse(f"{where}.latest", f"最迟日 {latest} 早于到期日 {due}")
    if each.get("earliest") is not None:
        day(each["earliest"], f"{where}.earliest")
    whole(field(each, "prep_workdays", where), f"{where}.prep_workdays")
    whole(field(each, "early_cost", where), f"{where}.early_cost")
    if field(each, "state", where) not in STATES:
        raise refuse(f"{where}.state", f"应为 any、shutdown 或 running，现为 {each['state']!r}")


def _check_previous(instance: Mapping[str, Any], items: set[str]) -> None:
    once = Once()
    for each, where in records(instance, "previous"):
        item = once(text(field(each, "item", where), f"{where}.item"), f"{where}.item")
        if item not in items:
            raise refuse(f"{where}.item", f"没有“{item}”这个项目")
        day(field(each, "date", where), f"{where}.date")
        whole(each.get("move_cost", 0), f"{where}.move_cost")
        if not isinstance(each.get("pinned", False), bool):
            raise refuse(f"{where}.pinned", f"应为 true 或 false，现为 {each['pinned']!r}")
