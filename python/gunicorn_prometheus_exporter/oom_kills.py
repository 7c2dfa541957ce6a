"""Counts processes that the kernel killed for lack of memory, from the counter of this process's memory cgroup."""

import mmap
import struct
import time
from typing import Optional

#: Seconds for which a kill can still be attributed to a worker whose exit is observed later.
MEMORY = 10.0


_COUNT = struct.Struct("=q")


class OomKills:
    """The kills of one cgroup. Each can be claimed for one exit, by this process or a child to which it passes the object.

    So the master claims no kill that hit a dirty worker.
    """

    def __init__(self, path: Optional[str] = None) -> None:
        """Ignores earlier kills. ``path`` is the file with the counter, by default that of this process's cgroup."""
        self._path = path or events_file()
        self._memory = mmap.mmap(-1, _COUNT.size)
        self._known = self._read()
        self._seen = self._known
        self._seen_at = time.monotonic()

    @property
    def _known(self) -> int:
        (known,) = _COUNT.unpack_from(self._memory)
        return int(known)

    @_known.setter
    def _known(self, known: int) -> None:
        _COUNT.pack_into(self._memory, 0, known)

    def claim(self) -> bool:
        """Claims a kill; returns whether there was an unclaimed one."""
        if self._read() <= self._known:
            return False
        self._known += 1
        return True

    def forget_old(self) -> None:
        """Drops kills that were not claimed within MEMORY seconds: they hit another process of the cgroup."""
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
            # The cgroup was removed, or it is the root cgroup, which has no such file.
            return 0
        return int(fields.get("oom_kill", 0))


def events_file(memberships: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> Optional[str]:
    """Returns the file with the counter of this process's memory cgroup, version 1 or 2, or None."""
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
