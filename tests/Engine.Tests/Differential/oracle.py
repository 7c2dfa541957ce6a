"""The stock MultiProcessCollector as a service: a directory a line in, an exposition out.

Files are merged in the order of their names, because the sums of doubles and the merge of NaN depend on the order.
PROMETHEUS_CLIENT_PATH may name a folder with another version of prometheus_client.
"""
import glob
import os
import sys

sys.path[:0] = filter(None, [os.environ.get("PROMETHEUS_CLIENT_PATH")])

from prometheus_client import CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client import mmap_dict  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402


class SortedCollector(MultiProcessCollector):
    """The stock collector, in a fixed order."""

    def collect(self):
        return self.merge(sorted(glob.glob(os.path.join(self._path, "*.db"))))


def main() -> None:
    layout = "Timestamped" if hasattr(mmap_dict, "_pack_two_doubles") else "ValueOnly"
    print(layout, flush=True)
    for line in sys.stdin:
        registry = CollectorRegistry()
        SortedCollector(registry, line.rstrip("\n"))
        text = generate_latest(registry)
        sys.stdout.buffer.write(b"%d\n" % len(text) + text)
        sys.stdout.buffer.flush()


main()
