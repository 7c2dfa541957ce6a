"""Runs Gunicorn as its own script does: SIGUSR2 can re-execute a script, but not ``python -m gunicorn``."""

from gunicorn.app.wsgiapp import run

run()
