"""The configuration as an object with a life cycle, over ``ExporterConfig``."""

import enum
import os
from typing import Optional

from ..config import ExporterConfig
from ..errors import ConfigurationError
from ..file_environment import without_copies


class ConfigState(enum.Enum):
    """Where a ConfigManager is in its life."""

    UNINITIALIZED = "uninitialized"
    INITIALIZING = "initializing"
    INITIALIZED = "initialized"
    ERROR = "error"
    CLEANUP = "cleanup"


class ConfigManager:
    """Reads the configuration when it is first used, and re-reads it when the environment has changed."""

    def __init__(self) -> None:
        """Reads nothing yet."""
        self._state = ConfigState.UNINITIALIZED
        self._config: Optional[ExporterConfig] = None
        self._environment: dict[str, str] = {}

    @property
    def state(self) -> ConfigState:
        """The state."""
        return self._state

    @property
    def is_initialized(self) -> bool:
        """Whether the configuration was read and is valid."""
        return self._state is ConfigState.INITIALIZED

    def initialize(self, **variables: str) -> None:
        """Sets environment variables, then reads the configuration. Raises ConfigurationError if it is invalid."""
        self._state, self._config = ConfigState.INITIALIZING, None
        os.environ.update({name: str(value) for name, value in variables.items()})
        try:
            self._config = self._read()
        except ConfigurationError:
            self._state = ConfigState.ERROR
            raise
        self._state = ConfigState.INITIALIZED

    def get_config(self) -> ExporterConfig:
        """Returns the configuration. Raises ConfigurationError if it is invalid."""
        if self._config is None or self._environment != without_copies():
            self.initialize()
        assert self._config is not None
        return self._config

    def cleanup(self) -> None:
        """Forgets the configuration. The next use reads it again."""
        self._config = None
        self._state = ConfigState.CLEANUP

    def _read(self) -> ExporterConfig:
        self._environment = without_copies()
        config = ExporterConfig()
        config.check()
        return config


_manager = ConfigManager()


def get_config_manager() -> ConfigManager:
    """Returns the process's single manager."""
    return _manager


def initialize_config(**variables: str) -> None:
    """Sets environment variables, then reads the configuration. Raises ConfigurationError if it is invalid."""
    _manager.initialize(**variables)


def get_config() -> ExporterConfig:
    """Returns the configuration. Raises ConfigurationError if it is invalid."""
    return _manager.get_config()


def cleanup_config() -> None:
    """Forgets the configuration. The next use reads it again."""
    _manager.cleanup()
