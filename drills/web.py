"""What gunicorn serves in a drill: the station's own application on the drill's clock."""

from drills import timeshift
from inspect_station import create_app

timeshift.shift()
app = create_app()
