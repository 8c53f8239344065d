"""`python -m inspect_station VERB`."""

import sys

from inspect_station.cli import main

sys.exit(main(sys.argv[1:]))
