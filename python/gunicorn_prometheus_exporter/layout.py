"""Which entry layout this process's files must have, so that the ``prometheus_client`` at hand can read them."""

import importlib.util
import os
import sys

from .private_names import read

#: The mode of gauges that came with the timestamp.
_MODE = "mostrecent"


def writes_timestamps() -> bool:
    """Returns whether entries carry a timestamp: ``prometheus_client`` does so, and expects it, from 0.18 on.

    One that is installed and not loaded is looked at, not loaded.
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
        # Nothing that could be read: a stand-in for it, an archive, or an importer of somebody else's that fails.
        return True
