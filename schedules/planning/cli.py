"""The verb `plan`: make a plan, or check one without the solver."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from schedules.planning import reading
from schedules.planning.check import UnreadablePlanError
from schedules.planning.tally import measure


class _UnusableInputError(Exception):
    """Input that cannot be used; the message names file and field."""


def main(argv: list[str]) -> int:
    """Exit code 0 on success, 1 for a plan with errors, 2 for unusable input."""
    args = _arguments(argv)
    try:
        return _check(args.check[0], args.check[1]) if args.check else _plan(args)
    except _UnusableInputError as error:
        print(error, file=sys.stderr)
        return 2


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m schedules plan", description=__doc__)
    parser.add_argument("instance", nargs="?", metavar="INSTANCE.json")
    parser.add_argument("--check", nargs=2, metavar=("INSTANCE.json", "PLAN.json"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", metavar="PLAN.json")
    args = parser.parse_args(argv)
    if bool(args.check) == bool(args.instance):
        parser.error("给出 INSTANCE.json，或 --check INSTANCE.json PLAN.json")
    if not 0 < args.seconds < float("inf"):
        parser.error("--seconds 应为大于 0 的秒数")
    return args


def _load(path: str) -> Any:
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise _UnusableInputError(f"{path}：读不到文件（{error.strerror}）") from None
    except (ValueError, RecursionError) as error:
        raise _UnusableInputError(f"{path}：不是 JSON（{error}）") from None


def _instance(path: str) -> Any:
    instance = _load(path)
    try:
        reading.check(instance)
    except reading.InstanceError as error:
        raise _UnusableInputError(f"{path}：{error}") from None
    return instance


def _check(instance_path: str, plan_path: str) -> int:
    instance, plan = _instance(instance_path), _load(plan_path)
    try:
        result = measure(instance, plan)
    except UnreadablePlanError as error:
        raise _UnusableInputError(f"{plan_path}：{error}") from None
    _write(result, None)
    return 0 if result["ok"] else 1


def _plan(args: argparse.Namespace) -> int:
    from schedules.planning.planner import plan

    instance = _instance(args.instance)
    made = plan(instance, time_limit_s=args.seconds, seed=args.seed, workers=args.workers)
    _write(made, args.output)
    return 0


def _write(value: Any, path: str | None) -> None:
    body = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    if path is None:
        sys.stdout.buffer.write(body.encode())
        sys.stdout.flush()
        return
    try:
        Path(path).write_text(body, encoding="utf-8")
    except OSError as error:
        raise _UnusableInputError(f"{path}：写不了文件（{error.strerror}）") from None
