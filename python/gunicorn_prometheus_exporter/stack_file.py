"""The file of a slot to which the handler in its worker appends stacks. Its path in the store is the same for every worker of the slot."""

import os
import stat

#: The size from which on nothing more is appended, in bytes. The exporter empties the file once a second.
LARGEST = 4 << 20

_OWNER_ONLY = 0o600
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def name_of(slot: int) -> str:
    """Returns the name, in the store, of the file of a slot."""
    return f"stacks_worker-{slot}.txt"


def create(path: str) -> int:
    """Opens or creates the file, for the workers' user only. Returns its descriptor. Raises OSError."""
    descriptor = _checked(os.open(path, _FLAGS | os.O_CREAT, _OWNER_ONLY), os.geteuid())
    # Whatever the umask.
    os.fchmod(descriptor, _OWNER_ONLY)
    return descriptor


def open_in(store: int, slot: int, owner: int) -> int:
    """Opens the file of a slot in the directory of a descriptor. Returns its descriptor. Raises OSError.

    The caller may be root and the directory that of another user, who owns the file and can replace it by anything.
    """
    return _checked(os.open(name_of(slot), _FLAGS, dir_fd=store), owner)


def _checked(descriptor: int, owner: int) -> int:
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_uid == owner:
        return descriptor
    os.close(descriptor)
    raise OSError(0, "it is not a regular file of the workers' user with one name")
