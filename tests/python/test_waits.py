"""Loads that are known by construction show in the utilisation, and waits for threads and event loops in their metrics."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from live_gunicorn import wait_for
from worker_classes import STOCK

LOOPS = [name for name in STOCK if name not in ("sync", "gthread")]
THREADS = 4

REQUESTS = "gunicorn_worker_busy_seconds_total"
LOOP = "gunicorn_worker_loop_busy_seconds_total"
BLOCKED = "gunicorn_worker_loop_blocked_seconds_total"
LAG = "gunicorn_worker_loop_lag"
WAIT = "gunicorn_worker_thread_wait_seconds"

#: No block is slow for the exporter, whose signal for a stack would end it.
PATIENT = ("--timeout", "120")


def block(server, seconds):
    """Blocks the worker's thread. Returns how long it was blocked."""
    status, text = server.request("GET", f"/block/{seconds}")
    assert status == 200
    return float(text)


def growth(server, name, load):
    """Returns what a counter gained each second during a load, and what the load took of each second."""
    before, start = server.scrape().total(name), time.monotonic()
    taken = load()
    after, end = server.scrape().total(name), time.monotonic()
    return (after - before) / (end - start), taken / (end - start)


def wait_until_measured(server, name):
    server.wait_until_served()
    wait_for(lambda: server.scrape().has(name), name)


def test_the_share_of_busy_threads_is_what_is_offered(start_worker):
    server = start_worker("gthread")
    wait_until_measured(server, REQUESTS)
    period, rounds, requests, late = 0.5, 3, 0, 0
    for offered in (0.25, 0.5, 0.95, 1.5):
        # What the client saw of each request beside the block.
        rests = []

        def client(_, offered=offered, rests=rests):
            taken = 0.0
            for _ in range(rounds):
                start = time.monotonic()
                blocked = block(server, period * min(1.0, offered))
                rests.append(time.monotonic() - start - blocked)
                taken += blocked
                if offered < 1:
                    time.sleep(max(0.0, start + period - time.monotonic()))
            return taken

        clients = int(THREADS * max(1.0, offered))
        with ThreadPoolExecutor(clients) as pool:
            gained, taken = growth(server, REQUESTS, lambda pool=pool, clients=clients: sum(pool.map(client, range(clients))))
        # On a busy machine a thread takes longer for the rest of a request, too.
        most = min(THREADS, taken + sum(rests) / (rounds * period))
        assert taken / THREADS - 0.03 <= gained / THREADS <= most / THREADS + 0.03
        requests += clients * rounds
        late += sum(rest > 0.25 for rest in rests)
        metrics = server.metrics(requests=requests)
        waits = metrics.value(f"{WAIT}_count")
        assert waits == requests
        long = waits - metrics.value(f"{WAIT}_bucket", le="0.25")
        # Beyond what the threads can do, requests wait for those before them. The client sees each such wait.
        assert long <= late
        assert offered <= 1 or long > 0
    assert metrics.total("gunicorn_worker_capacity") == THREADS


