"""Gunicorn serves despite any fault of the exporter, and the log has the fault and the remedy once."""

import os
import shutil
import socket

import pytest

from conftest import PACKAGE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

# An ELF header for a machine type that does not exist, so no emulator is registered for it.
WRONG_MACHINE = bytes.fromhex("7f454c46020101000000000000000000" "0300feca" "01000000") + bytes(40)


@pytest.fixture
def own_package(tmp_path, environment):
    """A copy of the package that the test may break."""
    copy = tmp_path / "packages" / PACKAGE.name
    shutil.copytree(PACKAGE, copy)
    environment["PYTHONPATH"] = os.pathsep.join([str(copy.parent), environment["PYTHONPATH"]])
    environment["PATH"] = "/usr/bin:/bin"
    return copy


def lines(server, text):
    return [line for line in server.log.splitlines() if text in line]


@pytest.mark.parametrize(
    "contents", [None, b"", b"not a library", WRONG_MACHINE], ids=["missing", "empty", "text", "foreign"])
def test_without_a_usable_engine_gunicorn_serves(start_gunicorn, own_package, contents):
    engine = own_package / "_engine.abi3.so"
    engine.unlink()
    if contents is not None:
        engine.write_bytes(contents)
    server = start_gunicorn()
    assert server.get("/") == 200
    assert len(lines(server, "Metrics of this worker are off")) == 1
    assert lines(server, "the engine cannot be loaded") and lines(server, "reinstall the package")
    assert server.metrics().value("gunicorn_workers", state="configured") == 1


@pytest.mark.parametrize(("contents", "mode"), [(None, 0), (b"", 0o755), (WRONG_MACHINE, 0o755), (b"text", 0o644)],
                         ids=["missing", "empty", "foreign", "not executable"])
def test_without_a_usable_executable_gunicorn_serves_and_records(start_gunicorn, own_package, contents, mode, dump):
    executable = own_package / "bin" / "gunicorn-prometheus-exporter"
    executable.unlink()
    if contents is not None:
        executable.write_bytes(contents)
        executable.chmod(mode)
    server = start_gunicorn()
    assert server.get("/") == 200
    assert len(lines(server, "Metrics of the master are off, and the exporter is not started")) == 1
    assert lines(server, "reinstall the package")
    assert dump(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_port_that_is_taken_is_waited_for(start_gunicorn):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = start_gunicorn(metrics_port=port)
        wait_for(lambda: lines(server, str(port)), "a line that names the port")
        (exporter,) = server.exporters()
        assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1
    assert server.exporters() == [exporter]


@pytest.mark.parametrize(("variable", "value"), [
    ("PROMETHEUS_METRICS_PORT", "abc"),
    ("PROMETHEUS_METRICS_PORT", "70000"),
    ("CLEANUP_DB_FILES", "perhaps"),
    ("GUNICORN_EXPORTER_WEB_TELEMETRY_PATH", "/-/healthy"),
    ("GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS", "unix:metrics.sock"),
    ("PROMETHEUS_MULTIPROC_DIR", "/dev/null"),
    ("PROMETHEUS_MULTIPROC_DIR", "/proc/nowhere"),
])
def test_a_setting_that_cannot_be_used_is_named_once(start_gunicorn, variable, value):
    server = start_gunicorn("-w", "2", variables={variable: value})
    assert server.get("/") == 200
    (line,) = lines(server, "Metrics are off")
    assert variable in line and value in line
    assert not lines(server, "Traceback")
    assert server.exporters() == []


def test_a_number_of_workers_for_another_program_is_ignored_with_a_warning(start_gunicorn):
    server = start_gunicorn(conf="from gunicorn_prometheus_exporter.conf import *\n", variables={"GUNICORN_WORKERS": "auto"})
    assert server.get("/") == 200
    assert len(server.workers()) == 1
    server.wait_until_served()
    line = 'ignoring GUNICORN_WORKERS="auto" of the environment'
    # The master passes the exporter's lines on about once a second.
    wait_for(lambda: line in server.log, "the warning")
    assert server.log.count(line) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start Gunicorn for another user")
@pytest.mark.parametrize("conf", [HOOKS, HOOKS + PROMETHEUS_WORKER], ids=["hooks", "hooks and worker"])
def test_workers_of_another_user_record(start_gunicorn, public_directory, conf):
    variables = {"PROMETHEUS_MULTIPROC_DIR": str(public_directory / "store")}
    server = start_gunicorn("-u", "nobody", "-g", "nogroup", conf=conf, variables=variables)
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1
    (exporter,) = server.exporters()
    assert os.stat(f"/proc/{exporter}").st_uid == os.stat(public_directory / "store").st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory that the workers may not write to")
def test_a_store_that_the_workers_may_not_write_to_is_named(start_gunicorn, public_directory):
    store = public_directory / "roots"
    store.mkdir(mode=0o700)
    server = start_gunicorn("-u", "nobody", "-g", "nogroup", variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert server.get("/") == 200
    (line,) = lines(server, "are off")
    assert str(store) in line
