"""The bridge for users of the Python package of the same name: its names that this package itself has no use for.

``NAMES`` lists all of them. The modules that it names find them here, by ``lazy_names``. To end the bridge, delete this directory
and what refers to it.
"""

_CONFIGURATION = dict.fromkeys(
    ("ConfigManager", "ConfigState", "cleanup_config", "get_config", "get_config_manager", "initialize_config"),
    ".namesake.configuration")
_HOOKS = dict.fromkeys(("default_post_fork", "redis_sidecar_when_ready"), ".namesake.hooks")
_METRICS = dict.fromkeys(
    ("MasterWorkerRestartCount", "WorkerRequestSize", "WorkerResponseSize", "WorkerRestartCount", "WorkerRestartReason"),
    ".namesake.metrics")
_REDIS = dict.fromkeys(
    ("RedisStorageManager", "get_redis_storage_manager", "is_redis_enabled", "setup_redis_metrics", "teardown_redis_metrics"),
    ".namesake.redis_storage")
_REGISTRY = {"registry": ".namesake.registry"}
_WORKERS = dict.fromkeys(("get_prometheus_eventlet_worker", "get_prometheus_gevent_worker"), ".namesake.workers")

#: By the module that users import from, "" for the package root: each name, and the module that defines it.
NAMES: dict[str, dict[str, str]] = {
    "": {**_CONFIGURATION, **_HOOKS, **_REDIS, **_REGISTRY, **_WORKERS},
    "config": _CONFIGURATION,
    "hooks": {**_HOOKS, "load_yaml_config": ".config"},
    "metrics": {**_METRICS, **_REGISTRY},
    "plugin": {**_WORKERS, "PrometheusMixin": ".namesake.workers"},
}
