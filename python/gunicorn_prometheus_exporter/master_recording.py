"""The part of the master class that records: its store, its slot there, and its counts."""

from typing import Any, Optional

from . import engine, guard, store_in_time
from .errors import ConfigurationError, MetricsError
from .log_lines import one_line
from .master_exits import WorkerExits
from .master_signals import SignalCountingMaster
from .master_store import MasterStore, count_cpu
from .utils import export_directory

_CPU_SECONDS = "gunicorn_master_cpu_seconds_total"
_RESTARTS = "gunicorn_master_worker_restarts_total"
_WORKERS = "gunicorn_workers"

# What a fault affects: the guard logs it as ``part``.
ANYTHING = "anything"
METRICS = "metrics of the master"


class RecordingMaster(SignalCountingMaster):
    """An arbiter that takes a slot in the store, and counts signals, restarts and CPU time there."""

    _store: Optional[MasterStore] = None
    _exits: Optional[WorkerExits] = None
    _is_set_up = False
    _is_loss_logged = False

    #: CPU seconds counted so far, in user and in system mode.
    _counted_cpu = (0.0, 0.0)

    #: How many of the configured workers were started once. A further spawn is a restart.
    _filled = 0

    def spawn_worker(self) -> int:
        """Starts a worker, and counts a restart if it replaces an earlier worker."""
        pid: int = super().spawn_worker()
        guard.call(METRICS, self._count_spawn)
        return pid

    def _setup_master_metrics(self) -> None:
        """Prepares the store and takes the master's slot in it, once. Gunicorn serves even if this fails."""
        if self._is_set_up:
            return
        self._is_set_up = True
        guard.call(ANYTHING, store_in_time.hand_over, self.cfg.uid, self.cfg.gid)
        notice = guard.call(ANYTHING, store_in_time.remember)
        if engine.refusal() is None:
            try:
                self._take_store()
            except ConfigurationError as error:
                engine.refuse(str(error))
            except (MetricsError, OSError) as error:
                # Workers can still record, and another exporter may serve their metrics.
                guard.call(
                    ANYTHING, self.log.error, "Metrics of the master are off, and the exporter is not started: %s", one_line(error))
            except Exception:
                guard.fault(METRICS)
        guard.call(ANYTHING, engine.say_refusal, self.log)
        if self._store is not None:
            guard.call(ANYTHING, self._store.note, "notice", notice)
            guard.call(ANYTHING, self._note_name)

    def _take_store(self) -> None:
        store = MasterStore(self.cfg.uid, self.cfg.gid)
        exits = WorkerExits(store, self.log)
        export_directory(store.directory)
        engine.configure(store.recording_variables)
        self._store, self._exits = store, exits

    def _note_name(self) -> None:
        """Leaves the name of the application for the status page."""
        if self._store is not None:
            self._store.note("name", _name_of(self.cfg))

    def _watch_store(self) -> None:
        # Logged once for each store: anyone who can rename the store could fill the log.
        if not self._is_loss_logged and self._store is not None and self._store.is_lost:
            self._is_loss_logged = True
            self.log.error(
                "Metrics are recorded where nobody reads them: %s was removed, renamed or replaced; reload Gunicorn (SIGHUP), "
                "which creates the directory if it is missing", one_line(self._store.directory))

    def _renew_store(self) -> None:
        """Opens or creates the store at the path if the one in use was removed, renamed or replaced."""
        lost, exits = self._store, self._exits
        if lost is None or exits is None or not lost.is_lost:
            return
        try:
            store = MasterStore(self.cfg.uid, self.cfg.gid)
        except (ConfigurationError, MetricsError, OSError) as error:
            self.log.error("Metrics are not recorded: %s; then reload Gunicorn (SIGHUP)", one_line(error))
            return
        # A signal handler that runs in between can use either store.
        self._store = store
        exits.move_to(store)
        lost.abandon(store)
        self._is_loss_logged = False
        guard.call(ANYTHING, self._note_name)
        self.log.info("Metrics are recorded in %s again", one_line(store.directory))

    def _record(self) -> None:
        self._filled = min(self._filled, self.num_workers)
        self._count_signals(self._store)
        self._count_cpu()
        if self._store is not None:
            self._store.set(_WORKERS, self.num_workers, state="configured")

    def _count_last(self) -> None:
        self._count_signals(self._store)
        self._count_cpu()

    def _count_spawn(self) -> None:
        if self._filled < self.num_workers:
            self._filled += 1
        elif self._store is not None:
            self._store.add(_RESTARTS)

    def _count_cpu(self) -> None:
        if self._store is not None:
            self._counted_cpu = count_cpu(self._store, _CPU_SECONDS, self._counted_cpu)


def _name_of(cfg: Any) -> str:
    """Returns ``proc_name``, which is the application unless the user set it, or ``wsgi_app``, without control characters."""
    is_set = cfg.proc_name != cfg.settings["default_proc_name"].default
    return "".join(filter(str.isprintable, str(cfg.proc_name if is_set else cfg.wsgi_app or cfg.proc_name)))
