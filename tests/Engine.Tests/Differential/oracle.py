"""The stock MultiProcessCollector as a service: a directory a line in, an exposition out.

A version that can escape names in several ways is given one after a tab.

Files are merged in the order of their names, because the sums of doubles and the merge of NaN depend on the order.
PROMETHEUS_CLIENT_PATH may name a folder with another version of prometheus_client.
"""
import glob
import os
import sys

sys.path[:0] = filter(None, [os.environ.get("PROMETHEUS_CLIENT_PATH")])

from prometheus_client import CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client import mmap_dict  # noqa: E402
from prometheus_client.openmetrics import exposition as openmetrics  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402


class SortedCollector(MultiProcessCollector):
    """The stock collector, in a fixed order."""

    def collect(self):
        return self.merge(sorted(glob.glob(os.path.join(self._path, "*.db"))))


def main() -> None:
    layout = "Timestamped" if hasattr(mmap_dict, "_pack_two_doubles") else "ValueOnly"
    print(layout, flush=True)
    print(hasattr(openmetrics, "ALLOWUTF8"), flush=True)
    for line in sys.stdin:
        registry = CollectorRegistry()
        directory, *escaping = line.rstrip("\n").split("\t")
        SortedCollector(registry, directory)
        text = generate_latest(registry, *escaping)
        sys.stdout.buffer.write(b"%d\n" % len(text) + text)
        sys.stdout.buffer.flush()


main()
