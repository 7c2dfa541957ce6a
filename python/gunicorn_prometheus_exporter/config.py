"""The exporter's configuration. The executable reads and validates it, from the environment and from a file."""

import logging
import os
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar, Union, cast

from . import file_environment, guard
from .absence import ABSENCE
from .errors import ConfigurationError, MetricsError
from .executable import ask
from .lazy_names import find
from .log_lines import one_line
from .namesake import NAMES

if TYPE_CHECKING:
    from .namesake.configuration import (
        ConfigManager as ConfigManager,
        ConfigState as ConfigState,
        cleanup_config as cleanup_config,
        get_config as get_config,
        get_config_manager as get_config_manager,
        initialize_config as initialize_config,
    )

__all__ = ["ConfigurationError", "ExporterConfig", "load_yaml_config"]

_log = logging.getLogger(__name__)

#: The variable with the path of the configuration file, for this process and its children.
FILE_VARIABLE = "GUNICORN_EXPORTER_CONFIG_FILE"

_T = TypeVar("_T")


class _Setting(Generic[_T]):
    """A property with the value of the setting of its name. Raises ConfigurationError if the setting is invalid."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, config: Optional["ExporterConfig"], owner: Optional[type] = None) -> _T:
        if config is None:
            # The class itself is asked, as by help().
            return self  # type: ignore[return-value]
        return cast(_T, config._value(self._name))


def load_yaml_config(path: Union[str, "os.PathLike[str]"]) -> None:
    """Makes hooks, workers and exporter read their settings from a YAML file. The environment overrides the file.

    It also sets the environment variables of the file's settings, except secrets, for code that reads them from there.
    Raises ConfigurationError with every error in the file. If the file is already in use, as in a reload of Gunicorn, the
    errors are logged instead, and the previous settings stay in force. In a package without an engine it does nothing.
    """
    if ABSENCE is not None:
        # Nothing reads the settings, and without the executable nothing can.
        return
    file = os.path.abspath(path)
    is_in_force = os.environ.get(FILE_VARIABLE) == file
    try:
        answer = _read(file)
        file_environment.copy(answer["config"], answer["places"])
    except ConfigurationError as error:
        if not is_in_force:
            raise
        for line in str(error).splitlines():
            _log.error("%s", one_line(line))
    os.environ[FILE_VARIABLE] = file
    # A preloaded application may now look for the directory that the file names.
    from .store_in_time import settle_if_configuring

    guard.call("anything", settle_if_configuring)


def _read(file: str) -> dict[str, Any]:
    try:
        answer = ask("config", "--config.file", file, "--format", "json")
    except MetricsError as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    if answer["errors"]:
        raise ConfigurationError("\n".join(error["message"] for error in answer["errors"]))
    return answer


class ExporterConfig:
    """The settings of this process's environment and configuration file, read and validated once, by the constructor.

    A property has the name of its variable in lower case, and raises ConfigurationError if the variable is invalid. In a worker,
    Gunicorn's own settings are those of the running server, wherever they were set.
    ``validate`` reports all invalid variables at once. docs/configuration.md describes the settings.
    """

    prometheus_metrics_port = _Setting[int]()
    prometheus_bind_address = _Setting[str]()
    prometheus_multiproc_dir = _Setting[str]()
    gunicorn_workers = _Setting[int]()
    gunicorn_timeout = _Setting[int]()
    gunicorn_keepalive = _Setting[int]()
    redis_enabled = _Setting[bool]()
    redis_host = _Setting[str]()
    redis_port = _Setting[int]()
    redis_db = _Setting[int]()
    redis_key_prefix = _Setting[str]()
    redis_forward_interval = _Setting[int]()
    redis_ttl_seconds = _Setting[Optional[int]]()
    redis_ttl_disabled = _Setting[bool]()
    prometheus_ssl_enabled = _Setting[Optional[bool]]()
    prometheus_ssl_certfile = _Setting[Optional[str]]()
    prometheus_ssl_keyfile = _Setting[Optional[str]]()
    prometheus_ssl_client_cafile = _Setting[Optional[str]]()
    prometheus_ssl_client_capath = _Setting[Optional[str]]()
    prometheus_ssl_client_auth_required = _Setting[bool]()
    cleanup_db_files = _Setting[bool]()

    def __init__(self) -> None:
        """Reads the configuration. Raises ConfigurationError if the executable, which validates it, cannot be run."""
        try:
            self._answer = ask("config", "--format", "json")
        except MetricsError as error:
            raise ConfigurationError(f"the configuration cannot be read: {error}") from error
        # The executable never prints secrets.
        self._redis_password = os.environ.get("REDIS_PASSWORD") or None

    @property
    def redis_password(self) -> Optional[str]:
        """Password of Redis, or None (REDIS_PASSWORD). Raises ConfigurationError if only the file sets it."""
        if self._redis_password is None and self.is_given("redis_password"):
            raise ConfigurationError(
                f"REDIS_PASSWORD is set in {self._answer['places']['redis_password']}, which only the exporter reads; "
                "set it in the environment to use it here")
        return self._redis_password

    @property
    def recording_variables(self) -> dict[str, str]:
        """The file's settings for recording processes, by variable name. Raises ConfigurationError."""
        errors = [error["message"] for error in self._errors if error["variable"] == FILE_VARIABLE]
        if errors:
            raise ConfigurationError("; ".join(errors))
        variables: dict[str, str] = self._answer["recording"]
        return variables

    def is_given(self, name: str) -> bool:
        """Returns whether the environment or the file sets the property of this name."""
        return bool(self._answer["places"][name] != "default")

    def validate(self) -> bool:
        """Returns whether every setting is valid, and logs one error for each invalid setting."""
        for error in self._errors:
            _log.error("%s", one_line(error["message"]))
        return not self._errors

    def check(self) -> None:
        """Raises ConfigurationError with every error, if there is one."""
        if self._errors:
            raise ConfigurationError("\n".join(error["message"] for error in self._errors))

    def print_config(self) -> None:
        """Prints the configuration to standard output, with secrets masked."""
        print(self._answer["text"].rstrip("\n"))

    def get_gunicorn_config(self) -> dict[str, Any]:
        """Returns Gunicorn's settings by Gunicorn's names. Raises ConfigurationError if any is invalid."""
        return self._group("gunicorn")

    def get_prometheus_config(self) -> dict[str, Any]:
        """Returns the settings of the metrics endpoint. Raises ConfigurationError if any is invalid."""
        return self._group("prometheus")

    @property
    def _errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self._answer["errors"]
        return errors

    def _group(self, name: str) -> dict[str, Any]:
        settings: Optional[dict[str, Any]] = self._answer[name]
        if settings is None:
            raise ConfigurationError("; ".join(error["message"] for error in self._errors))
        return settings

    def _value(self, name: str) -> Any:
        values: dict[str, Any] = self._answer["config"]
        if name in values:
            return values[name]
        raise ConfigurationError("; ".join(e["message"] for e in self._errors if e["variable"] in (name.upper(), FILE_VARIABLE)))


def __getattr__(name: str) -> Any:
    return find(__name__, name, NAMES["config"])


def __dir__() -> list[str]:
    return sorted({*globals(), *NAMES["config"]})
