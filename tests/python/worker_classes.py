"""The worker classes under test, by their names in the tests and the matrix."""

from typing import NamedTuple

PLUGIN = "gunicorn_prometheus_exporter.plugin."


class WorkerClass(NamedTuple):
    """A worker class of Gunicorn or of another package."""

    #: Gunicorn's setting ``worker_class``.
    setting: str

    #: The module that it needs.
    module: str

    #: An application that it can run.
    app: str = "app:app"

    #: The requests that it can have in flight, with ``threads`` as here and ``worker_connections = 7``.
    capacity: int = 7

    #: Whether Gunicorn itself writes its responses, and sends nothing after an OSError, which it takes for a disconnect.
    is_gunicorns: bool = False

    #: Whether it answers all requests that a client sends at once.
    answers_all: bool = True

    #: The package that it needs beside Gunicorn.
    package: str = ""

    #: Gunicorn's setting ``threads``.
    threads: int = 1

    @property
    def conf(self) -> str:
        """The configuration lines that select it."""
        return f"worker_class = {self.setting!r}\nthreads = {self.threads}\n"


WSGI = {
    "sync": WorkerClass("sync", "gunicorn.workers.sync", capacity=1, is_gunicorns=True, answers_all=False),
    # It ignores requests that it has already read into its buffer.
    "gthread": WorkerClass("gthread", "gunicorn.workers.gthread", threads=4, capacity=4, is_gunicorns=True, answers_all=False),
    "gevent": WorkerClass("gevent", "gunicorn.workers.ggevent", package="gevent", is_gunicorns=True),
    "gevent_pywsgi": WorkerClass("gevent_pywsgi", "gunicorn.workers.ggevent", package="gevent"),
    "eventlet": WorkerClass("eventlet", "gunicorn.workers.geventlet", package="eventlet", is_gunicorns=True),
    "tornado": WorkerClass("tornado", "gunicorn.workers.gtornado", package="tornado"),
}
ASGI = {
    "uvicorn": WorkerClass("uvicorn.workers.UvicornWorker", "uvicorn.workers", "asgi_app:app", package="uvicorn"),
    "asgi": WorkerClass("gunicorn.workers.gasgi.ASGIWorker", "gunicorn.workers.gasgi", "asgi_app:app"),
}
STOCK = {**WSGI, **ASGI}

#: The package's classes, each with the key in STOCK of the class that it extends.
OURS = {
    "PrometheusWorker": "sync",
    "PrometheusThreadWorker": "gthread",
    "PrometheusGeventWorker": "gevent",
    "PrometheusEventletWorker": "eventlet",
    "PrometheusTornadoWorker": "tornado",
    "PrometheusUvicornWorker": "uvicorn",
    "PrometheusASGIWorker": "asgi",
}
ALL = {**STOCK, **{name: STOCK[stock]._replace(setting=PLUGIN + name) for name, stock in OURS.items()}}
