"""Finds names of a module on first use, and reports the ones that are not there.

A failed import raises ImportError with a remedy, also when Gunicorn imports what a setting names. Any other access raises
AttributeError, so ``hasattr`` is False for a class whose package is missing.
"""

import importlib
import opcode
import sys
from collections.abc import Mapping
from typing import Any

from .errors import MetricsError

#: Gunicorn's modules that import the names in settings.
_IMPORTERS = ("gunicorn.config", "gunicorn.util")

_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]


def find(module: str, name: str, places: Mapping[str, str]) -> Any:
    """Returns a name of the module. ``places`` maps its lazy names to the relative names of the modules that define them."""
    if name not in places:
        raise unknown(module, name)
    try:
        return getattr(importlib.import_module(places[name], __package__), name)
    except (ImportError, MetricsError) as error:
        # The module may have given the remedy itself.
        message = str(error)
        raise unavailable(message if message.startswith(name) else f"{name} cannot be imported: {message}") from error


def unknown(module: str, name: str) -> Exception:
    """Returns the error for a name that the module does not have."""
    # The import system itself looks for names such as ``__path__``.
    if name.startswith("__") or not _is_import():
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    from difflib import get_close_matches

    nearest = get_close_matches(name, [known for known in dir(sys.modules[module]) if not known.startswith("_")], 1)
    return ImportError(f"{module} has no {name}" + (f"; did you mean {nearest[0]}?" if nearest else ""), name=module)


def unavailable(message: str) -> Exception:
    """Returns the error for a name that the module has, but that cannot be used here."""
    return ImportError(message) if _is_import() else AttributeError(message)


def _is_import() -> bool:
    """Returns whether the first caller outside this package is an import statement, or Gunicorn reading a setting."""
    frame = sys._getframe()
    while f"{frame.f_globals.get('__name__')}.".startswith(f"{__package__}."):
        if frame.f_back is None:
            return False
        frame = frame.f_back
    if frame.f_globals.get("__name__") in _IMPORTERS:
        return True
    return frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM
