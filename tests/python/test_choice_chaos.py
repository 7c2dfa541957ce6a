"""What the operator wants recorded changes at random under load, and every count stays exact. CHAOS_SEED selects the changes."""

import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import test_chaos as chaos
from exposition import Exposition
from live_gunicorn import HOOKS, LiveGunicorn, wait_for

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))
EXCLUDED = "__excluded__"
LATENCY = "gunicorn_http_request_duration_seconds_count"


class Scraper(chaos.Scraper):
    """Fails if a counter decreases. Unlike its base it allows series to vanish and to come back."""

    def _check(self, metrics: Exposition) -> None:
        for name, labels, value in metrics.samples:
            series = name, frozenset(labels.items())
            if name.startswith(("gunicorn_http_", "gunicorn_worker_request")) and not name.endswith("_in_flight"):
                highest = self._highest.get(series, 0.0)
                if value < highest:
                    self.faults.append(f"{series} went from {highest} to {value}")
                self._highest[series] = value


class Client(chaos.Client):
    """Sends requests with the headers of several hosts and tenants."""

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(port, seed)
        self._chance = random.Random(~seed)
        #: The requests sent, by label and value.
        self.sent: dict[str, Counter[str]] = {"host": Counter(), "x_tenant": Counter()}

    def headers(self) -> dict[str, str]:
        host, tenant = f"h{self._chance.randrange(12)}.example", self._chance.choice(["acme", "globex", "initech"])
        self.sent["host"][host] += 1
        self.sent["x_tenant"][tenant] += 1
        return {"Host": host.upper() + ":8000", "X-Tenant": tenant}


class Operator(chaos.Chaos):
    """Changes the file of settings at random, and reloads, restarts or kills what uses it."""

    def __init__(self, server: LiveGunicorn, chance: random.Random, file: Path) -> None:
        super().__init__(server, chance)
        self._file = file

    def _hang_up(self) -> None:
        write_choice(self._file, self._random)
        super()._hang_up()


def counts_by(metrics: Exposition, label: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, labels, value in metrics.samples:
        if name == chaos.REQUESTS:
            found[labels.get(label, "")] += int(value)
    return found


def write_choice(file: Path, chance: random.Random) -> None:
    bounds = sorted(chance.sample([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5], chance.randint(1, 6)))
    excluded = chance.choice(['[]', '[/missing]', '["/o*", /broken]'])
    text = f"""
exporter:
  buckets: {{latency: {bounds}, native: {str(chance.random() < 0.5).lower()}}}
  families: {{per_worker: {str(chance.random() < 0.5).lower()}, excluded: [{chance.choice(['process_*', 'gunicorn_worker_response_*'])}]}}
  labels:
    excluded_routes: {excluded}
    excluded_requests: count
    latency_status: {chance.choice(['none', 'class', 'code'])}
    methods: {chance.choice(['[GET]', '[POST, PURGE]', '[GET, HEAD, POST]'])}
    extra_labels: {chance.choice(['[]', '[host]', '[scheme, "header:X-Tenant=acme|globex"]', '["host=h1.example|h2.example", scheme]'])}
    max_values: {chance.choice([8, 200])}
"""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def test_every_count_is_exact_however_the_choice_changes(start_gunicorn: Any, tmp_path: Path) -> None:
    print(f"CHAOS_SEED={chaos.SEED} CHAOS_SECONDS={SECONDS:g}")
    chance = random.Random(chaos.SEED)
    file = tmp_path / "exporter.yml"
    write_choice(file, chance)
    server = start_gunicorn(
        "-w", str(chaos.WORKERS), "--timeout", "2", "--graceful-timeout", "5", conf=HOOKS, app="chaos_app:app",
        variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(file)})
    server.wait_until_served()
    operator = Operator(server, chance, file)
    scraper = Scraper(server.scrape)
    clients = [Client(server.port, chance.randrange(1 << 32)) for _ in range(chaos.CLIENTS)]
    for thread in (scraper, *clients):
        thread.start()
    try:
        operator.run(SECONDS)
        for client in clients:
            client.stop()
        scraper.stop()
        check(server, operator, scraper, clients)
    finally:
        for thread in (scraper, *clients):
            thread.stop()
        for master in operator.masters:
            with contextlib.suppress(ProcessLookupError):
                os.kill(master, signal.SIGTERM)


def check(server: LiveGunicorn, operator: Operator, scraper: Scraper, clients: list[Client]) -> None:
    received = chaos.sums([client.received for client in clients])
    lost = chaos.sums([client.lost for client in clients])

    # No request is in flight once the workers that were told to stop are gone.
    with contextlib.suppress(AssertionError):
        wait_for(lambda: received <= counts_by(server.metrics(), "status_code"), "the counts")
    wait_for(lambda: server.metrics().total("gunicorn_worker_requests_in_flight") == 0, "the last requests")
    metrics = server.metrics()
    found = counts_by(metrics, "status_code")
    print(f"{dict(operator.done)}; received {dict(received)}, lost {dict(lost)}, counted {dict(found)}; {scraper.scrapes} scrapes")
    assert scraper.faults == []
    assert operator.done["HUP"] > 0
    for status in sorted(received.keys() | found.keys()):
        in_flight = sum(lost.values()) if status == "500" else lost[status]
        assert received[status] <= found[status] <= received[status] + in_flight, status
    for label in ("host", "x_tenant"):
        sent = chaos.sums([client.sent[label] for client in clients])
        by_value = counts_by(metrics, label)
        print(f"{label}: {dict(by_value)}")
        for value in by_value.keys() - {"", "__other__"}:
            assert by_value[value] <= sent[value], value

    def sums() -> set[float]:
        now = server.metrics()
        return {
            now.total(chaos.REQUESTS) - now.by(chaos.REQUESTS, "endpoint").get(EXCLUDED, 0),
            now.total("gunicorn_worker_requests_total"), now.total(LATENCY), now.total("gunicorn_worker_request_duration_seconds_count")}

    # The exporter completes what a killed worker had begun to count once it has accounted for the death.
    wait_for(lambda: len(sums()) == 1, "equal counts in every family")
    assert metrics.value("gunicorn_exporter_dropped_total") == 0
