"""Kills by the kernel for lack of memory, as the process's own memory cgroup counts them."""

import time
from typing import Optional

#: Seconds for which a kill can still be a worker's whose end is seen later.
MEMORY = 10.0


class OomKills:
    """The count of one cgroup's kills, each to be claimed for one death."""

    def __init__(self, path: Optional[str] = None) -> None:
        """Counts from now on. ``path`` is the file that counts; by default that of this process's cgroup, if any."""
        self._path = path or events_file()
        self._known = self._read()
        self._seen = self._known
        self._seen_at = time.monotonic()

    def claim(self) -> bool:
        """Returns whether there was a kill that nobody has claimed, and claims it."""
        if self._read() <= self._known:
            return False
        self._known += 1
        return True

    def forget_old(self) -> None:
        """Forgets kills that nobody claimed within MEMORY seconds: another process of the cgroup died of them."""
        now = time.monotonic()
        if now - self._seen_at >= MEMORY:
            self._known = max(self._known, self._seen)
            self._seen, self._seen_at = self._read(), now

    def _read(self) -> int:
        if self._path is None:
            return 0
        try:
            with open(self._path, encoding="ascii") as file:
                fields = dict(line.split() for line in file)
        except OSError:
            # A cgroup that went, or is the root's, which counts nothing.
            return 0
        return int(fields.get("oom_kill", 0))


def events_file(memberships: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> Optional[str]:
    """Returns the file that counts the kills in this process's memory cgroup, version 1 or 2, or None."""
    try:
        with open(memberships, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return None
    for _, controllers, path in lines:
        if "memory" in controllers.split(","):
            return f"{root}/memory{path}/memory.oom_control"
    for _, controllers, path in lines:
        if not controllers:
            return f"{root}{path}/memory.events"
    return None
