"""An application that counts with prometheus_client until SIGTERM, then prints its own counts as JSON."""

import json
import random
import signal
import sys
import time

from prometheus_client import Counter, Gauge, Histogram

BOUNDS = (0.125, 0.5, 2.0)

# Not an Event: the handler may interrupt its wait, and would then wait for a lock that the wait holds.
ended: "list[bool]" = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
orders = Counter("shop_orders", "Orders by kind", ["kind"])
seconds = Histogram("shop_order_seconds", "Time of an order", buckets=BOUNDS)
workers = Gauge("shop_workers", "Workers", multiprocess_mode="livesum")
workers.set(1)
counted: "dict[str, float]" = {}


def add(sample: str, amount: float) -> None:
    """Adds to the application's own counts."""
    counted[sample] = counted.get(sample, 0.0) + amount


chance = random.Random(sys.argv[1])
while not ended:
    time.sleep(0.002)
    kind = chance.choice(("book", "tea"))
    # Eighths, so that sums are exact in any order.
    took = chance.randrange(32) / 8
    orders.labels(kind).inc()
    seconds.observe(took)
    add(f"shop_orders_total {kind}", 1)
    add("shop_order_seconds_sum", took)
    add("shop_order_seconds_count", 1)
    for bound in (*BOUNDS, float("inf")):
        add(f"shop_order_seconds_bucket {'+Inf' if bound == float('inf') else bound}", 1 if took <= bound else 0)
print(json.dumps(counted))
