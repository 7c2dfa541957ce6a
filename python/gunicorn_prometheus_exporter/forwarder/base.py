"""The base class of forwarders, for an application's own forwarders too."""

from abc import ABC, abstractmethod


class BaseForwarder(ABC):
    """Sends the metrics once every interval, in a thread of the process that added it to a manager."""

    def __init__(self, forward_interval: float = 30.0) -> None:
        """Sets the seconds between two snapshots."""
        if not forward_interval > 0:
            raise ValueError(f"forward_interval is {forward_interval!r}; give a number of seconds above 0")
        self.forward_interval = forward_interval

    @abstractmethod
    def _forward_metrics(self, metrics: str) -> None:
        """Sends the metrics, which are the text format of ``/metrics``. Any exception counts as a failed snapshot."""
