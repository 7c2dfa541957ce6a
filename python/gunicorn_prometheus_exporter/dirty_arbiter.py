"""The class of the dirty arbiter of Gunicorn 25 and later: it records its workers, and the tasks that wait in it.

Imported in the process of a dirty arbiter only: Gunicorn imports its own modules for it no earlier.
"""

import time
from typing import Any, Optional, cast

from gunicorn.dirty.arbiter import DirtyArbiter

from . import guard
from .dirty_arbiter_process import DirtyArbiterProcess
from .dirty_worker import InstrumentedDirtyWorker
from .errors import ConfigurationError, MetricsError
from .log_lines import one_line
from .master_exits import WorkerExits
from .master_store import MasterStore, count_cpu
from .oom_kills import OomKills
from .private_names import put
from .worker_stage import Stage

_ACCEPTED = "gunicorn_dirty_tasks_accepted_total"
_ARBITER_EXITS = "gunicorn_dirty_arbiter_exits_total"
_CPU_SECONDS = "gunicorn_dirty_arbiter_cpu_seconds_total"
_DROPPED = "gunicorn_dirty_tasks_dropped_total"
_QUEUED = "gunicorn_dirty_tasks_queued"
_RESTARTS = "gunicorn_dirty_worker_restarts_total"
_WORKERS = "gunicorn_dirty_workers"

# What a fault affects: the guard logs it as ``part``.
_EXITS = "exits of dirty workers"
_METRICS = "metrics of the dirty arbiter"
_TASKS = "tasks that wait in the dirty arbiter"


class _Task(dict[str, Any]):
    """The message of a task. Gunicorn encodes it like any other dictionary."""

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message)
        self.accepted = time.monotonic()
        self.handed = 0.0
        self.is_waiting = True
        self.is_dropped = False

    def hand_over(self) -> None:
        """Records that its worker is given the task."""
        self.is_waiting, self.handed = False, time.monotonic()

    def drop(self) -> None:
        """Records that the task is counted as dropped."""
        self.is_waiting, self.is_dropped = False, True


