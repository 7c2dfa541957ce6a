"""The registry as a name. This module is imported when the name is used, because the registry needs ``prometheus_client``."""

from ..store_registry import get_shared_registry

registry = get_shared_registry()
