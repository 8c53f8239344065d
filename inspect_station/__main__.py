"""`python -m inspect_station VERB`."""

import os
import sys

from inspect_station.cli import main

os.umask(0o077)  # a database, a copy or an export holds people's numbers: it is for whoever made it
sys.exit(main(sys.argv[1:]))