class PrometheusDirtyArbiter(DirtyArbiter):
    """Gunicorn's dirty arbiter. ``adopt`` changes the class of a running one, without ``__init__``."""

    _store: Optional[MasterStore] = None
    _exits: Optional[WorkerExits] = None
    _process: Optional[DirtyArbiterProcess] = None

    _is_reloading = False

    #: How many workers exited that Gunicorn will replace, because there are fewer than configured.
    _vacancies = 0

    #: Processor seconds counted so far, in user and in system mode.
    _counted_cpu = (0.0, 0.0)

    #: The task that each worker's consumer hands over, by the pid of the worker.
    _tasks: dict[int, _Task]

    async def manage_workers(self) -> None:
        """Keeps the workers running. Gunicorn calls it at least once a second."""
        guard.call(_METRICS, self._record)
        await super().manage_workers()
        guard.call(_METRICS, self._record)

    def spawn_worker(self, *arguments: Any, **named: Any) -> Optional[int]:
        """Starts a worker, and counts a restart if it replaces another."""
        pid: Optional[int] = super().spawn_worker(*arguments, **named)
        if pid is not None:
            guard.call(_METRICS, self._count_spawn)
        return pid

    def kill_worker(self, pid: int, sig: int) -> None:
        guard.call(_EXITS, self._note_order, pid, sig)
        super().kill_worker(pid, sig)

    def reap_workers(self) -> None:
        """Records how workers exited, then reaps them."""
        exits = self._exits
        before = dict(self.workers)
        if exits is not None:
            guard.call(_EXITS, exits.observe, before)
        try:
            super().reap_workers()
        finally:
            if exits is not None:
                guard.call(_EXITS, exits.settle, before, self.workers)

    async def reload(self) -> None:
        guard.call(_METRICS, self._renew_store)
        self._is_reloading = True
        try:
            await super().reload()
        finally:
            self._is_reloading = False

    async def stop(self, graceful: bool = True) -> None:
        if self._process is not None:
            guard.call(_EXITS, self._process.reach, Stage.STOPPING)
        await super().stop(graceful)

    async def route_request(self, request: dict[str, Any], client_writer: Any) -> None:
        """Passes a task to a worker's queue and waits until it is answered."""
        task = _Task(request)
        guard.call(_TASKS, self._accept)
        await super().route_request(task, client_writer)

    async def _get_available_worker(self, app_path: Optional[str] = None) -> Optional[int]:
        pid: Optional[int] = await super()._get_available_worker(app_path)
        if pid is None:
            # Gunicorn answers with an error.
            guard.call(_TASKS, self._drop, "no_worker")
        return pid

    async def _execute_on_worker(self, worker_pid: int, request: dict[str, Any], client_writer: Any) -> None:
        """Hands a task to a worker and waits for its answer."""
        worker = self.workers.get(worker_pid)
        if isinstance(request, _Task):
            self._tasks[worker_pid] = request
        try:
            await super()._execute_on_worker(worker_pid, request, client_writer)
        finally:
            guard.call(_TASKS, self._check_begun, worker_pid, worker)

    async def _get_worker_connection(self, worker_pid: int) -> Any:
        """Connects to a worker, which may still be starting, before Gunicorn sends it a task."""
        connection = await super()._get_worker_connection(worker_pid)
        guard.call(_TASKS, self._hand_over, worker_pid)
        return connection

    def _cleanup_worker(self, pid: int) -> None:
        queue = self.worker_queues.get(pid)
        is_known = pid in self.workers
        super()._cleanup_worker(pid)
        if is_known and len(self.workers) < self._configured:
            self._vacancies += 1
        if queue is not None:
            guard.call(_TASKS, self._drop_queue, queue)

    def set_up(self, process: DirtyArbiterProcess, oom_kills: OomKills) -> None:
        """Takes a slot in the store, and counts what earlier dirty arbiters left behind. Gunicorn serves even if this fails."""
        self._tasks = {}
        try:
            store = MasterStore(self.cfg.uid, self.cfg.gid, "arbiter")
        except (ConfigurationError, MetricsError, OSError) as error:
            self.log.error("Metrics of the dirty arbiter are off: %s", one_line(error))
            return
        self._store, self._exits = store, WorkerExits(store, self.log, oom_kills)
        for reason in process.uncounted:
            store.add(_ARBITER_EXITS, reason=reason)
        process.reach(Stage.SERVING)
        self._process = process
        waiting = store.value(_QUEUED)
        store.set(_QUEUED, 0)
        store.add(_DROPPED, waiting, reason="arbiter_exit")
        self._record()

    @property
    def _configured(self) -> int:
        # Gunicorn 25.0 has only the setting.
        return int(getattr(self, "num_workers", self.cfg.dirty_workers))

    def _record(self) -> None:
        store, exits = self._store, self._exits
        if store is None or exits is None:
            return
        store.set(_WORKERS, self._configured, state="configured")
        self._counted_cpu = count_cpu(store, _CPU_SECONDS, self._counted_cpu)
        exits.forget_old_oom_kills()
        exits.write()

    def _renew_store(self) -> None:
        lost, exits = self._store, self._exits
        if lost is None or exits is None or not lost.is_lost:
            return
        store = MasterStore(self.cfg.uid, self.cfg.gid, "arbiter")
        self._store = store
        exits.move_to(store)
        lost.abandon(store)

    def _count_spawn(self) -> None:
        if self._store is None or not (self._is_reloading or self._vacancies):
            return
        self._vacancies = max(0, self._vacancies - 1)
        self._store.add(_RESTARTS)

    def _note_order(self, pid: int, sig: int) -> None:
        worker = self.workers.get(pid)
        if worker is not None:
            worker.note_kill(sig, "reload" if self._is_reloading else "graceful")

    def _accept(self) -> None:
        if self._store is not None:
            self._store.add(_ACCEPTED)
            self._wait_for(1)

    def _hand_over(self, pid: int) -> None:
        task, worker = self._tasks.get(pid), self.workers.get(pid)
        if task is None or not task.is_waiting:
            return
        if worker is not None:
            worker.handed.put(task["id"], task.accepted)
        task.hand_over()
        self._wait_for(-1)

    def _check_begun(self, pid: int, worker: Any) -> None:
        task = self._tasks.pop(pid, None)
        if task is None or task.is_dropped:
            return
        if task.is_waiting:
            self._drop("unreachable")
        elif worker is not None and not worker.handed.is_begun(task["id"]) and not self._timed_out(task):
            self._wait_for(1)
            self._drop("unreachable")

    def _drop_queue(self, queue: Any) -> None:
        """Drops the tasks that wait for a worker that exited. Gunicorn fails some of them and never answers the others."""
        for _ in range(queue.qsize()):
            item = queue.get_nowait()
            queue.put_nowait(item)
            item[0].drop()
            self._drop("unreachable")

    def _timed_out(self, task: _Task) -> bool:
        """Whether Gunicorn stopped waiting for the worker, which may still begin the task."""
        return 0 < self.cfg.dirty_timeout <= time.monotonic() - task.handed

    def _drop(self, reason: str) -> None:
        if self._store is not None:
            self._store.add(_DROPPED, reason=reason)
            self._wait_for(-1)

    def _wait_for(self, more: int) -> None:
        if self._store is not None:
            self._store.set(_QUEUED, max(0.0, self._store.value(_QUEUED) + more))


def adopt(arbiter: Any, process: DirtyArbiterProcess, oom_kills: OomKills) -> None:
    """Turns a dirty arbiter that starts into a PrometheusDirtyArbiter whose workers record."""
    stock = type(arbiter)
    ours = PrometheusDirtyArbiter if stock is DirtyArbiter else type(stock.__name__, (PrometheusDirtyArbiter, stock), {})
    is_ours = put("gunicorn.dirty.arbiter:DirtyWorker", InstrumentedDirtyWorker)
    if is_ours and put("gunicorn.dirty.arbiter:DirtyArbiter.__class__", ours, arbiter):
        cast(PrometheusDirtyArbiter, arbiter).set_up(process, oom_kills)
