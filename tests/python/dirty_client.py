"""Runs tasks of ``dirty_app`` from several threads, and prints the ids of those that succeeded and that failed.

Arguments: the server's log, which has the socket of each dirty arbiter; the journal; the number of tasks; the seed.
"""

import json
import random
import re
import sys
import threading
import time

from gunicorn.dirty.client import DirtyClient
from gunicorn.dirty.errors import DirtyAppError, DirtyConnectionError

#: Gunicorn never answers a task that waits for a worker that is killed.
TIMEOUT = 3.0
THREADS = 6
PATIENCE = 30.0

log, journal, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tasks = iter(range(count))
lock = threading.Lock()
succeeded: list[int] = []
failed: list[int] = []


def socket_path() -> str:
    with open(log, encoding="utf-8", errors="replace") as file:
        return re.findall(r"Dirty arbiter listening on (\S+)", file.read())[-1]


def connect() -> DirtyClient:
    deadline = time.monotonic() + PATIENCE
    while True:
        client = DirtyClient(socket_path(), TIMEOUT)
        try:
            client.connect()
            return client
        except DirtyConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def run(number: int) -> None:
    choose = random.Random(seed * 1000 + number)
    client = connect()
    while True:
        with lock:
            task = next(tasks, None)
        if task is None:
            return
        kind = choose.choices(["quick", "slow", "fail"], [6, 3, 1])[0]
        try:
            if choose.random() < 0.1:
                *_, last = client.stream("dirty_app:Tasks", "journal_stream", journal, task, kind)
            else:
                last = client.execute("dirty_app:Tasks", "journal", journal, task, kind)
            assert last == task
            succeeded.append(task)
        except DirtyAppError:
            failed.append(task)
        except Exception:
            # Its fate is unknown here, and the connection may still receive its answer.
            client.close()
            client = connect()


threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"succeeded": succeeded, "failed": failed}))
