"""The store's directory before Gunicorn prepares it, and instead of it: what ``prometheus_client`` needs to be imported.

``prometheus_client`` decides at its import whether metrics are files in PROMETHEUS_MULTIPROC_DIR, and then needs the directory. A
preloaded application imports it before Gunicorn calls any hook; so the directory is made as soon as this package is named in
the configuration. Where there can be none, ``prometheus_client`` is told of none, and the application serves without.
"""

import os
import stat
import sys
from typing import Any, Optional

from . import engine, private_names
from .errors import MetricsError
from .executable import ask
from .utils import VARIABLE, get_multiprocess_dir

#: The name in capitals, and the one that came before it.
_VARIABLES = (VARIABLE, VARIABLE.lower())

_PRIVATE = 0o700

_is_settled = False
_forgotten: dict[str, str] = {}

#: The directory that this process made, by path, device and inode.
_made: Optional[tuple[str, int, int]] = None


def settle_if_configuring() -> None:
    """Settles the matter while Gunicorn reads its configuration; anywhere else it does nothing."""
    if "gunicorn.app.base" in sys.modules and not engine.is_in_arbiter():
        settle()


def settle() -> None:
    """Makes the directory that the environment names, if it is missing; without one, metrics are off. Once in a process."""
    global _is_settled, _made
    directory = get_multiprocess_dir()
    if _is_settled or directory is None:
        return
    _is_settled = True
    is_missing = not os.path.lexists(directory)
    if not is_missing and os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK):
        return
    try:
        errors = ask("ensure", "--dir", directory)["errors"]
    except MetricsError as error:
        errors = [str(error)]
    else:
        # What root may not do, the workers' user may, as whom the store is prepared.
        if errors and os.geteuid() == 0 and os.path.isdir(os.path.dirname(os.path.abspath(directory))) and is_missing:
            return
    if errors:
        engine.refuse("; ".join(errors))
        _forget()
    elif is_missing:
        status = os.stat(directory)
        _made = (directory, status.st_dev, status.st_ino)


def hand_over(uid: int, gid: int) -> None:
    """Gives the directory that this process has made as root to the workers' user; one that is not the same any more is left alone."""
    global _made
    if _made is None or os.geteuid() != 0 or (uid, gid) == (0, 0):
        return
    (directory, device, inode), _made = _made, None
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        is_ours = (status.st_dev, status.st_ino, status.st_uid) == (device, inode, 0)
        # Nobody but root could enter it until now.
        if is_ours and stat.S_IMODE(status.st_mode) == _PRIVATE:
            os.fchown(descriptor, uid, gid)
    finally:
        os.close(descriptor)


def remember() -> None:
    """Puts back what was forgotten for the import of a preloaded application: hooks of the user's may look for it."""
    os.environ.update(_forgotten)
    _forgotten.clear()


def do_without(cfg: Any) -> None:
    """Lets ``prometheus_client`` keep values in this worker's memory. Called before the worker loads its application."""
    if cfg.preload_app and "prometheus_client" in sys.modules:
        # The application has its metrics already, of one kind or the other.
        return
    if "prometheus_client.values" in sys.modules:
        # Imported by the configuration; metrics that are made from now on are of the kind that this names.
        values = private_names.read("prometheus_client.values:MutexValue", None)
        if values is not None:
            private_names.put("prometheus_client.values:ValueClass", values)
    for name in _VARIABLES:
        os.environ.pop(name, None)


def _forget() -> None:
    for name in _VARIABLES:
        if name in os.environ:
            _forgotten[name] = os.environ.pop(name)
