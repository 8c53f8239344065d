"""`due` and `check` of the command line: JSON cases in, answers out; a rules folder judged."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from schedules.answers import Answer, as_json, bucket, enforced_on
from schedules.dates import Day, add_months
from schedules.due import due_dates
from schedules.facts import FactError, from_json
from schedules.rulebook import Rulebook, RulebookError, load

STALE_MONTHS = 12
"""A source that nobody has looked at for a year may have been replaced unnoticed."""


class UnusableInputError(Exception):
    """The command could not run at all; the message is one sentence for stderr, the exit code 2."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence instead of a usage block."""

    def error(self, message: str) -> NoReturn:
        raise UnusableInputError(f"命令参数有误：{message}。请用 --help 查看用法。")


def due(argv: list[str]) -> int:
    parser = Parser(prog="python -m schedules due", description="计算各项检验的到期日")
    parser.add_argument("--on", required=True, type=_day, help="按哪一天判断，如 2026-11-22")
    parser.add_argument("--rules", type=Path, help="规则目录（默认用自带的）")
    parser.add_argument("file", nargs="?", default="-", help="案例（JSON 数组）；- 为标准输入")
    args = parser.parse_args(argv)
    cases = read_cases(args.file)
    book = _usable(args.rules)
    results = [answer_case(case, args.on, book) for case in cases]
    _print_array(results)
    refused = [(number, result) for number, result in enumerate(results, 1) if "error" in result]
    for number, result in refused:
        print(f"第 {number} 个案例（id {_dumps(result['id'])}）：{result['error']}", file=sys.stderr)
    return 1 if refused else 0


def answer_case(case: object, on: date, book: Rulebook) -> dict[str, Any]:
    """The answers of one case, or the reason why it cannot be read."""
    name = case.get("id") if isinstance(case, dict) else None
    try:
        equipment = from_json(case)
        return {"id": name, "clocks": [as_json(answer, on) for answer in due_dates(equipment, on, book)]}
    except FactError as error:
        return {"id": name, "error": str(error)}


def check(argv: list[str]) -> int:
    parser = Parser(prog="python -m schedules check", description="检查规则目录，预览改动的影响")
    parser.add_argument("--rules", type=Path, help="要检查的规则目录（默认自带的）")
    parser.add_argument("--against", type=Path, help="与之比较的现行规则目录")
    parser.add_argument("--register", help="设备案例（JSON 数组，同 due 的输入）")
    parser.add_argument("--on", type=_day, help="按哪一天判断（来源是否过时；--against 时的比较日）")
    args = parser.parse_args(argv)
    if (args.against is None) != (args.register is None):
        raise UnusableInputError("--against 与 --register 须同时给出：与哪套规则比较，用哪些设备比较。")
    cases = read_cases(args.register) if args.register else []
    try:
        book = _load(args.rules)
        before = _load(args.against) if args.against else None
    except RulebookError as error:
        print(error, file=sys.stderr)
        return 1
    _print_lines(_report(book, args.on))
    if before is None:
        return 0
    on = args.on or _newest_check(book)
    unreadable = _print_lines(_moves(cases, on, before, book))
    return 1 if unreadable else 0


# --- input


def _day(text: str) -> date:
    try:
        day = Day.parse(text)
    except ValueError:
        day = None
    if day is None or day.is_month:
        raise argparse.ArgumentTypeError(f"{text!r} 不是日期，应如 2026-11-22")
    return day.date


def read_cases(name: str) -> list[Any]:
    """The JSON array of a file ("-": standard input). UnusableInputError where it is none."""
    shown = "标准输入" if name == "-" else name
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UnusableInputError(f"读不到文件 {shown}：{error.strerror or error}。") from error
    try:
        cases = json.loads(
            raw.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:
        raise UnusableInputError(f"{shown} 不是有效的 UTF-8 JSON：{error}。") from error
    if not isinstance(cases, list):
        raise UnusableInputError(f"{shown} 应为 JSON 数组（[案例, …]），请检查最外层。")
    return cases


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key written twice nobody can say which value was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"duplicate key {_dumps(twice)}")
    return found


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_constant(text)


