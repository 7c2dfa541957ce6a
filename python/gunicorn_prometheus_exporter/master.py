"""The master class: Gunicorn's arbiter, which also records, instruments its workers and keeps the exporter running."""

import contextlib
import os
import signal
from typing import Any, ClassVar, Optional, cast

from gunicorn.arbiter import Arbiter

from . import engine, guard
from .config import FILE_VARIABLE
from .errors import ConfigurationError
from .dirty_arbiter_process import DirtyArbiterProcess
from .exporter_process import ExporterProcess
from .last_stacks import LastStacks
from .log_lines import one_line
from .master_exits import WorkerExits
from .master_recording import ANYTHING, METRICS, RecordingMaster
from .private_names import put, read
from .worker import InstrumentedWorker, instrument

# What a fault affects: the guard logs it as ``part``.
_DIRTY = "dirty workers"
_EXITS = "exits of workers"
_EXPORTER = "the exporter"
_STACKS = "stacks of workers that timed out"


class PrometheusMaster(RecordingMaster):
    """Gunicorn's arbiter, which instruments its workers, counts their restarts and keeps the exporter running.

    ``adopt`` changes the class of a running arbiter to this one without ``__init__``, so attributes have defaults here.
    """

    _exporter: Optional[ExporterProcess] = None

    #: The dirty arbiter that this master started last.
    _dirty: Optional[DirtyArbiterProcess] = None

    _last_stacks: ClassVar[LastStacks] = LastStacks()

    #: Whether a reload is running, which stops all earlier workers.
    _is_reloading = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Takes ``(app)``, as Gunicorn does, or ``(age, ppid, sockets, app, timeout, cfg, log)``, like a worker.

        Only the application is used: an arbiter reads the other values from its configuration.
        """
        super().__init__(_application(*arguments, **named))

    def setup(self, app: Any) -> None:
        super().setup(app)
        guard.call(ANYTHING, _instrument_workers, self)
        if self._is_reloading:
            if os.environ.get(FILE_VARIABLE):
                guard.call("the configuration", self._reload_file)
            guard.call(METRICS, self._renew_store)
            guard.call(ANYTHING, self._note_name)

    def start(self) -> None:
        """Starts the server and the exporter, even without hooks in the configuration."""
        self._setup_master_metrics()
        super().start()
        self.start_exporter()

    def halt(self, *arguments: Any, **named: Any) -> None:
        """Stops the server, then the exporter."""
        try:
            super().halt(*arguments, **named)
        finally:
            self.shut_down()

    def manage_workers(self) -> None:
        """Keeps workers and exporter running. Gunicorn calls it at least once a second."""
        guard.call(METRICS, self._watch_store)
        guard.call(METRICS, self._record)
        guard.call(_EXITS, self._record_exits)
        guard.call(_EXPORTER, self._tend)
        super().manage_workers()

    def reload(self) -> None:
        self._is_reloading = True
        try:
            super().reload()
        finally:
            self._is_reloading = False

    def kill_worker(self, pid: int, sig: int) -> None:
        guard.call(_EXITS, self._note_order, pid, sig)
        if sig == signal.SIGABRT:
            guard.call(_STACKS, self._take_stacks, pid)
        super().kill_worker(pid, sig)

    def reap_workers(self) -> None:
        """Records how children exited, then reaps them."""
        if self._exporter is not None:
            guard.call(_EXPORTER, self._exporter.poll)
        # A forked worker has a copy of this object, and its signal handlers until it sets its own.
        exits = self._exits
        if exits is None or self._store is None or not self._store.is_ours:
            super().reap_workers()
            return
        before = guard.call(_EXITS, self._observe, exits)
        try:
            super().reap_workers()
        finally:
            if before is not None:
                guard.call(_EXITS, exits.settle, before, self._workers)

    def spawn_dirty_arbiter(self) -> Optional[int]:
        """Starts the dirty arbiter, which then instruments itself and its workers. Gunicorn has one from version 25 on."""
        if not self._dirty_pid:
            guard.call(_DIRTY, self._expect_dirty_arbiter)
        pid: Optional[int] = super().spawn_dirty_arbiter()
        return pid

    def kill_dirty_arbiter(self, sig: int) -> None:
        guard.call(_EXITS, self._note_order, self._dirty_pid, sig)
        super().kill_dirty_arbiter(sig)

    def reap_dirty_arbiter(self) -> None:
        """Records how the dirty arbiter exited, then reaps it."""
        if self._exits is not None and self._store is not None and self._store.is_ours:
            guard.call(_EXITS, self._exits.observe, self._workers)
        super().reap_dirty_arbiter()

    def start_exporter(self, variables: Optional[dict[str, str]] = None) -> None:
        """Starts the exporter once, if there is a store. ``variables`` override the exporter's environment."""
        guard.call(_EXPORTER, self._start_exporter, variables or {})

    def shut_down(self) -> None:
        """Stops the exporter and marks the run as finished. Further calls have no effect."""
        # A KeyboardInterrupt from the application leads a worker here too, with a copy of this object.
        if self._store is not None and not self._store.is_ours:
            return
        guard.call(METRICS, self._count_last)
        if self._exits is not None:
            guard.call(_EXITS, self._exits.finish, self._workers)
        if self._exporter is not None:
            guard.call(_EXPORTER, self._exporter.stop)
        if self._store is not None:
            guard.call(METRICS, self._store.close)

    @property
    def _workers(self) -> dict[int, Any]:
        workers: dict[int, Any] = read("gunicorn.arbiter:Arbiter.WORKERS", {}, self)
        pid = self._dirty_pid
        return {**workers, pid: self._dirty} if pid else workers

    @property
    def _dirty_pid(self) -> int:
        if self._dirty is None:
            return 0
        pid: int = read("gunicorn.arbiter:Arbiter.dirty_arbiter_pid", 0, self)
        return pid

    def _record_exits(self) -> None:
        if self._exits is not None:
            self._exits.forget_old_oom_kills()
            # Gunicorn may have reaped a worker before it was in WORKERS. No other call reports that worker.
            self._exits.observe(self._workers)
            self._exits.write()

    def _tend(self) -> None:
        if self._exporter is not None:
            self._exporter.tend()

    def _note_order(self, pid: int, sig: int) -> None:
        worker = self._workers.get(pid)
        if worker is not None:
            worker.note_kill(sig, "reload" if self._is_reloading else "graceful")

    def _take_stacks(self, pid: int) -> None:
        """Records what a worker does that timed out."""
        worker = self._workers.get(pid)
        if self._store is not None and self._store.is_ours and isinstance(worker, InstrumentedWorker):
            # The worker may exit at any time.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                self._last_stacks.take(self._store, pid, self.cfg.uid, worker.stack_place)

    def _observe(self, exits: WorkerExits) -> dict[int, Any]:
        before = dict(self._workers)
        exits.observe(before)
        return before

    def _expect_dirty_arbiter(self) -> None:
        exits = self._exits
        if exits is None or self._store is None or not self._store.is_ours:
            return
        exits.write()
        if self._dirty is None or self._dirty.cfg is not self.cfg:
            users = self.cfg.on_dirty_starting

            def on_dirty_starting(arbiter: Any) -> None:
                guard.call(_DIRTY, self._adopt_dirty, arbiter)
                users(arbiter)

            self.cfg.set("on_dirty_starting", on_dirty_starting)
        self._dirty = DirtyArbiterProcess(self.cfg, self._dirty)

    def _adopt_dirty(self, arbiter: Any) -> None:
        from . import dirty_arbiter

        if self._dirty is not None and self._exits is not None:
            dirty_arbiter.adopt(arbiter, self._dirty, self._exits.oom_kills)

    def _start_exporter(self, variables: dict[str, str]) -> None:
        if self._exporter is None and self._store is not None:
            # A hook of the user may have removed the directory. No worker has opened it yet.
            self._renew_store()
            # "http://127.0.0.1:8000", "unix:/run/app.sock"
            listeners = [str(listener).rpartition("://")[2] for listener in read("gunicorn.arbiter:Arbiter.LISTENERS", [], self)]
            self._exporter = ExporterProcess(
                self._store.directory, listeners, self.cfg.uid, self.cfg.gid, self.log, self.cfg.loglevel, variables)
            self._exporter.tend()

    def _reload_file(self) -> None:
        """Applies the configuration file to new workers and the exporter. An invalid file changes nothing."""
        try:
            engine.configure(engine.file_variables())
        except ConfigurationError as error:
            self.log.error("Configuration reload failed; keeping the previous one: %s", one_line(error))
        if self._exporter is not None:
            self._exporter.reload()

def adopt(server: Any) -> PrometheusMaster:
    """Turns a running arbiter of any class into a PrometheusMaster, if it is not one."""
    if isinstance(server, PrometheusMaster):
        return server
    stock = type(server)
    ours = PrometheusMaster if stock is Arbiter else type(stock.__name__, (PrometheusMaster, stock), {})
    put("gunicorn.arbiter:Arbiter.__class__", ours, server)
    guard.call(ANYTHING, _instrument_workers, server)
    return cast(PrometheusMaster, server)


def _instrument_workers(server: Any) -> None:
    put("gunicorn.arbiter:Arbiter.worker_class", instrument(server.worker_class), server)


def _application(*arguments: Any, app: Any = None, **_: Any) -> Any:
    if app is not None:
        return app
    if len(arguments) in (1, 7):
        return arguments[0] if len(arguments) == 1 else arguments[3]
    raise TypeError(
        "PrometheusMaster takes (app) or (age, ppid, sockets, app, timeout, cfg, log), "
        f"not {len(arguments)} arguments"
    )
