"""The package's exceptions. The engine raises them too."""


class MetricsError(Exception):
    """A metric operation failed; the message names what was given and what helps."""


class ConfigurationError(Exception):
    """A setting cannot be used; the message names the variable, its value and what helps."""
