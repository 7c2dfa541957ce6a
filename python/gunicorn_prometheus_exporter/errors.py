"""The package's exceptions. The engine raises them too."""

import logging


class MetricsError(Exception):
    """A metric operation failed; the message names what was given and what helps."""


class ConfigurationError(Exception):
    """A setting cannot be used; the message names the variable, its value and what helps."""


def report_fault(message: str) -> None:
    """Logs a fault that the engine met while it recorded a request. The engine calls it once a process."""
    logging.getLogger("gunicorn.error").error(
        "gunicorn_prometheus_exporter: a recording was dropped: %s; later ones are only counted in "
        "gunicorn_exporter_dropped_total",
        message,
    )
