"""The commands and flags of the image of the Python package of the same name, with the executable that is the image's entry point."""

import contextlib
import re
import subprocess
import urllib.request

import pytest

from conftest import EXECUTABLE, REPOSITORY
from live_gunicorn import END_TIMEOUT, free_port, wait_for


@pytest.fixture
def serve(environment, tmp_path):
    """Runs a command that serves. Returns its log, once it listens, and stops it after the test."""
    with contextlib.ExitStack() as running:

        def start(*arguments, **variables):
            log = tmp_path / "log"
            with log.open("wb") as errors:
                process = subprocess.Popen(
                    [str(EXECUTABLE), *arguments], env={**environment, **variables}, stdin=subprocess.DEVNULL, stderr=errors)
            running.callback(process.wait, END_TIMEOUT)
            running.callback(process.terminate)
            wait_for(lambda: process.poll() is not None or "listening on" in log.read_text(), "the server")
            return log.read_text()

        yield start


def run(environment, *arguments):
    return subprocess.run([str(EXECUTABLE), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_image_runs_the_executable_itself():
    dockerfile = (REPOSITORY / "deploy" / "container" / "Dockerfile").read_text()
    assert re.findall(r"^ENTRYPOINT (.*)$", dockerfile, re.MULTILINE) == ['["/usr/bin/gunicorn-prometheus-exporter"]']


@pytest.mark.parametrize("command", ["sidecar", "standalone"])
def test_the_old_command_serves_and_says_its_new_name_once(environment, serve, tmp_path, command):
    port, store = free_port(), tmp_path / "elsewhere"
    store.mkdir(mode=0o700)
    del environment["PROMETHEUS_MULTIPROC_DIR"], environment["PROMETHEUS_BIND_ADDRESS"]
    log = serve(command, "--port", str(port), "--bind=127.0.0.1", "--multiproc-dir", str(store), "--update-interval", "5")
    new = (
        f"use: PROMETHEUS_METRICS_PORT={port} PROMETHEUS_BIND_ADDRESS=127.0.0.1 PROMETHEUS_MULTIPROC_DIR={store} "
        "REDIS_FORWARD_INTERVAL=5 gunicorn-prometheus-exporter serve\n")
    assert log.count(f'warning: "{command}" is the old name of a command; {new}') == 1
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        assert b"gunicorn_up 0.0" in answer.read()


def test_a_sidecar_with_redis_is_a_hub(environment, serve, start_redis):
    redis, port = start_redis(), free_port()
    log = serve("sidecar", "--port", str(port), REDIS_ENABLED="true", REDIS_HOST="127.0.0.1", REDIS_PORT=str(redis.port))
    assert "gunicorn-prometheus-exporter hub\n" in log

    def is_up():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            return b"gunicorn_hub_source_up 1.0" in answer.read()

    # Its first read may take too long.
    wait_for(is_up, "a read of Redis")


def test_health_is_the_exit_status(environment, serve):
    port = free_port()
    done = run(environment, "health", "--port", str(port))
    assert done.returncode == 1 and "does not answer" in done.stdout
    serve("serve", PROMETHEUS_METRICS_PORT=str(port))
    done = run(environment, "health", "--port", str(port))
    assert (done.returncode, done.stdout) == (0, "no problems found\n")
    assert done.stderr.count("gunicorn-prometheus-exporter check --alive\n") == 1


def test_a_flag_without_a_meaning_is_an_error(environment):
    done = run(environment, "sidecar", "--prot", "9091")
    assert done.returncode == 2 and "--prot" in done.stderr


def test_an_invalid_value_is_an_error_that_names_its_setting(environment):
    done = run(environment, "sidecar", "--port", "many")
    assert done.returncode == 2 and r'PROMETHEUS_METRICS_PORT is \"many\"' in done.stderr
