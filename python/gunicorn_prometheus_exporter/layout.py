"""Chooses the entry layout of this process's files, so that the installed ``prometheus_client`` can read them."""

import importlib.util
import os
import sys

from .private_names import read

#: The gauge mode that ``prometheus_client`` introduced together with the timestamp.
_MODE = "mostrecent"


def writes_timestamps() -> bool:
    """Returns whether entries have a timestamp: ``prometheus_client`` writes and expects it since 0.18.

    If ``prometheus_client`` is not imported yet, its source is read; it is never imported here.
    """
    if "prometheus_client.metrics" in sys.modules:
        modes = read("prometheus_client.metrics:Gauge._MULTIPROC_MODES", {_MODE})
        return not isinstance(modes, (set, frozenset, tuple, list, dict)) or _MODE in modes
    try:
        package = importlib.util.find_spec("prometheus_client")
        if package is None or not package.submodule_search_locations:
            return True
        with open(os.path.join(package.submodule_search_locations[0], "metrics.py"), encoding="utf-8") as source:
            return _MODE in source.read()
    except Exception:
        # The source is unreadable: the module may be a replacement, in an archive, or behind an importer that fails.
        return True
