"""aiohttp's worker class, whose requests are not counted: the log says so at the start."""

import os
import signal

from live_gunicorn import HOOKS, wait_for


def test_a_worker_of_aiohttp_serves_and_warns_that_requests_are_not_counted(start_gunicorn, need):
    need("aiohttp.worker")
    server = start_gunicorn(
        "-w", "2", conf=HOOKS + 'worker_class = "aiohttp.GunicornWebWorker"\n', app="frameworks.aiohttp_app:app")
    wait_for(lambda: server.log.count("Requests are not counted: aiohttp.GunicornWebWorker") == 2, "a warning of each worker")
    assert server.request("GET", "/users/7") == (200, "7")
    assert set(server.metrics().by("gunicorn_worker_info", "worker_class")) == {"aiohttp.GunicornWebWorker"}
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.scrape().value("gunicorn_worker_exits_total", reason="signal") == 1, "the exit")
    assert server.end() == 0
