"""The dirty arbiter of Gunicorn 25 and later, as its master sees it."""

from typing import Any, Optional

from .master_store import MasterStore
from .watched_process import WatchedProcess
from .worker_stage import SharedStage, Stage


class DirtyArbiterProcess(WatchedProcess):
    """One dirty arbiter process. The master creates the object before the fork.

    The dirty arbiter's own file counts how dirty arbiters exited, so the next one counts the exits of those before it.
    """

    #: A dirty arbiter has no timeout.
    aborted = False

    def __init__(self, cfg: Any, earlier: "Optional[DirtyArbiterProcess]") -> None:
        """Takes over, from the process that it replaces, the reasons of exits that are not counted yet."""
        self.cfg = cfg
        self._stage = SharedStage()
        self._reason: Optional[str] = None
        #: The reasons of the exits of earlier dirty arbiters. This one counts them before it serves.
        self.uncounted: list[str] = []
        if earlier is not None:
            is_counted = earlier.stage is not Stage.BOOTING
            self.uncounted = [] if is_counted else list(earlier.uncounted)
            self.uncounted.append(earlier.reason)

    @property
    def reason(self) -> str:
        return self._reason or "unknown"

    def count_exit(self, store: MasterStore, reason: str) -> None:
        self._reason = reason

    def reach(self, stage: Stage) -> None:
        """Advances to a stage, in the dirty arbiter."""
        self._stage.reach(stage)
