"""Runs Gunicorn as its own script does; SIGUSR2 can run it again, which it cannot do for ``python -m gunicorn``."""

from gunicorn.app.wsgiapp import run

run()
