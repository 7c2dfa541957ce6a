"""The engine's families for ``prometheus_client``: a registry like any other, read from the store when collected."""

from functools import lru_cache
from typing import TYPE_CHECKING, Iterator

from .errors import MetricsError
from .executable import run
from .utils import store_directory

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

_PREFIX = "gunicorn_"


class _StoreCollector:
    """Yields the families of the whole store that are the engine's own."""

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.parser import text_string_to_metric_families

        exposition = run("dump", "--dir", store_directory())
        for family in text_string_to_metric_families(exposition):
            if family.name.startswith(_PREFIX):
                yield family


@lru_cache(maxsize=None)
def get_shared_registry() -> "CollectorRegistry":
    """Returns the registry, one a process, on which collectors of the application can be registered too.

    Raises MetricsError if ``prometheus_client`` is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry
    except ImportError as error:
        raise MetricsError("get_shared_registry needs prometheus_client; install prometheus-client") from error
    registry = CollectorRegistry()
    registry.register(_StoreCollector())  # type: ignore[arg-type]  # It has what a Collector has.
    return registry
