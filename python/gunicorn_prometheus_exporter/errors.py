"""The package's exceptions. The engine raises them too."""

import logging

from .log_lines import one_line


class MetricsError(Exception):
    """A metric operation failed. The message has the value and the remedy."""


class ConfigurationError(Exception):
    """A setting is invalid. The message has the variable, its value and the remedy."""


def report_fault(message: str) -> None:
    """Logs a fault after which the engine continues. The engine calls it."""
    logging.getLogger("gunicorn.error").error("gunicorn_prometheus_exporter: %s", one_line(message))
