"""``stack`` and ``profile``, and the same over HTTP, with real workers."""

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import os
import re
import select
import subprocess
import threading
import xml.etree.ElementTree
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for
from stack_signals import signal_of
from worker_classes import ALL, OURS

NOBODY = 65534
HOT = {"half": 50, "third": 30, "fifth": 20}

#: Samples that are compared with the known shares: with so many, a share is off by 5 points once in 100,000 times.
SAMPLES = 2000

#: The application's responses end before the test does.
BLOCK = "/block/5"


@pytest.fixture
def store(environment) -> Path:
    return Path(environment["PROMETHEUS_MULTIPROC_DIR"])


def call(environment, *arguments, launcher=(), cwd=None):
    """Runs the executable. Returns its exit status, output and errors."""
    done = subprocess.run(
        [*launcher, str(EXECUTABLE), *arguments], env=environment, cwd=cwd, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def ready(store, server, workers=1):
    """Waits until each worker's handler stands."""
    wait_for(lambda: len(now := server.workers()) == workers and all(signal_of(store, pid) for pid in now), "the handlers")


@contextlib.contextmanager
def load(server, path="/", clients=1):
    """Requests a path all the time."""
    over = threading.Event()

    def ask():
        while not over.is_set():
            server.get(path)

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        asked = [pool.submit(ask) for _ in range(clients)]
        try:
            yield
        finally:
            over.set()
    for one in asked:
        one.result()


def shares(folded):
    """Returns the share of each hot function in a folded profile, in percent."""
    times = {
        name: sum(int(line.rpartition(" ")[2]) for line in folded.splitlines() if f";{name} (" in line) for name in HOT
    }
    return {name: 100 * time / sum(times.values()) for name, time in times.items()}


def debug(server, path):
    """Requests a path of the exporter. Returns status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.metrics_port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


@pytest.mark.parametrize("name", OURS)
def test_a_stack_shows_the_request_of_its_thread(start_gunicorn, need, environment, store, name):
    need(ALL[name].module)
    server = start_gunicorn(conf=ALL[name].conf, app=ALL[name].app)
    ready(store, server)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    request = f"GET {BLOCK}?a=1 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\nConnection: close\r\n\r\n"

    def blocked():
        status, text, errors = call(environment, "stack", "worker_1", "--format", "json")
        assert errors == ""
        ((worker,), pid) = json.loads(text), server.workers()[0]
        assert (worker["worker_id"], worker["pid"]) == ("worker_1", pid)
        if (status, worker["reason"]) != (0, None):
            return []
        threads = [thread for thread in worker["threads"] if thread["requests"]]
        return [thread for thread in threads if thread["stack"] and thread["stack"][0]["function"] == "block"]

    found = []

    def is_found():
        # A busy worker may answer too late. The signal ends the block all the same, so each attempt has a request of its own.
        with server.connect(request.encode()) as client:
            while not found and not select.select([client], [], [], 0)[0]:
                found.extend(blocked())
            assert client.recv(12) == b"HTTP/1.1 200"
        return found

    wait_for(is_found, "the stack of the request")
    (asked,) = found[0]["requests"]
    assert asked["method"] == "GET" and asked["route"].startswith("/block/") and "?" not in asked["route"]
    assert asked["trace_id"] == trace
    assert 0 < asked["age_seconds"] < 5
    assert found[0]["stack"][0]["file"].endswith("/app.py")


def test_the_text_has_every_thread_of_every_worker(start_gunicorn, environment, store):
    server = start_gunicorn("-w", "2", conf=ALL["PrometheusThreadWorker"].conf)
    ready(store, server, workers=2)
    answers = []
    # A busy worker may answer too late.
    wait_for(lambda: answers.append(call(environment, "stack")) or answers[-1][0] == 0, "the stacks of both workers")
    _, text, errors = answers[-1]
    assert errors == ""
    for worker, pid in zip(("worker_1", "worker_2"), sorted(server.workers())):
        assert worker in text and f"(pid {pid})" in text and f"  thread {pid}\n" in text
    assert text.count("/arbiter.py:") > 2
    assert server.get("/") == 200


def test_a_worker_without_stacks_says_why(start_gunicorn, environment):
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_STACKS": "false"})
    assert server.get("/") == 200
    status, text, _ = call(environment, "stack")
    assert (status, text) == (1, f"worker_1 (pid {server.workers()[0]}): no stacks: the worker has no handler for it\n")
    status, _, errors = call(environment, "profile", "--seconds", "1", "--output", "-")
    assert status == 1 and "no samples" in errors and "no request was in flight" in errors
    with load(server, BLOCK):
        status, _, errors = call(environment, "profile", "--seconds", "2", "--output", "-")
    assert status == 1 and errors.endswith("error: no stack could be taken: the worker has no handler for it\n")


def test_another_user_is_told_to_become_the_workers(start_gunicorn, environment, store):
    if os.geteuid():
        pytest.skip("only root can become another user")
    server = start_gunicorn()
    ready(store, server)
    for folder in [store, *store.parents]:
        folder.chmod(folder.stat().st_mode | 0o055)
    for file in store.iterdir():
        file.chmod(0o666)
    status, text, _ = call(
        environment, "stack", launcher=["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"])
    assert status == 1 and "this user may not signal the worker; run this as the workers' user" in text
    assert server.get("/") == 200


def test_a_stack_from_another_pid_namespace_says_so(start_gunicorn, environment, store):
    if os.geteuid():
        pytest.skip("only root can create a PID namespace")
    server = start_gunicorn()
    ready(store, server)
    status, text, _ = call(environment, "stack", launcher=["unshare", "--pid", "--fork", "--mount-proc"])
    assert status == 1 and "no stacks: " in text
    assert "exited" in text or "another PID namespace" in text
    assert server.get("/") == 200


@pytest.mark.parametrize("arguments, error", [
    (("stack", "worker_7"), "worker_7 is not running"),
    (("stack", "--format", "xml"), "'xml' not recognized"),
    (("profile", "--seconds", "601"), '--seconds is "601"; set it to a number up to 600'),
    (("profile", "--rate", "51"), '--rate is "51"; set it to a number up to 50'),
    (("profile", "--rate", "0"), '--rate is "0"; set it to a number up to 50'),
    (("profile", "--output", "a.gif"), '--output is "a.gif", whose extension is not of a format; add --format'),
])
def test_a_wrong_argument_is_named(start_gunicorn, environment, tmp_path, arguments, error):
    start_gunicorn()
    status, _, errors = call(environment, *arguments, cwd=tmp_path)
    assert status in (1, 2) and error in errors
    assert not list(tmp_path.glob("a.gif")) and not list(tmp_path.glob("profile.*"))


@pytest.mark.parametrize("name", ["PrometheusWorker", "PrometheusThreadWorker"])
def test_a_profile_has_the_shares_of_known_functions(start_gunicorn, environment, store, name):
    server = start_gunicorn("-w", "4", conf=ALL[name].conf, app="hot_app:app")
    ready(store, server, workers=4)
    before, profile, samples = server.workers(), "", 0
    with load(server, clients=6):
        for _ in range(40):
            status, folded, errors = call(environment, "profile", "--seconds", "3", "--format", "folded", "--output", "-")
            taken = re.match(r"([\d,]+) samples of 4 workers in .* % of its time\n$", errors)
            assert status == 0 and taken, errors
            profile, samples = profile + folded, samples + int(taken[1].replace(",", ""))
            print(errors)
            if samples >= SAMPLES:
                break
    found = shares(profile)
    print(found)
    assert all(abs(found[function] - share) <= 5 for function, share in HOT.items()), found
    assert server.workers() == before


def test_only_threads_of_the_wanted_requests_are_sampled(start_gunicorn, environment, store):
    server = start_gunicorn("-w", "2", conf=ALL["PrometheusThreadWorker"].conf, app="hot_app:app")
    ready(store, server, workers=2)
    with load(server, "/wanted", clients=2), load(server, "/other", clients=2):
        status, folded, errors = call(environment, "profile", "--seconds", "4", "--route", "/wanted", "--format", "folded", "--output", "-")
        assert status == 0, errors
        # A thread that waits for a request would wait in gthread.py or in a queue.
        assert all("hot_app.py:" in line or "gthread.py" in line for line in folded.splitlines()), folded
        assert call(environment, "profile", "--seconds", "1", "--route", "/none", "--output", "-")[0] == 1

        def errors_of(worker):
            return call(environment, "profile", "--seconds", "1", "--worker", worker, "--format", "folded", "--output", "-")[2]

        # One worker may accept all requests of a second.
        wait_for(lambda: "samples of 1 worker in" in errors_of("worker_2"), "samples of the worker", timeout=60)


def test_each_format_is_written_to_its_file(start_gunicorn, environment, store, tmp_path):
    server = start_gunicorn(app="hot_app:app")
    ready(store, server)
    # A busy worker gives few samples in a second.
    with load(server):
        for file in ("a.svg", "a.json", "a.pb.gz", "a.txt"):
            (tmp_path / file).write_text("a longer profile than this one" * 100_000)
            status, _, errors = call(environment, "profile", "--seconds", "4", "--output", file, cwd=tmp_path)
            assert status == 0 and f"written to {file}" in errors
    graph = xml.etree.ElementTree.parse(tmp_path / "a.svg").getroot()
    assert graph.tag.endswith("svg") and any("half (" in (text.text or "") for text in graph.iter("{http://www.w3.org/2000/svg}text"))
    assert json.loads((tmp_path / "a.json").read_text())["profiles"][0]["type"] == "sampled"
    assert b"hot_app.py" in gzip.decompress((tmp_path / "a.pb.gz").read_bytes())
    assert "hot_app.py" in (tmp_path / "a.txt").read_text()


def test_a_profile_follows_no_link(start_gunicorn, environment, tmp_path):
    start_gunicorn()
    (tmp_path / "profile.svg").symlink_to(tmp_path / "other")
    (tmp_path / "other").write_text("not a profile")
    status, _, errors = call(environment, "profile", "--seconds", "1", cwd=tmp_path)
    assert status == 2 and '--output is "profile.svg", which cannot be written (' in errors
    assert (tmp_path / "other").read_text() == "not a profile"


def test_over_http_nothing_is_shown_unless_the_configuration_allows_it(start_gunicorn, environment):
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER)
    server.wait_until_served()
    for path in ("/debug/stacks", "/debug/profile?seconds=1"):
        status, _, body = debug(server, path)
        assert status == 403 and b"--web.enable-profiling" in body


def test_over_http_there_are_stacks_and_profiles_one_at_a_time(start_gunicorn, environment, store):
    server = start_gunicorn(
        conf=HOOKS + PROMETHEUS_WORKER, app="hot_app:app", variables={"GUNICORN_EXPORTER_WEB_ENABLE_PROFILING": "true"})
    server.wait_until_served()
    ready(store, server)
    status, headers, body = debug(server, "/debug/profile?seconds=1")
    assert status == 404 and b"no request was in flight" in body
    with load(server):
        status, headers, body = debug(server, "/debug/stacks?format=json")
        assert status == 200 and json.loads(body)[0]["worker_id"] == "worker_1"
        assert b"worker_1 (pid " in debug(server, "/debug/stacks")[2]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = [answer.result() for answer in [pool.submit(debug, server, "/debug/profile?seconds=4") for _ in range(2)]]
        (shown, refused) = sorted(both, key=lambda answer: answer[0])
        assert shown[0] == 200 and shown[1]["Content-Type"] == "image/svg+xml" and shown[1]["Cache-Control"] == "no-store"
        assert "sandbox" in shown[1]["Content-Security-Policy"] and b"half (" in shown[2]
        assert refused[0] == 503 and refused[1]["Retry-After"] == "60"
        for query, media in (("speedscope", "application/json"), ("pprof", "application/octet-stream"), ("folded", "text/plain")):
            status, headers, body = debug(server, f"/debug/profile?seconds=2&format={query}&worker=worker_1&route=/")
            assert status == 200 and headers["Content-Type"].startswith(media) and body
    for query in ("seconds=61", "seconds=0", "seconds=x", "rate=51", "format=gif"):
        assert debug(server, f"/debug/profile?{query}")[0] == 400
    assert server.get("/") == 200


def test_over_http_the_web_configuration_guards_both(start_gunicorn, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users: {ops: $2b$04$OeIZVjHZLkZsGSEf1h0jR.vQWn3kJ8m7d3y1Qz0q4HqgY0d8J1pGa}\n")
    server = start_gunicorn(
        conf=HOOKS + PROMETHEUS_WORKER,
        variables={"GUNICORN_EXPORTER_WEB_ENABLE_PROFILING": "true", "GUNICORN_EXPORTER_WEB_CONFIG_FILE": str(web)})
    wait_for(lambda: "listening on" in server.log, "the exporter")
    for path in ("/debug/stacks", "/debug/profile?seconds=1"):
        assert debug(server, path)[0] == 401
