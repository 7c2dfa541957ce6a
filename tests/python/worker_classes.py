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

    #: Gunicorn's setting ``threads``.
    threads: int = 1

    @property
    def conf(self) -> str:
        """The configuration lines that select it."""
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
