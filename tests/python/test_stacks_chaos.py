"""Every thread of every worker is asked for its stack under random faults, and nothing is lost.

CHAOS_SEED selects the faults, CHAOS_SECONDS the duration of each case, SIGNAL_RATE how often a second each thread is asked.
"""

import contextlib
import os
import random
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any, Callable

import pytest

import test_chaos as chaos
from live_gunicorn import HOOKS, wait_for
from stack_signals import Sender
from worker_classes import ALL

SECONDS = float(os.environ.get("CHAOS_SECONDS", "8"))
RATE = float(os.environ.get("SIGNAL_RATE", "50"))

#: How Gunicorn's versions say that a signal ended a worker, and the signals of the test and of a master whose worker boots.
ENDED_BY = re.compile(r"terminated due to signal (\d+)|was sent (\w+)!")
OF_OTHERS = {"9", "SIGKILL", "15", "SIGTERM"}


class Client(chaos.Client):
    paths = ["/ok"] * 40 + ["/slow"] * 10 + ["/missing"] * 5 + ["/broken"] * 5 + ["/fork", "/run"] * 5 + ["/deep"] * 25


class Faults(chaos.Chaos):
    """Reloads, recycles and kills."""

    def __init__(self, server: Any, chance: random.Random, has_kills: bool) -> None:
        super().__init__(server, chance)
        self._has_kills = has_kills

    def events(self) -> "list[tuple[str, Callable[[], None]]]":
        gentle = [("HUP", self._hang_up), ("TTIN", self._more), ("TTOU", self._fewer)]
        return gentle + ([("kill worker", self._kill_worker), ("kill exporter", self._kill_exporter)] if self._has_kills else [])


#: Whether workers and exporters are killed: without, every request has its response.
CASES = {"sync": ("PrometheusWorker", False), "sync with kills": ("PrometheusWorker", True),
         "gthread with kills": ("PrometheusThreadWorker", True), "gevent with kills": ("PrometheusGeventWorker", True)}


@pytest.mark.parametrize("case", CASES)
def test_no_worker_and_no_response_is_lost_to_a_signal(start_gunicorn: Any, need: Any, environment: Any, case: str) -> None:
    name, has_kills = CASES[case]
    need(ALL[name].module)
    print(f"CHAOS_SEED={chaos.SEED} CHAOS_SECONDS={SECONDS:g} SIGNAL_RATE={RATE:g}")
    chance = random.Random(chaos.SEED)
    server = start_gunicorn(
        "-w", "3", "--timeout", "30", "--graceful-timeout", "30", "--max-requests", "300", "--max-requests-jitter", "100",
        conf=HOOKS + ALL[name].conf, app="stacks_chaos_app:app")
    server.wait_until_served()
    faults = Faults(server, chance, has_kills)
    scraper = chaos.Scraper(server.scrape)
    clients = [Client(server.port, chance.randrange(1 << 32)) for _ in range(chaos.CLIENTS)]
    sender = Sender(Path(environment["PROMETHEUS_MULTIPROC_DIR"]), RATE)
    threads = [sender, scraper, *clients]
    for thread in threads:
        thread.start()
    try:
        faults.run(SECONDS)
        for client in clients:
            client.stop()
        received, lost = (chaos.sums([getattr(client, which) for client in clients]) for which in ("received", "lost"))

        def counted() -> "Counter[str]":
            return Counter({status: int(count) for status, count in server.metrics().by(chaos.REQUESTS, "status_code").items()})

        with contextlib.suppress(AssertionError):
            wait_for(lambda: received <= counted(), "the counts")
        sender.stop()
        scraper.stop()
        found = counted()
        metrics = server.metrics()
        print(f"{sender.sent} signals; {dict(faults.done)}; received {dict(received)}, lost {dict(lost)}, counted {dict(found)}; "
              f"exits { {reason: count for reason, count in metrics.by('gunicorn_worker_exits_total', 'reason').items() if count} }")
        assert sender.sent > 5 * SECONDS
        assert scraper.faults == []
        assert has_kills or not lost
        for status in sorted(received.keys() | found.keys()):
            in_flight = sum(lost.values()) if status == "500" else lost[status]
            assert received[status] <= found[status] <= received[status] + in_flight, status
        assert metrics.value("gunicorn_exporter_dropped_total") == 0
        assert {match[1] or match[2] for match in ENDED_BY.finditer(server.log)} <= OF_OTHERS
    finally:
        for running in threads:
            running.stop()
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGTERM)
