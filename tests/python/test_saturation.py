"""One value says how full a server is: the highest share of its threads, loops, connections and accept queues in use."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

import mixin
from listeners import stopped, waiting
from live_gunicorn import wait_for
from live_prometheus import LivePrometheus

AUTOSCALING = mixin.REPOSITORY / "deploy" / "kubernetes" / "autoscaling"

ALL = "gunicorn_saturation_ratio"
EACH = "gunicorn_resource_saturation_ratio"


def begin(start_worker, name, *options):
    """Starts a server; returns it and the time since which its exporter observes it at most."""
    server = start_worker(name, *options)
    server.wait_until_served()
    own = "thread" if name in ("sync", "gthread") else "loop"
    wait_for(lambda: server.scrape().by(EACH, "resource").get(own) is not None, own)
    return server, server.scrape().value("process_start_time_seconds")


def shares(server):
    """Returns the share of each resource in use, after a check of the highest."""
    metrics = server.scrape()
    found = metrics.by(EACH, "resource")
    assert metrics.value(ALL) == max(found.values())
    return found


@pytest.mark.parametrize("name, resource, capacity", [("gthread", "thread", 4), ("sync", "thread", 1), ("tornado", "loop", 1)])
def test_the_share_of_time_in_use_is_that_of_threads_or_loops(start_worker, name, resource, capacity):
    server, start = begin(start_worker, name)
    observed = time.time()
    requests = min(2, capacity)

    def block(_):
        """Returns how long the worker was blocked, and how long the request took."""
        begun = time.monotonic()
        status, blocked = server.request("GET", "/block/4")
        assert status == 200
        return float(blocked), time.monotonic() - begun

    with ThreadPoolExecutor(requests) as pool:
        blocked, answered = map(sum, zip(*pool.map(block, range(requests))))
    until = time.time()
    found = shares(server)
    assert 0.8 * blocked / capacity / (time.time() - start) < found[resource] < 1.1 * answered / capacity / (until - observed)
    assert set(found) == {resource, "backlog"} | ({"queue"} if name != "sync" else set())
    # A connection may wait for a moment until a worker accepts it.
    assert found["backlog"] == pytest.approx(0, abs=0.001)


def test_the_share_of_accept_queues_is_that_of_their_limits(start_worker):
    server, start = begin(start_worker, "sync", "--backlog", "100")
    observed = time.time()
    time.sleep(3)
    before = time.time()
    # A scrape is an observation too, of the time since the last one.
    server.scrape()
    with stopped(server), waiting(server.port, 50):
        server.scrape()
        begun = time.time()
        time.sleep(3)
        ended = time.time()
        server.scrape()
    wait_for(lambda: server.scrape().total("gunicorn_listener_backlog") == 0, "an empty queue")
    until = time.time()
    share = shares(server)["backlog"]
    assert 0.45 * (ended - begun) / (time.time() - start) < share < 0.55 * (until - before) / (until - observed)


def test_connections_that_threads_keep_alive_are_a_share_of_those_that_the_worker_accepts(start_worker):
    server, _ = begin(start_worker, "gthread", "--worker-connections", "10", "--keep-alive", "120")
    alive = [server.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(5)]
    assert all(connection.recv(65536) for connection in alive)
    # Each scrape reads how many there are, for the time until the next.
    wait_for(lambda: shares(server)["queue"] > 0.25, "the connections")
    assert shares(server)["queue"] < 0.51
    for connection in alive:
        connection.close()


def test_autoscalers_get_a_value_from_prometheus(start_worker, tmp_path):
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus: THE QUERIES OF THE AUTOSCALERS ARE NOT TESTED")
    server, _ = begin(start_worker, "sync")
    keda, = yaml.safe_load_all((AUTOSCALING / "keda.yaml").read_text())
    scaler, adapter = yaml.safe_load_all((AUTOSCALING / "hpa.yaml").read_text())
    rule, = yaml.safe_load(adapter["data"]["config.yaml"])["rules"]
    assert scaler["spec"]["metrics"][0]["pods"]["metric"]["name"] == ALL
    labels = {"namespace": "default", "pod": "shop-5d9f-x2x4"}
    # The adapter fills in its template so for a pod.
    asked = {"<<.Series>>": ALL, "<<.LabelMatchers>>": 'namespace="default",pod=~"shop-5d9f-x2x4"', "<<.GroupBy>>": "pod"}
    query = rule["metricsQuery"]
    for part, value in asked.items():
        query = query.replace(part, value)
    target = {"targets": [f"127.0.0.1:{server.metrics_port}"], "labels": labels}
    prometheus = LivePrometheus(tmp_path / "prometheus", [{"job_name": "shop", "static_configs": [target]}], [], program)
    try:
        prometheus.wait_until_scraping()
        for asked_query in (keda["spec"]["triggers"][0]["metadata"]["query"], rule["seriesQuery"], query):
            assert prometheus.values(asked_query), asked_query
    finally:
        prometheus.end()
        print(prometheus.log)
