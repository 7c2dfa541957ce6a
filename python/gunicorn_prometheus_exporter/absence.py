"""Whether this package has an engine. The wheel ``py3-none-any``, for every other system, has none."""

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Optional

NAME = "gunicorn-prometheus-exporter"

_FOLDER = os.path.dirname(__file__)
_SUFFIX = ".abi3.so"


def executable_path() -> str:
    """Returns where the package's executable is, if it has one."""
    return os.path.join(_FOLDER, "bin", NAME)


def _find() -> Optional[str]:
    # A free-threaded CPython, for example, loads no module of the stable ABI.
    is_loadable = _SUFFIX in EXTENSION_SUFFIXES
    if is_loadable and (os.path.exists(executable_path()) or os.path.exists(os.path.join(_FOLDER, "_engine" + _SUFFIX))):
        return None
    import platform

    version = ".".join(map(str, sys.version_info[:2])) + getattr(sys, "abiflags", "")
    return (
        f"the installed package has no engine for {platform.python_implementation()} {version} on {sys.platform} {platform.machine()}; "
        "on a system in the list of docs/installing.md, install the wheel for that system")


#: Why the server runs as without this package, or None.
ABSENCE = _find()
