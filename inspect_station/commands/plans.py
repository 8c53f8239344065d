"""plan-work: the process in which a plan is made."""

import os
from argparse import Namespace
from typing import Any

from inspect_station import clock
from inspect_station.planning import service

_YIELDS = 5  # whoever waits for a page goes before a plan


def add(verbs: Any) -> None:
    step = verbs.add_parser("plan-work", help="计算一份网页上提出的计划（由网页自动启动）")
    step.add_argument("id", type=int)
    step.add_argument("--steps", type=int, help="按工作量而不按时间：同样的工作量在任何机器上得到同一份计划")
    step.set_defaults(run=make)


def make(args: Namespace) -> int:
    os.nice(_YIELDS)
    service.work.work(args.id, clock.now, steps=args.steps)
    return 0