def test_connections_of_threads_are_counted_by_state(start_worker):
    server = start_worker("gthread", "--worker-connections", "9", "--keep-alive", "30", *PATIENT)
    wait_until_measured(server, "gunicorn_worker_connections_limit")
    assert server.scrape().total("gunicorn_worker_connections_limit") == 9
    alive = [server.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(2)]
    for connection in alive:
        assert connection.recv(65536)
    reading = server.connect(b"GET / HT")
    blocked = [server.connect(b"GET /block/6 HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(5)]
    # In some versions a connection that is being read occupies a thread.
    expected = ({"reading": 1, "waiting": 2, "handling": 3, "keepalive": 2}, {"reading": 1, "waiting": 1, "handling": 4, "keepalive": 2})
    wait_for(lambda: server.scrape().by("gunicorn_worker_connections", "state") in expected, f"{expected}")
    wait_for(lambda: server.scrape().by("gunicorn_worker_connections", "state")["waiting"] == 0, "a thread for each")
    # At the start each of the five waits for a moment.
    assert 1 <= server.scrape().total("gunicorn_worker_connections_waiting_peak") <= 5
    for connection in (reading, *alive, *blocked):
        connection.close()


@pytest.mark.parametrize("name", LOOPS)
def test_the_busy_share_of_a_loop_is_what_blocks_it(start_worker, name):
    server = start_worker(name, *PATIENT)
    wait_until_measured(server, LOOP)

    blocked, answered = [], []

    def load(share):
        for _ in range(3):
            start = time.monotonic()
            blocked.append(block(server, 0.4 * share))
            answered.append(time.monotonic() - start)
            time.sleep(max(0.0, start + 0.4 - time.monotonic()))
        return sum(blocked[-3:])

    for share in (0.1, 0.5, 0.9):
        gained, taken = growth(server, LOOP, lambda share=share: load(share))
        # On a busy machine the loop takes longer for the rest of a request, too.
        rest = (sum(answered[-3:]) - sum(blocked[-3:])) / (3 * 0.4)
        assert taken - 0.03 <= gained <= taken + rest + 0.03
    metrics = server.metrics(requests=9)
    named = metrics.by(BLOCKED, "endpoint")
    of_blocks = sum(seconds for endpoint, seconds in named.items() if endpoint.startswith("/block/"))
    # The first three are too short to be named, unless the machine is busy.
    most = sum(answered[3:]) + sum(seconds for seconds in answered[:3] if seconds > 0.1)
    assert sum(blocked[3:]) - 0.2 <= of_blocks <= sum(named.values()) <= most + 0.2

    # A loop that is blocked now shows as busy, and its timer as late.
    blocking = threading.Thread(target=block, args=(server, 5))
    blocking.start()
    wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == 1, "the request")
    before = server.scrape().total(LOOP)
    time.sleep(1)
    assert server.scrape().total(LOOP) - before > 0.9
    assert server.scrape().value(f"{LAG}_max_seconds") > 0.5
    blocking.join()
    wait_for(lambda: server.scrape().value(f"{LAG}_max_seconds") > 4.4, "the lag of the whole block")

    def has_long_lag():
        metrics = server.scrape()
        return metrics.value(f"{LAG}_seconds_count") > metrics.value(f"{LAG}_seconds_bucket", le="1.0")

    wait_for(has_long_lag, "a lag of more than a second")


def test_the_busy_time_of_a_loop_does_not_fall_when_its_worker_is_killed(start_worker):
    server = start_worker("tornado")
    wait_until_measured(server, LOOP)

    def is_idle():
        before, start = server.scrape(), time.monotonic()
        time.sleep(1)
        after = server.scrape()
        return (after.total(LOOP) - before.total(LOOP) < 0.03 * (time.monotonic() - start)
                and after.total(BLOCKED) == before.total(BLOCKED))

    wait_for(is_idle, "an idle loop")
    (pid,) = server.workers()
    threading.Thread(target=server.get, args=("/block/10",), daemon=True).start()
    wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == 1, "the request")
    time.sleep(1)
    reported, start = [server.scrape().total(LOOP)], time.monotonic()
    assert reported[0] > 0.9
    os.kill(pid, signal.SIGKILL)

    def is_replaced():
        reported.append(server.scrape().total(LOOP))
        return server.scrape().total("gunicorn_worker_requests_lost_total") == 1

    wait_for(is_replaced, "the lost request")
    wait_for(lambda: (now := server.workers()) and pid not in now and server.get("/") == 200, "the next worker")
    reported.append(server.scrape().total(LOOP))
    assert reported == sorted(reported)
    # No loop is busy for longer than the time, of which the report may be a second late.
    assert reported[-1] < reported[0] + 1 + time.monotonic() - start


def test_sync_workers_have_neither_loop_nor_thread_waits(start_worker):
    server = start_worker("sync")
    assert server.get("/") == 200
    assert not re.search("gunicorn_worker_(loop_|thread_wait|connections)", server.metrics(requests=1).text)