def _load(directory: Path | None) -> Rulebook:
    try:
        return load(directory)
    except OSError as error:
        raise UnusableInputError(f"没有规则目录 {directory}，请检查路径。") from error


def _usable(directory: Path | None) -> Rulebook:
    try:
        return _load(directory)
    except RulebookError as error:
        raise UnusableInputError(str(error)) from error


# --- output


def _print_array(results: list[dict[str, Any]]) -> None:
    """One result a line, so that a large answer can still be read and compared."""
    sys.stdout.write("[\n" + ",\n".join(map(_dumps, results)) + "\n]\n" if results else "[]\n")


def _dumps(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate in an id: only its escaped form is valid UTF-8
        return json.dumps(value, allow_nan=False)
    return text


def _print_lines(lines: Iterator[str]) -> bool:
    """Print a report; True where a line says that something could not be read."""
    unreadable = False
    for line in lines:
        print(line)
        unreadable = unreadable or line.startswith(_UNREADABLE)
    return unreadable


_UNREADABLE = "无法读取"


# --- check


def _report(book: Rulebook, on: date | None) -> Iterator[str]:
    size = f"{len(book.rules)} 条规则，{len(book.versions)} 个版本"
    yield f"规则库 {book.digest}：{size}，无矛盾、无缺口。"
    unverified = book.unverified()
    yield f"待核实的版本：{len(unverified)}"
    for version in unverified:
        kind = version.kind.label if version.kind else "总则"
        yield f"  {kind}  {version.rule}  {version.citation}  [{version.verified}] {version.verified.label}"
    yield from _stale(book, on)


def _newest_check(book: Rulebook) -> date:
    sources = [source.checked_on for source in book.sources.values()]
    return max(sources + [version.checked_on for version in book.versions])


def _stale(book: Rulebook, on: date | None) -> Iterator[str]:
    """Nothing here reads the clock: without a day, sources are held against the newest check among them."""
    day = on or _newest_check(book)
    since = add_months(day, -STALE_MONTHS)
    stale = sorted((s for s in book.sources.values() if s.checked_on < since), key=lambda s: s.checked_on)
    basis = "" if on else "（未给 --on，以最近一次核对之日为准）"
    yield f"超过 {STALE_MONTHS} 个月未核对的来源，按 {day} 计{basis}：{len(stale)}"
    for source in stale:
        yield f"  {source.document}  {source.title}  最近核对 {source.checked_on}"


def _moves(cases: list[Any], on: date, before: Rulebook, after: Rulebook) -> Iterator[str]:
    """Which devices' answers change from one rulebook to the other, and dates by how many days."""
    moved = same = 0
    yield f"与现行规则比较，按 {on} 计："
    for number, case in enumerate(cases):
        name = case.get("id") if isinstance(case, dict) and case.get("id") is not None else f"第 {number + 1} 个案例"
        try:
            equipment = from_json(case)
        except FactError as error:
            yield f"{_UNREADABLE} {name}：{error}"
            continue
        pairs = zip(due_dates(equipment, on, before), due_dates(equipment, on, after), strict=True)
        changes = [change for old, new in pairs if (change := _change(old, new, on))]
        moved, same = moved + bool(changes), same + (not changes)
        yield from (f"  {name}  {change}" for change in changes)
    yield f"日期或结论有变动的设备 {moved} 台，不变的 {same} 台。"


def _change(old: Answer, new: Answer, on: date) -> str | None:
    if _gist(old) == _gist(new):
        return None
    was, now = enforced_on(old), enforced_on(new)
    days = f"（{(now - was).days:+d} 天）" if was and now and was != now else ""
    return f"{old.clock.label}：{_shown(old, on)} → {_shown(new, on)}{days}"


def _gist(answer: Answer) -> tuple[object, ...]:
    """What a person would notice: the kind of answer, its dates and its reason."""
    names = ("on", "earliest", "latest", "why", "missing", "precision", "origin", "before_use")
    return (type(answer), *(getattr(answer, name, None) for name in names))


def _shown(answer: Answer, on: date) -> str:
    day = enforced_on(answer)
    return f"{day}（{bucket(answer, on).label}）" if day else bucket(answer, on).label
