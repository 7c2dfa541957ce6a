"""The manager of forwarders, which this version does not have yet."""

from ..errors import MetricsError


class ForwarderManager:
    """Would manage forwarders; cannot be constructed yet."""

    def __init__(self) -> None:
        """Raises MetricsError: there is nothing to manage yet."""
        raise MetricsError("this version cannot forward metrics yet; scrape the exporter instead")
