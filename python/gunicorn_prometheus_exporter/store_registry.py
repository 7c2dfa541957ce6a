"""A ``prometheus_client`` registry with the engine's families, which it reads from the store when it is collected."""

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Iterator

from .errors import MetricsError
from .executable import run
from .utils import store_directory

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

_PREFIX = "gunicorn_"


class _StoreCollector:
    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.parser import text_string_to_metric_families

        directory = store_directory()
        if not any(os.scandir(directory)):
            return  # Nothing has been recorded yet.
        exposition = run("dump", "--dir", directory)
        for family in text_string_to_metric_families(exposition):
            if family.name.startswith(_PREFIX):
                yield family


@lru_cache(maxsize=None)
def get_shared_registry() -> "CollectorRegistry":
    """Returns the process's single registry. Applications can register collectors on it too.

    Raises MetricsError if ``prometheus_client`` is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry
    except ImportError as error:
        raise MetricsError("get_shared_registry needs prometheus_client; install prometheus-client") from error
    registry = CollectorRegistry()
    registry.register(_StoreCollector())  # type: ignore[arg-type]  # It has a Collector's methods.
    return registry
