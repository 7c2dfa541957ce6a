"""Which entry layout this process's files must have, so that the ``prometheus_client`` at hand can read them."""

import re
import sys
from importlib import metadata


def writes_timestamps() -> bool:
    """Returns whether entries carry a timestamp: ``prometheus_client`` does so, and expects it, from 0.18 on."""
    loaded = sys.modules.get("prometheus_client.metrics")
    if loaded is not None:
        # The mode came with the timestamp. A copy without metadata is told apart too.
        return "mostrecent" in loaded.Gauge._MULTIPROC_MODES
    try:
        version = metadata.version("prometheus-client")
    except metadata.PackageNotFoundError:
        return True
    return [int(number) for number in re.findall(r"\d+", version)[:2]] >= [0, 18]
