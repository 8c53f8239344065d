"""`python -m schedules.planning`: the verb `plan` by itself."""

import sys

from schedules.planning.cli import main

sys.exit(main(sys.argv[1:]))
