"""R2: several workers at once, and twenty that start in the same moment: exactly what is owed, each once."""

from collections import Counter
from collections.abc import Iterator, Sequence

from drills import park, senders
from drills.ground import NOW, Ground, Place
from drills.park import Owed
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.registry.models import Equipment
from inspect_station.reminders.models import Message, OwedStep

STEPS, PEOPLE = 2_000, 2
_DAYS: Sequence[int] = (170, 88, 45, 20, 10, 3, 0, -1, -10, -40)
# (processes that tick and deliver at once, senders in each, engine): five rounds and more
ROUNDS = (
    (2, 2, "sqlite"),
    (4, 2, "postgresql"),
    (20, 1, "sqlite"),
    (20, 1, "postgresql"),
    (4, 1, "sqlite"),
)


def run(ground: Ground) -> Iterator[Tally]:
    for processes, threads, engine in ROUNDS:
        if engine in ground.engines:
            yield _round(ground.station(engine), processes, threads)


def _round(place: Place, processes: int, threads: int) -> Tally:
    tally = Tally(f"{processes} at once with {threads} senders, {place.engine}")
    days = [_DAYS[n % len(_DAYS)] for n in range(STEPS // PEOPLE)]
    with Postmaster() as office:
        with place.opened():
            owed = park.fill(park.FIRMS, PEOPLE, days)
        codes = senders.at_once(senders.tick_and_deliver, processes, place.mailing(office.port), NOW, threads)
        tally.given = len(codes)
        tally.expect_equal([code for code in codes if code], [], "exit codes")
        with place.opened():
            _count(tally, owed, office)
    return tally


def _count(tally: Tally, owed: set[Owed], office: Postmaster) -> None:
    o = OwedStep
    rows = o.select(Equipment.own_number, o.recipient, o.step, o.week, o.state).join(Equipment).tuples()
    written = Counter(tuple(row[:4]) for row in rows)
    tally.weigh(owed, written)
    letters = Counter(recipient for recipient, _ in office.arrived)
    tally.weigh(park.addresses(park.FIRMS, PEOPLE), letters)
    tally.uncertain = Message.select().where(Message.doubtful).count()
    tally.expect_equal(tally.lost, 0, "lost")
    tally.expect_equal(tally.doubled, 0, "doubled")
    tally.expect_equal(tally.uncertain, 0, "uncertain without a fault")
    tally.expect_equal(len(owed), STEPS, "steps owed")
    tally.expect_equal({row[4] for row in rows}, {"sent"}, "states of the steps")
