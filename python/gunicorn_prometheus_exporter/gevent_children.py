"""The exit status of a child that gevent's loop has reaped: the configuration of a master may patch with gevent."""

import sys
from typing import Optional

from .private_names import read


def status_of(pid: int) -> Optional[int]:
    """Returns the wait status of a child, or None if gevent did not reap it or has passed its status on."""
    if "gevent.os" not in sys.modules:
        return None
    # By pid, a watcher until the child exits, then its pid, its status and the time.
    child = read("gevent.os:_watched_children", {}).get(pid)
    return child[1] if isinstance(child, tuple) else None
