"""The mixin for worker classes: it loads the engine in a worker and records its state, requests and errors."""

import os
import platform
from ssl import SSLError
from types import FrameType, ModuleType
from typing import Any, Optional

import gunicorn
from gunicorn.workers.base import Worker

from . import engine, file_environment, gc_callback, guard, heartbeat, stacks, store_in_time, worker_kinds
from .absence import ABSENCE
from .errors import ConfigurationError, MetricsError
from .log_lines import one_line
from .outcome import is_unsent
from .status_probe import StatusProbe
from .watched_process import WatchedProcess
from .worker_stage import SharedStage, StackPlace, Stage

_STATE = "the state of workers"
_INVALID = "requests that could not be parsed"


class InstrumentedWorker(WatchedProcess, Worker):
    """The first base of a worker class that records, before Gunicorn's own. Without an engine it changes nothing."""

    _engine: Optional[ModuleType] = None

    #: In the worker: whether its master gave it up.
    is_aborted = False

    exits_family = "gunicorn_worker_exits_total"
    recycles_itself = True

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Runs in the master, before the fork."""
        super().__init__(*arguments, **named)
        self._stage = SharedStage()
        guard.call("anything", self._settle_store)

    @classmethod
    def setup(cls) -> None:
        """Creates the store's directory. The master calls it before it preloads the application."""
        guard.call("anything", store_in_time.settle)
        stock = getattr(super(), "setup", None)
        if stock is not None:
            stock()

    def load_wsgi(self) -> None:
        """Loads the application, then the engine, which depends on what the application has imported."""
        engine.enter_worker()
        heartbeat.report_by(self.notify)
        guard.call("anything", settle_for_application, self.cfg, self.log)
        super().load_wsgi()
        if engine.refusal() is not None:
            return
        try:
            self._open_engine()
        except (MetricsError, ConfigurationError) as error:
            guard.call("anything", self.log.error, "Metrics of this worker are off: %s", one_line(error))
        except Exception:
            guard.fault("anything of this worker")

    def run(self) -> None:
        # After post_worker_init, in which an application may set its own hooks.
        if self._engine is not None:
            check = guard.call("stacks", stacks.install, self, self._engine, self._stage)
            guard.call("requests", worker_kinds.install, self, self._engine, check)
            guard.call("garbage collections", gc_callback.install, self._engine)
        guard.call(_STATE, self._stage.reach, Stage.SERVING)
        self.enter_state("running")
        super().run()

    @property
    def stack_place(self) -> StackPlace:
        """In the master: how to take the worker's stacks."""
        return self._stage.stacks

    def update_worker_metrics(self) -> None:
        """Refreshes memory, CPU and uptime now rather than within a second."""
        if self._engine is not None:
            guard.call("memory, CPU and uptime", self._engine.update)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Sends an error response and counts the error. Without a request it counts a request that could not be parsed."""
        if self._engine is not None and req is not None:
            guard.call("exceptions of requests", self._count_error, req, exc)
        # A client whose TLS handshake fails has not sent a request.
        if self._engine is None or req is not None or isinstance(exc, SSLError) or is_unsent(exc):
            super().handle_error(req, client, addr, exc)
            return
        probe = StatusProbe(client)
        super().handle_error(req, probe, addr, exc)
        guard.call(_INVALID, self._engine.request_invalid, probe.status, type(exc).__name__)

    def handle_exit(self, signum: int, frame: Optional[FrameType]) -> None:
        """Stops after the request in flight."""
        self.note_order()
        super().handle_exit(signum, frame)

    def handle_quit(self, signum: int, frame: Optional[FrameType]) -> None:
        """Stops at once."""
        self.note_order()
        super().handle_quit(signum, frame)

    def handle_exit_signal(self) -> None:
        """Stops after the requests in flight. Gunicorn's ASGI worker calls it instead of ``handle_exit``."""
        self.note_order()
        super().handle_exit_signal()  # type: ignore[misc]

    def handle_quit_signal(self) -> None:
        """Stops at once. Gunicorn's ASGI worker calls it instead of ``handle_quit``."""
        self.note_order()
        super().handle_quit_signal()  # type: ignore[misc]

    def handle_abort_signal(self) -> None:
        """Stops at once. Gunicorn's ASGI worker calls it instead of ``handle_abort``."""
        self.enter_state("abort")
        super().handle_abort_signal()  # type: ignore[misc]

    def handle_abort(self, signum: int, frame: Optional[FrameType]) -> None:
        """Stops at once, because the master received no heartbeat within ``timeout``."""
        self.is_aborted = True
        self.enter_state("abort")
        super().handle_abort(signum, frame)

    def note_order(self) -> None:
        """Records that the worker received a stop signal, from any sender."""
        guard.call(_STATE, self._stage.reach, Stage.STOPPING)
        self.enter_state("quit")

    def enter_state(self, state: str) -> None:
        if self._engine is not None:
            guard.call(_STATE, self._engine.set_state, state)

    def _clear_old_metrics(self) -> None:
        """Does nothing: a worker continues the files of its slot, so there are no old metrics."""

    def _settle_store(self) -> None:
        # If the configuration has no hooks of this package, this is its first call in a master.
        store_in_time.hand_over(self.cfg.uid, self.cfg.gid)
        store_in_time.remember()
        engine.say_refusal(self.log)

    def _count_error(self, req: Any, exc: BaseException) -> None:
        from .request_hooks import count_error

        assert self._engine is not None
        count_error(self._engine, req, exc)

    def _open_engine(self) -> None:
        from .metrics import WorkerInfo

        loaded = engine.load()
        worker_id = loaded.statistics()["worker_id"]
        WorkerInfo().set(
            1.0,
            worker_id=worker_id,
            pid=os.getpid(),
            worker_class=self.cfg.worker_class_str,
            python=platform.python_version(),
            gunicorn=gunicorn.__version__,
        )
        guard.call("the accept queues", self._report_sockets)
        self._engine = loaded

    def _report_sockets(self) -> None:
        # The exporter cannot find the sockets of another user's worker itself, nor those that a worker does not share with its master.
        from .metrics import ListenerSocket

        for sock in self.sockets:
            ListenerSocket.set(1.0, inode=os.fstat(sock.fileno()).st_ino)


def settle_for_application(cfg: Any, log: Any) -> None:
    """Creates the store before this worker loads its application, or makes ``prometheus_client`` work without it."""
    guard.call("anything", file_environment.follow, cfg)
    # No master refused: ABSENCE is None in a package that has an engine, and without one prometheus_client is left alone.
    if engine.refusal() is ABSENCE:
        store_in_time.settle_in_worker()
    engine.say_refusal(log)
    if engine.refusal() is not ABSENCE:
        store_in_time.do_without(cfg)


def instrument(worker_class: type[Worker], name: str = "", module: str = __name__) -> type[Worker]:
    """Returns a subclass that records, or the class itself if it already does."""
    if issubclass(worker_class, InstrumentedWorker):
        return worker_class
    stock = worker_class.__name__
    contents = {"__doc__": f"Gunicorn's {stock}, which records every request.", "__module__": module}
    return type(name or stock, (InstrumentedWorker, worker_class), contents)
