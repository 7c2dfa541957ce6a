"""The class of dirty workers: it loads the engine in a worker and records its tasks."""

import asyncio
import contextvars
import signal
import sys
import threading
from types import FrameType, ModuleType
from typing import Any, Callable, Optional

from gunicorn.dirty.errors import DirtyTimeoutError
from gunicorn.dirty.worker import DirtyWorker

from . import engine, guard, heartbeat
from .dirty_hand_over import HandOver
from .errors import ConfigurationError, MetricsError
from .log_lines import one_line
from .private_names import read, wrap
from .watched_process import WatchedProcess
from .worker import settle_for_application
from .worker_stage import SharedStage, Stage

#: Seconds between two updates of memory and processor time.
_INTERVAL = 1.0

_TASKS = "tasks"
_RESOURCES = "memory, CPU and uptime of dirty workers"

_current: "contextvars.ContextVar[Optional[_Task]]" = contextvars.ContextVar("task", default=None)


class InstrumentedDirtyWorker(WatchedProcess, DirtyWorker):
    """A dirty worker that records. Without an engine it changes nothing."""

    exits_family = "gunicorn_dirty_worker_exits_total"

    _recorder: Optional[ModuleType] = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Runs in the dirty arbiter, before the fork."""
        super().__init__(*arguments, **named)
        self._stage = SharedStage()
        self.handed = HandOver()

    def load_apps(self) -> None:
        """Loads the applications, then the engine, which depends on what they have imported."""
        engine.enter_worker("dirty")
        heartbeat.report_by(self.notify)
        guard.call("anything", settle_for_application, self.cfg, self.log)
        super().load_apps()
        if engine.refusal() is not None:
            return
        try:
            self._recorder = engine.load()
            self._recorder.set_threads(self.cfg.dirty_threads)
        except (MetricsError, ConfigurationError) as error:
            guard.call("anything", self.log.error, "Metrics of this dirty worker are off: %s", one_line(error))
        except Exception:
            guard.fault("anything of this dirty worker")

    def run(self) -> None:
        guard.call("the stage of dirty workers", self._stage.reach, Stage.SERVING)
        super().run()

    async def _run_async(self) -> None:
        if self._recorder is not None:
            guard.call(_TASKS, self._watch)
            self._tick()
        await super()._run_async()

    async def handle_request(self, message: dict[str, Any], writer: Any) -> None:
        """Runs a task and sends its answer."""
        task = None if self._recorder is None else guard.call(_TASKS, self._begin, self._recorder, message)
        if task is None:
            await super().handle_request(message, writer)
            return
        mark = _current.set(task)
        try:
            await super().handle_request(message, writer)
        finally:
            _current.reset(mark)
            guard.call(_TASKS, task.finish)

    def _signal_handler(self, sig: int, frame: Optional[FrameType]) -> None:
        if sig != signal.SIGUSR1:
            guard.call("the stage of dirty workers", self._stage.reach, Stage.STOPPING)
        super()._signal_handler(sig, frame)

    def _watch(self) -> None:
        executor = read("gunicorn.dirty.worker:DirtyWorker._executor", None, self)
        if executor is not None:
            wrap("concurrent.futures:ThreadPoolExecutor.submit", _submitting, executor)
        wrap("gunicorn.dirty.protocol:DirtyProtocol.write_message_async", _answering)

    def _tick(self) -> None:
        assert self._recorder is not None
        guard.call(_RESOURCES, self._recorder.update_dirty)
        asyncio.get_running_loop().call_later(_INTERVAL, self._tick)

    def _begin(self, recorder: ModuleType, message: dict[str, Any]) -> "Optional[_Task]":
        if message.get("type") != "request":
            return None
        accepted = self.handed.begin(message["id"])
        return _Task(recorder, recorder.task_started(str(message.get("app_path")), str(message.get("action"))), accepted)


class _Task:
    """One task, from its arrival in the worker until it is answered and no thread runs it."""

    __slots__ = ("_accepted", "_is_answered", "_lock", "_outcome", "_recorder", "_threads", "_token")

    def __init__(self, recorder: ModuleType, token: int, accepted: float) -> None:
        self._recorder = recorder
        self._token = token
        self._accepted = accepted
        self._lock = threading.Lock()
        self._threads = 0
        self._is_answered = False
        # The outcome according to the last answer that Gunicorn sends. A task that the worker does not live to answer has none.
        self._outcome: Optional[str] = None

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs a part of the task, in a thread of the worker: a call, or the next value of a generator."""
        guard.call(_TASKS, self._enter)
        try:
            return function(*arguments)
        finally:
            guard.call(_TASKS, self._leave)

    def see(self, message: dict[str, Any]) -> None:
        """Derives the outcome from a message that Gunicorn is about to send."""
        kind, error = message.get("type"), sys.exc_info()[1]
        if kind in ("response", "end"):
            self._outcome = "succeeded"
        elif kind == "error" and not (self._outcome and isinstance(error, ConnectionError)):
            # If the dirty arbiter is gone, the outcome is that of the first answer.
            self._outcome = "timed_out" if isinstance(error, DirtyTimeoutError) else "failed"

    def finish(self) -> None:
        """Counts the task, which is answered."""
        if self._outcome is None:
            return
        with self._lock:
            self._is_answered = True
            self._token = self._recorder.task_answered(self._token, self._outcome, self._threads > 0)

    def _enter(self) -> None:
        with self._lock:
            self._threads += 1
            if self._accepted >= 0:
                self._recorder.task_running(self._token, self._accepted)
                self._accepted = -1.0

    def _leave(self) -> None:
        with self._lock:
            self._threads -= 1
            if self._is_answered and not self._threads:
                self._recorder.task_ended(self._token)


def _submitting(stock: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps the executor's ``submit``, which Gunicorn calls for each part of a task."""

    def submit(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        task = _current.get()
        return stock(function, *arguments, **named) if task is None else stock(task.run, function, *arguments, **named)

    return submit


def _answering(stock: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps the function that sends messages: the last one shows the outcome of a task."""

    async def write_message_async(writer: Any, message: dict[str, Any]) -> None:
        task = _current.get()
        if task is not None:
            guard.call(_TASKS, task.see, message)
        await stock(writer, message)

    return write_message_async
