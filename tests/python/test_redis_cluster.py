"""Exporters and hubs on a Redis Cluster whose slots move and whose masters die: counts are neither lost, doubled nor decreased."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from fleet import Host, Hub, Watch, counted, total
from live_gunicorn import wait_for
from redis_cluster import RedisCluster

HOSTS = 3
PREFIX = "gunicorn:metrics:"
OVER = re.compile("works again|reading snapshots")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RedisCluster]:
    """The test's own cluster."""
    started = RedisCluster(tmp_path / "cluster")
    yield started
    started.end()


class ClusterFleet:
    """Hosts that forward to the cluster, and a hub of each kind, whose every scrape is checked."""

    def __init__(self, folder: Path, environment: dict[str, str], cluster: RedisCluster) -> None:
        environment = {**environment, "REDIS_URL": cluster.url}
        self.hosts = [Host(f"host-{i}", folder / f"store-{i}", environment, EXECUTABLE) for i in range(HOSTS)]
        self.hubs = [Hub(environment, EXECUTABLE), Hub(environment, EXECUTABLE, "--aggregate")]
        self.apart, self.merged = (Watch(hub) for hub in self.hubs)
        wait_for(lambda: self.apart.read().value("gunicorn_hub_hosts") == HOSTS, "every host")
        wait_for(lambda: self.merged.read().total("shop_workers") == HOSTS, "every application")

    def watch(self, seconds: float) -> None:
        """Reads both hubs for some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.apart.read()
            self.merged.read()
            time.sleep(0.1)

    def advance(self) -> None:
        """Waits until the hubs show newer counts of every host."""
        before = counted_by_host(self.apart)
        wait_for(lambda: all(now > then for now, then in zip(counted_by_host(self.apart), before)), "newer counts of every host")
        self.merged.read()

    def settle(self) -> None:
        """Stops the applications, and compares the hubs with their own counts."""
        last = {host.name: host.stop_counting() for host in self.hosts}
        wait_for(lambda: counted(self.merged.read()) == total(*last.values()), "the sums of all applications")
        for name, account in last.items():
            wait_for(lambda: counted(self.apart.read(), name) == account, f"the counts of {name}")  # noqa: B023

    def end(self) -> "list[str]":
        """Stops all processes. Returns their logs."""
        for host in self.hosts:
            host.end()
        return [host.log for host in self.hosts] + [hub.end() for hub in self.hubs]


def counted_by_host(watch: Watch) -> "list[float]":
    exposition = watch.read()
    return [counted(exposition, f"host-{i}").get("shop_order_seconds_count", 0.0) for i in range(HOSTS)]


def failures(log: str) -> "list[str]":
    """Returns the lines of a log that report a failure, except an answer that takes too long on a busy machine."""
    return [
        line.partition(" level=")[2] for line in log.splitlines()
        if (" failed" in line or "level=error" in line) and not re.search(r"did not (answer|finish) within", line)]


def test_no_count_is_lost_while_the_slots_of_the_keys_move(
    tmp_path: Path, environment: dict[str, str], cluster: RedisCluster
) -> None:
    fleet = ClusterFleet(tmp_path, environment, cluster)
    try:
        for key in (f"{PREFIX}host-0", f"{PREFIX}@index"):
            for _ in cluster.move(cluster.slot_of(key)):
                fleet.watch(1.5)
            fleet.advance()
        fleet.settle()
    finally:
        logs = fleet.end()
        print("\n\n".join(logs))
    for log in logs:
        assert all("complete the move" in failure for failure in failures(log))
        assert all(len(failures(outage)) <= 1 for outage in OVER.split(log))


def test_no_count_is_lost_while_slots_are_resharded_and_masters_are_killed(
    tmp_path: Path, environment: dict[str, str], cluster: RedisCluster
) -> None:
    fleet = ClusterFleet(tmp_path, environment, cluster)
    try:
        slot = cluster.slot_of(f"{PREFIX}host-0")
        source, resharding = cluster.master_of(slot), cluster.reshard(slot)
        while resharding.poll() is None:
            fleet.watch(0.5)
        assert resharding.returncode == 0 and cluster.master_of(slot) is not source
        fleet.advance()
        for lost in (cluster.master_of(cluster.slot_of(f"{PREFIX}@index")), source):
            cluster.lose(lost)
            fleet.advance()
        fleet.settle()
    finally:
        logs = fleet.end()
        print("\n\n".join(logs))
    for outage in (part for log in logs for part in OVER.split(log)):
        assert len(failures(outage)) == len(set(failures(outage)))
        assert "unexpectedly" not in outage
