"""Prometheus metrics for Gunicorn: the glue that Gunicorn imports. The engine behind it is written in C#.

Importing this package loads neither the engine nor Gunicorn nor ``prometheus_client``.
"""

from typing import TYPE_CHECKING, Any

from .config import ExporterConfig, load_yaml_config
from .lazy_names import find
from .namesake import NAMES

if TYPE_CHECKING:
    from .hooks import (
        default_on_exit as default_on_exit,
        default_on_starting as default_on_starting,
        default_when_ready as default_when_ready,
        default_worker_int as default_worker_int,
        redis_when_ready as redis_when_ready,
    )
    from .master import PrometheusMaster as PrometheusMaster
    from .namesake.configuration import (
        ConfigManager as ConfigManager,
        ConfigState as ConfigState,
        cleanup_config as cleanup_config,
        get_config as get_config,
        get_config_manager as get_config_manager,
        initialize_config as initialize_config,
    )
    from .namesake.hooks import (
        default_post_fork as default_post_fork,
        redis_sidecar_when_ready as redis_sidecar_when_ready,
    )
    from .namesake.redis_storage import (
        RedisStorageManager as RedisStorageManager,
        get_redis_storage_manager as get_redis_storage_manager,
        is_redis_enabled as is_redis_enabled,
        setup_redis_metrics as setup_redis_metrics,
        teardown_redis_metrics as teardown_redis_metrics,
    )
    from .namesake.registry import registry as registry
    from .namesake.workers import (
        get_prometheus_eventlet_worker as get_prometheus_eventlet_worker,
        get_prometheus_gevent_worker as get_prometheus_gevent_worker,
    )
    from .plugin import (
        PrometheusASGIWorker as PrometheusASGIWorker,
        PrometheusEventletWorker as PrometheusEventletWorker,
        PrometheusGeventWorker as PrometheusGeventWorker,
        PrometheusThreadWorker as PrometheusThreadWorker,
        PrometheusTornadoWorker as PrometheusTornadoWorker,
        PrometheusUvicornWorker as PrometheusUvicornWorker,
        PrometheusWorker as PrometheusWorker,
    )

#: The lazy names, and the modules that define them.
_PLACES = {
    # Gunicorn reads the hooks with its configuration. Importing them then also creates the store's directory in time.
    "default_on_exit": ".hooks",
    "default_on_starting": ".hooks",
    "default_when_ready": ".hooks",
    "default_worker_int": ".hooks",
    "redis_when_ready": ".hooks",
    "PrometheusMaster": ".master",
    "PrometheusASGIWorker": ".plugin",
    "PrometheusEventletWorker": ".plugin",
    "PrometheusGeventWorker": ".plugin",
    "PrometheusThreadWorker": ".plugin",
    "PrometheusTornadoWorker": ".plugin",
    "PrometheusUvicornWorker": ".plugin",
    "PrometheusWorker": ".plugin",
    **NAMES[""],
}

__all__ = ["ExporterConfig", "load_yaml_config", *_PLACES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    return find(__name__, name, _PLACES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
