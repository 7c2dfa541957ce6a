"""A leak has the name of its route, whatever other routes allocate, in every worker class."""

import http.client
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from leaking_app import KEPT
from live_gunicorn import HOOKS, LiveGunicorn, wait_for

ROUTES = ("/leak", "/buffer", "/objects")
GROWTH = "gunicorn_route_memory_growth_bytes"
ON = {"GUNICORN_EXPORTER_ROUTE_MEMORY": "true"}

#: Of each client, so that the test ends if no leak is found.
MOST_BURSTS = 1000

CLASSES = {
    "sync": "leaking_app:app", "gthread": "leaking_app:app", "gevent": "leaking_app:app", "uvicorn": "leaking_app:asgi"}

#: An estimate takes the longer the busier the machine is: make test-random tries every class.
TRIED = os.environ.get("LEAK_CLASSES", "sync").split()


def load(server: LiveGunicorn, seed: int, end: threading.Event) -> None:
    """Requests routes in bursts of random length, with pauses."""
    chance = random.Random(seed)
    for _ in range(MOST_BURSTS):
        if end.is_set():
            return
        path = chance.choice(ROUTES)
        for _ in range(chance.randint(1, 12)):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            connection.request("GET", path)
            assert connection.getresponse().status == 200
            connection.close()
        time.sleep(chance.uniform(0, 0.3))


def is_found(growth: "dict[str, float]") -> bool:
    """Returns whether the leaking route grows, and by far the most."""
    leak = growth.get("/leak", 0)
    return growth.keys() >= set(ROUTES) and leak > KEPT / 8 and leak > 5 * max(growth["/buffer"], growth["/objects"])


@pytest.mark.parametrize("worker_class", TRIED)
def test_a_leak_has_the_name_of_its_route(worker_class: str, start_worker: Any) -> None:
    server: LiveGunicorn = start_worker(worker_class, "-w", "8", app=CLASSES[worker_class], variables=ON)
    server.wait_until_served()
    end = threading.Event()
    clients = [threading.Thread(target=load, args=(server, seed, end)) for seed in range(3)]
    for client in clients:
        client.start()
    growth: "dict[str, float]" = {}

    def observe() -> bool:
        growth.update(server.scrape().by(GROWTH, "endpoint"))
        return is_found(growth)

    try:
        # Each scrape is an observation, and the first ones see memory that is allocated once.
        wait_for(observe, "the name of the leak", timeout=300)
    finally:
        end.set()
        for client in clients:
            client.join()
    print(growth)
    assert growth["/leak"] < 1.2 * KEPT


def test_a_reload_of_the_exporter_turns_it_on_and_off(start_gunicorn: Any, tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    file.write_text("exporter: {web: {enable_lifecycle: true}, families: {route_memory: false}}")
    server: LiveGunicorn = start_gunicorn(
        "-w", "8", conf=HOOKS, app="leaking_app:app", variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(file)})
    server.wait_until_served()

    def reload(is_on: str) -> None:
        file.write_text(f"exporter: {{web: {{enable_lifecycle: true}}, families: {{route_memory: {is_on}}}}}")
        connection = http.client.HTTPConnection("127.0.0.1", server.metrics_port, timeout=30)
        connection.request("POST", "/-/reload")
        assert connection.getresponse().status == 200
        connection.close()

    def observe(chance: random.Random) -> bool:
        for _ in range(chance.randint(10, 30)):
            server.get(chance.choice(ROUTES))
        return server.scrape().has(GROWTH, endpoint="/buffer")

    chance = random.Random(1)
    assert not observe(chance)
    reload("true")
    wait_for(lambda: observe(chance), "an estimate")
    reload("false")
    assert GROWTH not in server.scrape().text
