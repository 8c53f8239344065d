"""worker, serve: the timetable; gunicorn and the timetable together for one machine."""

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

_STOP_SECONDS, _LOOK_SECONDS = 30, 0.3


def add(verbs: Any) -> None:
    worker = verbs.add_parser("worker", help="后台进程：按时核对到期清单、写入和发送提醒")
    worker.set_defaults(run=run_worker)
    serve = verbs.add_parser("serve", help="一台机器上同时运行网页和后台进程")
    serve.set_defaults(run=run_serve)


def run_worker(args: Namespace) -> int:
    from inspect_station.worker import Worker  # the scheduler is needed here only

    return Worker(args.settings).run()


def run_serve(args: Namespace) -> int:
    """Start both, stop both. If one dies the other is stopped too, so that whoever watches us notices."""
    commands = {
        "web": [sys.executable, "-m", "gunicorn", "wsgi:app"],
        "worker": [sys.executable, "-m", "inspect_station", "worker"],
    }
    return Pair(commands).run()


class Pair:
    """Child processes that live and end together."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._commands = commands
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        # A session of their own: Ctrl-C reaches us alone, and we stop both in order.
        self._children = {
            name: subprocess.Popen(command, start_new_session=True, env=os.environ.copy())
            for name, command in self._commands.items()
        }
        # No Event here: its lock may be held by the very wait that the signal interrupts, and `set` would wait for ever.
        while not self._asked_to_stop:
            time.sleep(_LOOK_SECONDS)
            dead = [name for name, child in self._children.items() if child.poll() is not None]
            if dead:
                print(f"{dead[0]} 意外结束，另一个进程也已停止。请看上面的日志。", file=sys.stderr)
                break
        codes = self._end_all()
        # A child stopped before it was ready dies of the signal itself: that is as good as leaving by itself.
        return 0 if self._asked_to_stop and set(codes) <= {0, -signal.SIGTERM} else 1

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _end_all(self) -> list[int]:
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        return [self._end(child) for child in self._children.values()]

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        try:
            return child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()
