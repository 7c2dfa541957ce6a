"""The part of the master class that counts signals."""

from types import FrameType
from typing import ClassVar, Optional

from gunicorn.arbiter import Arbiter

from .master_store import MasterStore

_SIGNALS = "gunicorn_master_signals_total"


class SignalCountingMaster(Arbiter):
    """Gunicorn's arbiter, which remembers the signals that it handles until they are counted."""

    #: Signals handled but not counted yet: before Gunicorn 24 a handler may interrupt another one that counts.
    _pending_signals: ClassVar[list[str]] = []

    def _count_signals(self, store: Optional[MasterStore]) -> None:
        while self._pending_signals:
            name = self._pending_signals.pop()
            if store is not None:
                store.add(_SIGNALS, signal=name)

    def handle_hup(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Reloads the configuration."""
        self._pending_signals.append("hup")
        super().handle_hup()

    def handle_ttin(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Adds a worker."""
        self._pending_signals.append("ttin")
        super().handle_ttin()

    def handle_ttou(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Removes a worker, unless it is the last."""
        self._pending_signals.append("ttou")
        super().handle_ttou()

    def handle_chld(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Reaps children that exited."""
        self._pending_signals.append("chld")
        if hasattr(Arbiter, "signal_chld"):
            super().handle_chld()
        else:
            # Before Gunicorn 24 this is the signal handler itself.
            super().handle_chld(signum, frame)

    #: Gunicorn 24 and later calls it by this name on platforms that list SIGCLD after SIGCHLD.
    handle_cld = handle_chld

    def handle_usr1(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Reopens log files."""
        self._pending_signals.append("usr1")
        super().handle_usr1()

    def handle_usr2(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Starts a second master from the program that is installed now."""
        self._pending_signals.append("usr2")
        super().handle_usr2()

    def handle_quit(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Stops at once."""
        self._pending_signals.append("quit")
        super().handle_quit()

    def handle_int(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Stops at once."""
        self._pending_signals.append("int")
        super().handle_int()

    def handle_term(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Stops after the requests in flight."""
        self._pending_signals.append("term")
        super().handle_term()

    def handle_winch(self, signum: Optional[int] = None, frame: Optional[FrameType] = None) -> None:
        """Stops the workers of a daemon."""
        self._pending_signals.append("winch")
        super().handle_winch()
