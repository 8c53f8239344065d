"""`python -m drills.host_worker`: a worker on the drill's clock, its settings from the environment, as on a host of its own."""

import os

from drills import senders
from inspect_station import config

if __name__ == "__main__":
    senders.work(config.load(), float(os.environ["DRILL_AHEAD_SECONDS"]))
