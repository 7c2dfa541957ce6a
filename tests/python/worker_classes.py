"""The worker classes under test, by the names that the tests and the matrix give them."""

from typing import NamedTuple

PLUGIN = "gunicorn_prometheus_exporter.plugin."


class WorkerClass(NamedTuple):
    """One of Gunicorn's worker classes, or of another package's."""

    #: Gunicorn's setting ``worker_class``.
    setting: str

    #: What must be importable for it.
    module: str

    #: The application that it can run.
    app: str = "app:app"

    #: How many requests it is to handle at once, where that is a setting of its own.
    threads: int = 1

    @property
    def conf(self) -> str:
        """The lines of a configuration that choose it."""
        return f"worker_class = {self.setting!r}\nthreads = {self.threads}\n"


WSGI = {
    "sync": WorkerClass("sync", "gunicorn.workers.sync"),
    "gthread": WorkerClass("gthread", "gunicorn.workers.gthread", threads=4),
    "gevent": WorkerClass("gevent", "gunicorn.workers.ggevent"),
    "gevent_pywsgi": WorkerClass("gevent_pywsgi", "gunicorn.workers.ggevent"),
    "eventlet": WorkerClass("eventlet", "gunicorn.workers.geventlet"),
    "tornado": WorkerClass("tornado", "gunicorn.workers.gtornado"),
}
ASGI = {
    "uvicorn": WorkerClass("uvicorn.workers.UvicornWorker", "uvicorn.workers", "asgi_app:app"),
    "asgi": WorkerClass("gunicorn.workers.gasgi.ASGIWorker", "gunicorn.workers.gasgi", "asgi_app:app"),
}
STOCK = {**WSGI, **ASGI}

#: The classes that the package offers, and which of Gunicorn's each is.
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
