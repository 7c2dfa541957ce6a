"""The package's exceptions. The engine raises them too."""

import logging


class MetricsError(Exception):
    """A metric operation failed; the message names what was given and what helps."""


class ConfigurationError(Exception):
    """A setting cannot be used; the message names the variable, its value and what helps."""


def report_fault(message: str) -> None:
    """Logs a fault that the engine met and went on after. The engine calls it."""
    logging.getLogger("gunicorn.error").error("gunicorn_prometheus_exporter: %s", message)
