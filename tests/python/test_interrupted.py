"""Nothing that an application waits for fails or ends early under the signals that ask for stacks. INTERRUPTED_SECONDS is the duration."""

import http.client
import os
import threading
import time
from pathlib import Path

import pytest

from interrupted_app import WAYS
from live_gunicorn import PROMETHEUS_WORKER, wait_for
from stack_signals import Sender, signal_of
from worker_classes import ALL

#: For each row of CASES.
SECONDS = float(os.environ.get("INTERRUPTED_SECONDS", "4"))

GEVENT_WAYS = sorted(WAYS.keys() - {"psycopg"})

#: Without hooks there is no exporter, which would empty the stack file.
CASES = {
    "sync": (PROMETHEUS_WORKER, "interrupted_app:app", sorted(WAYS), 1),
    "gthread": (ALL["PrometheusThreadWorker"].conf, "interrupted_app:app", sorted(WAYS), 4),
    "gevent": (ALL["PrometheusGeventWorker"].conf, "interrupted_app:app", GEVENT_WAYS, 4),
    "uvicorn": (ALL["PrometheusUvicornWorker"].conf, "interrupted_app:asgi", ["asyncio"], 4),
}


class Client(threading.Thread):
    """Requests the paths in turn until it is told that the time is over, and keeps what failed."""

    def __init__(self, port: int, ways: "list[str]", first: int, is_over: threading.Event) -> None:
        super().__init__()
        self._port = port
        self._ways = ways[first % len(ways):] + ways[:first % len(ways)]
        self._is_over = is_over
        self.faults: "list[str]" = []
        self.answers = 0

    def run(self) -> None:
        while not self._is_over.is_set():
            for way in self._ways:
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
                try:
                    connection.request("GET", "/" + way)
                    fault = connection.getresponse().read().decode()
                    self.answers += 1
                except (OSError, http.client.HTTPException) as error:
                    fault = f"{way}: {error!r}"
                finally:
                    connection.close()
                if fault:
                    self.faults.append(fault)
                if self._is_over.is_set():
                    return


@pytest.mark.parametrize("case", CASES)
def test_no_wait_fails_or_ends_early(start_gunicorn, need, environment, case):
    conf, app, ways, clients = CASES[case]
    need("psycopg2", "requests", case if case != "sync" and case != "gthread" else "gunicorn")
    store = Path(environment["PROMETHEUS_MULTIPROC_DIR"])
    server = start_gunicorn("--timeout", "120", conf=conf, app=app)
    (worker,) = server.workers()
    wait_for(lambda: signal_of(store, worker), "the handler")
    is_over = threading.Event()
    sender = Sender(store)
    threads = [Client(server.port, ways, number, is_over) for number in range(clients)]
    for thread in (sender, *threads):
        thread.start()
    try:
        time.sleep(SECONDS)
        # A busy machine needs longer.
        wait_for(lambda: sender.sent > 10 * SECONDS, "the signals")
    finally:
        is_over.set()
    for thread in threads:
        thread.join()
    sender.stop()
    answers = sum(thread.answers for thread in threads)
    print(f"{sender.sent} signals, {answers} responses")
    assert [fault for thread in threads for fault in thread.faults] == []
    assert answers > 0
    assert server.workers() == [worker]
