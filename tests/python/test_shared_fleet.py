"""Hubs with a name share the hosts: each host is at exactly one hub, and no count decreases while hubs and hosts come and go."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest
import yaml

from conftest import EXECUTABLE
from fleet import Host, Hub, total
from live_gunicorn import wait_for
from live_prometheus import LivePrometheus
from live_redis import LiveRedis
from pages import PAGES

HOSTS = 6

Counts = dict[tuple[str, str, str], float]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[LiveRedis]:
    """The test's own Redis."""
    server = LiveRedis(tmp_path / "redis")
    yield server
    server.end()


class Hubs:
    """The hubs of one mode. Reads them one after another, and fails if a count of any of them decreases."""

    def __init__(self, environment: dict[str, str], *options: str) -> None:
        self._environment = environment
        self._options = options
        self._before: Counts = {}
        self.alive: dict[str, Hub] = {}

    def start(self, name: str) -> None:
        self.alive[name] = Hub(self._environment, EXECUTABLE, "--hub.name", name, *self._options)

    def kill(self, name: str) -> None:
        self.alive.pop(name).kill()

    def end(self) -> None:
        for hub in self.alive.values():
            hub.end()

    def read(self) -> dict[str, Counts]:
        """Returns the applications' counts at each hub, by name, host or shard, and the rest of the labels."""
        found: dict[str, Counts] = {}
        for name, hub in self.alive.items():
            counts: Counts = {}
            for sample, labels, value in hub.read().samples:
                if not sample.startswith("shop_order"):
                    continue
                part = labels.get("instance") or labels["shard"]
                key = (sample, part, labels.get("kind") or labels.get("le", ""))
                assert value >= self._before.get(key, 0.0), f"{key} fell from {self._before[key]} to {value} at {name}"
                counts[key] = self._before[key] = value
            found[name] = counts
        return found

    def forget(self, part: str) -> None:
        """Expects the counts of a host to restart."""
        self._before = {key: value for key, value in self._before.items() if key[1] != part}

    def parts(self) -> dict[str, set[str]]:
        """Returns the hosts or shards of each hub."""
        return {name: {part for _, part, _ in counts} for name, counts in self.read().items()}

    def settle(self, parts: set[str]) -> dict[str, set[str]]:
        """Waits until each of the hosts or shards is at exactly one hub. Returns them by hub."""
        wait_for(lambda: sorted(part for its in self.parts().values() for part in its) == sorted(parts), f"{parts} once each", 90)
        return self.parts()

    def counted(self, part: Optional[str] = None) -> dict[str, float]:
        """Returns the sums over all hubs by the applications' own keys; of one host if it is given."""
        return total(*(
            {f"{sample} {rest}".rstrip(): value}
            for counts in self.read().values() for (sample, its, rest), value in counts.items() if part in (None, its)))


def test_no_count_decreases_or_is_at_two_hubs_while_hubs_and_hosts_come_and_go(
    tmp_path: Path, environment: dict[str, str], redis: LiveRedis
) -> None:
    environment = {**environment, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port)}
    hosts = [Host(f"host-{i}", tmp_path / f"store-{i}", environment, EXECUTABLE) for i in range(HOSTS)]
    apart, merged = Hubs(environment), Hubs(environment, "--aggregate")
    names = {host.name for host in hosts}
    try:
        for hubs in (apart, merged):
            for name in ("hub-1", "hub-2", "hub-3"):
                hubs.start(name)
        first = apart.settle(names)
        wait_for(lambda: sum(hub.read().total("shop_workers") for hub in merged.alive.values()) == HOSTS, "every application")
        shards = {part for its in merged.parts().values() for part in its}
        merged_first = merged.settle(shards)

        # A hub that restarts at once keeps its hosts.
        apart.kill("hub-1")
        apart.start("hub-1")
        assert apart.settle(names) == first

        # A killed hub moves only its hosts; meanwhile a host's exporter is killed and returns, and a host stops for good.
        for hubs in (apart, merged):
            hubs.kill("hub-2")
        hosts[1].kill_exporter()
        watch(1, apart, merged)
        hosts[1].export()
        gone = hosts[0].stop_counting()
        last_words(apart, merged, hosts[0], gone)
        second = apart.settle(names - {"host-0"})
        merged_second = merged.settle(shards)
        for before, after in ((first, second), (merged_first, merged_second)):
            for name, parts in after.items():
                assert before[name] - {"host-0"} <= parts

        # A new hub takes only its share; meanwhile a host begins a new store.
        over = hosts[2].stop_counting()
        last_words(apart, merged, hosts[2], over)
        for hubs in (apart, merged):
            hubs.start("hub-4")
        wait_for(lambda: all("host-2" not in parts for parts in apart.parts().values()), "the end of the store that is over", 90)
        apart.forget("host-2")
        hosts.append(Host("host-2", tmp_path / "store-new", environment, EXECUTABLE))
        third = apart.settle(names - {"host-0"})
        merged_third = merged.settle(shards)
        for before, after in ((second, third), (merged_second, merged_third)):
            for name in before:
                assert after[name] <= before[name]
        assert merged_third["hub-4"] | third["hub-4"]

        rest = {host.name: host.stop_counting() for host in hosts if host not in (hosts[0], hosts[2])}
        everything = total(gone, over, *rest.values())
        wait_for(lambda: merged.counted() == everything, "the sums of all applications over all hubs")
        for name, account in rest.items():
            wait_for(lambda: apart.counted(name) == account, f"the counts of {name}")  # noqa: B023
    finally:
        for host in hosts:
            host.end()
        for hubs in (apart, merged):
            hubs.end()


def test_prometheus_sees_one_series_for_each_shard_without_a_reset_when_a_shard_moves(
    tmp_path: Path, environment: dict[str, str], redis: LiveRedis
) -> None:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus")
    environment = {**environment, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port)}
    hosts = [Host(f"host-{i}", tmp_path / f"store-{i}", environment, EXECUTABLE) for i in range(HOSTS)]
    merged = Hubs(environment, "--aggregate")
    prometheus = None
    try:
        for name in ("hub-1", "hub-2"):
            merged.start(name)
        wait_for(lambda: sum(hub.read().total("shop_workers") for hub in merged.alive.values()) == HOSTS, "every application")
        (rule,) = (yaml.safe_load(block.text) for block in PAGES["docs/hub.md"].blocks if block.language == "yaml")
        targets = [hub.address for hub in merged.alive.values()]
        scrape = {"job_name": "hubs", "static_configs": [{"targets": targets}], **rule}
        prometheus = LivePrometheus(tmp_path / "prometheus", [scrape], [], program)
        prometheus.wait_until_scraping()
        shards = {part for its in merged.parts().values() for part in its}
        wait_for(lambda: prometheus.now("count(count by (shard) (shop_orders_total))") == [len(shards)], "every shard")

        merged.kill("hub-2")
        everything = total(*(host.stop_counting() for host in hosts))
        wait_for(lambda: merged.counted() == everything, "the sums of all applications at the other hub", 90)
        orders = sum(value for key, value in everything.items() if key.startswith("shop_orders_total"))
        wait_for(lambda: prometheus.now("sum(shop_orders_total)") == [orders], "the last sums in Prometheus")

        assert prometheus.now("sum(resets(shop_orders_total[1h]))") == [0]
        # A scrape that fails ends the present values until the next one.
        wait_for(lambda: prometheus.now("count(count_over_time(shop_orders_total[1h])) == count(shop_orders_total)"), "no other series")
    finally:
        for host in hosts:
            host.end()
        merged.end()
        if prometheus is not None:
            prometheus.end()


def last_words(apart: Hubs, merged: Hubs, host: Host, account: dict[str, float]) -> None:
    """Waits until the counts of a host that stopped have arrived, then kills its exporter."""
    wait_for(lambda: apart.counted(host.name) == account, f"the last counts of {host.name}", 90)
    merged.read()
    host.kill_exporter()


def watch(seconds: float, *fleets: Hubs) -> None:
    """Reads hubs repeatedly for some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for hubs in fleets:
            hubs.read()
        time.sleep(0.1)
