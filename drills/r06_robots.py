"""R6: group robots that answer 200 with an error code, 429, 5xx, a redirect; twenty a minute, then silence; 300 messages.

The receivers are real HTTP servers on this machine; time passes only when somebody waits, so a quarter of an hour of
limits takes seconds.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from drills import park
from drills.ground import NOW, SECRET, TODAY, Ground, Place
from drills.tally import Tally
from inspect_station import clock, sealing
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import service
from inspect_station.reminders.models import Message
from tests.reminders.park import robot_of
from tests.reminders.receivers import Answer, Limited, Receiver, receiver

_LINK = re.compile(r"/r/[a-z2-7]{26}([0-9]+)")  # the message's number stands last in the link it carries
EACH = 100  # messages to each of the three robots
TIMES = 5
# (kind, letters a minute, seconds of silence for one too many, how it says so)
ROBOTS = (
    ("wecom", 20, 60.0, {"errcode": 45009, "errmsg": "freq limit"}),
    ("dingtalk", 20, 600.0, {"errcode": 130101, "errmsg": "too fast"}),
    ("feishu", 100, 60.0, {"code": 11232, "msg": "frequency limited"}),
)
# (what it answers, how often it has the letter in the end: whoever hangs up may have taken it, so it comes again, flagged)
NO_YES = (
    ("200 with an error code for good", Answer(body={"errcode": 93000, "errmsg": "invalid webhook url"}), 0),
    ("200 with an error code for now", Answer(body={"errcode": -1, "errmsg": "busy"}), 1),
    ("200 with nonsense", Answer(body=b"<html>ok</html>"), 1),
    ("429 with Retry-After", Answer(status=429, body=b"", headers={"Retry-After": "77"}), 1),
    ("500", Answer(status=500, body=b"oops"), 1),
    ("503", Answer(status=503, body=b"later"), 1),
    ("404", Answer(status=404, body=b"gone"), 0),
    ("redirect", Answer(status=302, body=b"", headers={"Location": "http://127.0.0.1:1/"}), 0),
    ("hangs up", Answer(hang_up=True), 2),
)


def run(ground: Ground) -> Iterator[Tally]:
    sealing.use(SECRET)
    yield _limits(ground.station("sqlite"))
    for name, answer, taken in NO_YES:
        yield _no_yes(ground.station("sqlite"), name, answer, taken)
    yield _private(ground.station("sqlite"))


class _Time:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


@contextmanager
def _driven() -> Iterator[_Time]:
    made, monotonic, pause = _Time(), clock.monotonic, clock.pause
    clock.monotonic, clock.pause = (lambda: made.seconds), made.pause
    try:
        yield made
    finally:
        clock.monotonic, clock.pause = monotonic, pause


def _allowed(place: Place) -> Settings:
    return place.settings(robot_hosts="127.0.0.1", private_targets=True)


def _owe(settings: Settings, robots: list[tuple[str, str]]) -> None:
    """A firm for each robot, reached by nothing else."""
    park.fill(len(robots), 0, [10] * len(robots))
    for firm, (kind, address) in zip(Enterprise.select().order_by(Enterprise.id), robots, strict=True):
        robot_of(firm, kind, address)
    service.tick(settings, TODAY, NOW)


def _limits(place: Place) -> Tally:
    """A hundred letters by hand to each robot; one that is asked too often says no and falls silent."""
    tally = Tally("20 a minute, then silence")
    with receiver() as robot, _driven() as time, place.opened():
        rules = {f"/{kind}": Limited(most, block, refusal) for kind, most, block, refusal in ROBOTS}
        robot.rule, robot.clock = (lambda got: rules[got.path](got)), (lambda: time.seconds)
        settings = _allowed(place)
        _owe(settings, [(kind, robot.address(f"/{kind}?key={kind}-key")) for kind, *_ in ROBOTS])
        rows = [number for (number,) in DueRow.select(DueRow.id).where(DueRow.clock == "periodic").tuples()]
        for _ in range(EACH - 1):
            service.remind_now(Actor.system(), settings, rows, TODAY, NOW)
        for minute in range(40):
            time.seconds = max(time.seconds, 60.0 * minute)
            service.deliver(settings, NOW + timedelta(seconds=time.seconds))
        _all_once(tally, robot)
        tally.given = len(robot.got)
        tally.expect_equal(
            {kind: rule.broken for kind, rule in rules.items()}, dict.fromkeys(rules, 0), "limits broken"
        )
        tally.expect_equal(len(robot.taken), EACH * len(ROBOTS), "messages taken")
        tally.remark(
            f"{len(robot.taken)} messages taken by three robots in {time.seconds / 60:.0f} minutes of theirs"
        )
    return tally


def _all_once(tally: Tally, robot: Receiver) -> None:
    numbers = Message.select(Message.id).where(Message.state == "sent").tuples()
    told = [int(_LINK.findall(got.raw.decode())[0]) for got in robot.taken]
    tally.weigh({number for (number,) in numbers}, told)
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")


def _no_yes(place: Place, name: str, answer: Answer, taken: int) -> Tally:
    """Five firms with a robot each; every first answer is no yes."""
    tally = Tally(name)
    with receiver() as robot, _driven() as time, place.opened():
        robot.clock = lambda: time.seconds
        settings = _allowed(place)
        _owe(settings, [("wecom", robot.address(f"/{n}?key=key-{n}")) for n in range(TIMES)])
        for number in range(TIMES):
            robot.will_answer(answer, path=f"/{number}")
        first = service.deliver(settings, NOW)
        tally.given = len(robot.got)
        tally.expect_equal((tally.given, first["sent"]), (TIMES, 0), "asked, taken for a yes")
        for minute in range(1, 30):
            time.seconds = 60.0 * minute
            service.deliver(settings, NOW + timedelta(minutes=minute))
        tally.uncertain = Message.select().where(Message.doubtful).count()
        tally.doubled = max(len(robot.taken) - TIMES, 0)
        tally.expect_equal(len(robot.taken), TIMES * taken, "taken in the end")
        tally.expect(tally.doubled <= tally.uncertain, "doubled and not flagged")
        sent = Message.select().where(Message.state == "sent", Message.channel == "wecom").count()
        tally.expect_equal(sent, TIMES * min(taken, 1), "marked as sent")
    return tally


def _private(place: Place) -> Tally:
    """Without the setting no robot may lie on this machine."""
    tally = Tally("a target within our own network")
    with receiver() as robot, place.opened():
        settings = place.settings(robot_hosts="127.0.0.1,localhost")
        hosts = ("127.0.0.1", "localhost", "127.0.0.1", "localhost", "127.0.0.1")
        _owe(settings, [("wecom", robot.address(f"/{n}?key=k{n}", host)) for n, host in enumerate(hosts)])
        done = service.deliver(settings, NOW)
        tally.given = done["refused"] + done["failed"]
        tally.expect_equal((len(robot.got), done["sent"]), (0, 0), "requests that reached it, sent")
        tally.expect(Contact.select().count() == TIMES, "contacts")
    return tally
