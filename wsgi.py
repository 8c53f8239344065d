"""What gunicorn serves: `gunicorn wsgi:app`."""

from inspect_station import create_app

app = create_app()
