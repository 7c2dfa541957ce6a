"""A configuration that patches with gevent: its loop reaps the workers of the master before anyone else."""

import os
import signal

import pytest

from live_gunicorn import wait_for
from test_private_names import RENAME

#: How a worker exits, and the reason that is counted.
ENDS = {
    "signal": lambda server, pid: os.kill(pid, signal.SIGKILL),
    "exit_code": lambda server, pid: server.request("POST", "/exec", "import os; os._exit(7)"),
    "graceful": lambda server, pid: os.kill(pid, signal.SIGTERM),
}


PATCH = "from gevent import monkey\nmonkey.patch_all()\n"


@pytest.mark.parametrize("reason", ENDS)
@pytest.mark.parametrize("worker_class", ["gevent", "sync"])
def test_the_reason_of_an_exit_is_known_though_gevent_reaps_it(worker_class, reason, start_worker):
    server = start_worker(worker_class, conf=PATCH, needs=["gevent"])
    assert count_of_exit(server, ENDS[reason]) == {reason: 1}


def test_without_the_table_of_gevent_the_reason_is_unknown_and_the_log_says_so(start_worker):
    conf = PATCH + RENAME.format(place="gevent.os:_watched_children")
    server = start_worker("gevent", conf=conf, needs=["gevent"])
    assert count_of_exit(server, ENDS["signal"]) == {"unknown": 1}
    assert server.log.count("this gevent has changed: why workers exited is not known where gevent reaps them") == 1


def count_of_exit(server, end):
    """Ends the worker, and returns the exits that are counted, by reason."""
    server.wait_until_served()
    wait_for(server.workers, "a worker")
    assert server.get("/") == 200
    (pid,) = server.workers()
    end(server, pid)
    wait_for(lambda: (now := server.workers()) and pid not in now, "a replacement")

    def counted():
        return {name: value for name, value in server.metrics().by("gunicorn_worker_exits_total", "reason").items() if value}

    wait_for(counted, "the count of the exit")
    return counted()
