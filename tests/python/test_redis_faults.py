"""Faults of Redis affect neither the application's requests nor scrapes."""

import signal
from pathlib import Path
from typing import Callable

from exposition import Exposition
from live_gunicorn import LiveGunicorn, wait_for
from live_redis import LiveRedis

SNAPSHOTS = "gunicorn_exporter_forwarder_snapshots_total"


def test_neither_requests_nor_scrapes_notice_that_redis_stands_still(
    start_gunicorn: Callable[..., LiveGunicorn], tmp_path: Path
) -> None:
    redis = LiveRedis(tmp_path / "redis")
    try:
        server = start_gunicorn(variables={
            "REDIS_ENABLED": "true", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port), "REDIS_FORWARD_INTERVAL": "1",
        })
        server.wait_until_served()
        wait_for(lambda: snapshots(server.scrape(), "sent") >= 1, "a snapshot in Redis")

        redis.signal(signal.SIGSTOP)
        requests = 0

        def failed_twice() -> bool:
            nonlocal requests
            assert server.get("/") == 200
            requests += 1
            return snapshots(server.scrape(), "failed") >= 2

        wait_for(failed_twice, "two snapshots that did not arrive")
        redis.signal(signal.SIGCONT)
        sent = snapshots(server.scrape(), "sent")
        wait_for(lambda: snapshots(server.scrape(), "sent") > sent, "the next snapshot in Redis")

        assert server.metrics(requests).total("gunicorn_worker_requests_total") == requests
        assert server.log.count("did not answer within 0.9 s") == 1
    finally:
        redis.signal(signal.SIGCONT)
        redis.end()


def snapshots(exposition: Exposition, outcome: str) -> float:
    """Returns the number of snapshots with this outcome."""
    return exposition.value(SNAPSHOTS, forwarder="redis", outcome=outcome)
