"""Ten exporters with ten stores, Redis, and hubs: the hubs' values equal the applications' own counts."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from fleet import Host, Hub, Watch, counted, total
from live_gunicorn import wait_for
from live_redis import LiveRedis

HOSTS = 10


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[LiveRedis]:
    """The test's own Redis."""
    server = LiveRedis(tmp_path / "redis")
    yield server
    server.end()


def test_hubs_show_what_ten_applications_counted_though_one_dies_and_others_begin_anew(
    tmp_path: Path, environment: dict[str, str], redis: LiveRedis
) -> None:
    environment = {**environment, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port)}
    hosts = [Host(f"host-{i}", tmp_path / f"store-{i}", environment, EXECUTABLE) for i in range(HOSTS)]
    hubs = [Hub(environment, EXECUTABLE), Hub(environment, EXECUTABLE, "--aggregate")]
    apart, merged = (Watch(hub) for hub in hubs)

    try:
        wait_for(lambda: apart.read().value("gunicorn_hub_hosts") == HOSTS, "every host")
        wait_for(lambda: merged.read().total("shop_workers") == HOSTS, "every application")

        # One exporter is killed while its application counts, and the next one continues with the store.
        hosts[1].kill_exporter()
        watch(1, apart, merged)
        hosts[1].export()

        # One host stops for good after its counts have arrived.
        gone = hosts[0].stop_counting()
        wait_for(lambda: counted(apart.read(), "host-0") == gone, "the last snapshot of the host that dies")
        hosts[0].kill_exporter()

        # One host restarts with a new store.
        before = hosts[2].stop_counting()
        wait_for(lambda: counted(apart.read(), "host-2") == before, "the last snapshot of the store that is over")
        hosts[2].kill_exporter()
        watch(1, apart, merged)
        wait_for(lambda: not apart.read().has("shop_orders_total", instance="host-2"), "the end of the store that is over")
        wait_for(lambda: not apart.read().has("shop_orders_total", instance="host-0"), "the end of the host that died")
        anew = Watch(hubs[0])
        hosts.append(Host("host-2", tmp_path / "store-new", environment, EXECUTABLE))
        watch(3, anew, merged)

        last = {host.name: host.stop_counting() for host in hosts if host not in (hosts[0], hosts[2])}
        everything = total(gone, before, *last.values())
        wait_for(lambda: counted(merged.read()) == everything, "the sums of all applications")
        for name, account in last.items():
            wait_for(lambda: counted(anew.read(), name) == account, f"the counts of {name}")  # noqa: B023
        wait_for(lambda: merged.read().value("gunicorn_hub_hosts") == HOSTS - 1, "every host but the one that died")
        assert not anew.read().has("shop_orders_total", instance="host-0")

        late = Hub(environment, EXECUTABLE, "--aggregate")
        hubs.append(late)
        wait_for(lambda: counted(late.read()) == everything, "the same sums at a hub that starts late")
        for exposition in (anew.read(), merged.read()):
            assert lint(exposition.text) == ""

        # A hub that does not merge hosts serves only the text format, whatever the client accepts.
        kind, text = hubs[0].negotiated("application/openmetrics-text")
        assert kind.startswith("text/plain") and "# EOF" not in text
        kind, text = hubs[1].negotiated("application/openmetrics-text")
        assert kind.startswith("application/openmetrics-text") and text.endswith("# EOF\n")
    finally:
        for host in hosts:
            host.end()
        logs = [hub.end() for hub in hubs]
    # The hubs log only their address and the snapshots that they read. On a busy machine the server's heartbeat is late.
    expected = ("listening on", "snapshot", "the heartbeat has been running")
    assert not [line for log in logs for line in log.splitlines() if not any(words in line.lower() for words in expected)]


def watch(seconds: float, *watches: Watch) -> None:
    """Reads hubs repeatedly for some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in watches:
            one.read()
        time.sleep(0.1)


def lint(exposition: str) -> str:
    """Returns promtool's findings, without the one about an inherited name."""
    found = subprocess.run(["promtool", "check", "metrics"], input=exposition, capture_output=True, text=True, timeout=60)
    lines = (found.stdout + found.stderr).splitlines()
    return "\n".join(line for line in lines if not line.startswith("gunicorn_worker_cpu_percent"))
