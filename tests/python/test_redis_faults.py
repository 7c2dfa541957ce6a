"""Faults of Redis affect neither the application's requests nor scrapes."""

import signal
import subprocess
from pathlib import Path
from typing import Callable

from conftest import EXECUTABLE
from exposition import Exposition
from live_gunicorn import LiveGunicorn, wait_for
from live_redis import LiveRedis
from redis_server import RedisServer

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
        # Once for each outage: a busy machine may have one of its own.
        outages = [part.count("did not answer within 0.9 s") for part in server.log.split("forwarding to redis works again")]
        assert max(outages) == 1
    finally:
        redis.signal(signal.SIGCONT)
        redis.end()


def test_each_new_reason_is_logged_and_check_quotes_the_newest(
    start_gunicorn: Callable[..., LiveGunicorn], start_redis: Callable[..., RedisServer]
) -> None:
    redis = start_redis()
    redis.cli("config", "set", "requirepass", "the-first")
    server = start_gunicorn(variables={
        "REDIS_ENABLED": "true", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port), "REDIS_PASSWORD": "the-first",
        "REDIS_FORWARD_INTERVAL": "1",
    })
    server.wait_until_served()
    wait_for(lambda: snapshots(server.scrape(), "sent") >= 1, "a snapshot in Redis")
    wait_for(lambda: check(server) == "", "a forwarder without a finding")

    redis.kill()
    wait_for(lambda: "cannot be reached" in check(server), "the first reason in check")
    redis.start("--requirepass", "the-second")
    wait_for(lambda: "rejects the user and the password" in check(server), "the second reason in check")
    assert "cannot be reached" not in check(server)

    wait_for(lambda: "rejects the user and the password" in server.log, "the second reason in the log")
    reasons = [line.partition("forwarding to redis ")[2] for line in server.log.splitlines() if f"Redis at 127.0.0.1:{redis.port} " in line]
    assert sum("cannot be reached" in reason for reason in reasons) == 1
    assert sum("rejects the user and the password" in reason for reason in reasons) == 1
    assert "the-first" not in server.log and "the-second" not in server.log

    redis.kill()
    redis.start("--requirepass", "the-first")
    wait_for(lambda: check(server) == "", "forwarding that works again")


def check(server: LiveGunicorn) -> str:
    """Returns what ``check`` finds about the forwarder."""
    command = [str(EXECUTABLE), "check", f"127.0.0.1:{server.metrics_port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "\n".join(line for line in done.stdout.splitlines() if "forwarder" in line)


def snapshots(exposition: Exposition, outcome: str) -> float:
    """Returns the number of snapshots with this outcome."""
    return exposition.value(SNAPSHOTS, forwarder="redis", outcome=outcome)
