"""Locks of open file descriptions. Unlike a POSIX lock, one is not dropped when other code in the process closes the same file."""

import fcntl
import os
import struct

#: ``struct flock``: type, whence, start, length, pid.
_FLOCK = struct.Struct("hhqqi4x")


def lock(descriptor: int, byte: int) -> None:
    """Locks a byte until every copy of the descriptor is closed. Raises OSError: EINVAL if the kernel has no such locks."""
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0))
