"""Log lines: one format for all of an executable's lines, and Gunicorn's log for all lines under Gunicorn."""

import contextlib
import fcntl
import http.client
import json
import logging
import os
import re
import shutil
import signal
import struct
import subprocess
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from conftest import EXECUTABLE
from gunicorn_prometheus_exporter.exporter_log import ExporterLog
from gunicorn_prometheus_exporter.log_lines import one_line, with_fields
from live_gunicorn import HOOKS, LiveGunicorn, free_port, wait_for

#: Of Linux; Python has it from 3.10.
F_SETPIPE_SZ = 1031

#: Gunicorn's formatter: "[2026-01-01 12:00:00 +0000] [4711] [INFO] …".
GUNICORN = re.compile(r"\[[^]]+\] \[\d+\] \[[A-Z]+\] ")


class QuietGunicorn(LiveGunicorn):
    """A Gunicorn of which standard error does not tell when it is ready."""

    def wait_until_ready(self) -> None:
        self.wait_until_served()
        wait_for(lambda: self.metrics().value("gunicorn_workers", state="live") == 1, "a worker")


def test_a_process_that_floods_the_pipe_neither_blocks_the_master_nor_hides_the_last_words(caplog):
    log = ExporterLog(logging.getLogger("gunicorn.error"))
    end = log.open()
    os.write(end, b"\n" * 30_000 + b"x\n" * 10_000)
    log.forward()
    assert 0 < len(caplog.records) <= 4_000
    caplog.clear()
    os.write(end, b"Unhandled exception")
    os.close(end)
    log.forward()
    assert [record.getMessage() for record in caplog.records] == ["Metrics exporter: Unhandled exception"]


def lines_of(log: str) -> list[str]:
    """Returns the lines of Gunicorn's log that are in Gunicorn's format."""
    return [line for line in log.splitlines() if GUNICORN.match(line)]


def lose_a_request(server: Any) -> int:
    """Kills the only worker while it handles a request. Returns its pid."""
    (pid,) = server.workers()
    assert server.request("POST", "/exec", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")[0] == 0
    return pid


def test_a_lost_request_is_once_in_the_file_of_gunicorns_errors_and_nowhere_else(start_gunicorn, tmp_path):
    errors = tmp_path / "errors.log"
    server = start_gunicorn("--error-logfile", str(errors), kind=QuietGunicorn)
    pid = lose_a_request(server)
    wait_for(lambda: "request lost" in errors.read_text(), "the line")
    # As logrotate does: the lines that follow are in the new file.
    errors.rename(tmp_path / "errors.log.1")
    server.signal(signal.SIGUSR1)
    wait_for(errors.exists, "the new file")
    wait_for(lambda: server.workers() not in ([], [pid]), "the next worker")
    second = lose_a_request(server)
    wait_for(lambda: "request lost" in errors.read_text(), "the second line")
    server.end()
    both = (tmp_path / "errors.log.1").read_text() + errors.read_text()
    found = [line for line in lines_of(both) if "request lost" in line]
    assert [re.search(r" pid=(\d+) ", line).group(1) for line in found] == [str(pid), str(second)]
    assert all("[ERROR] Metrics exporter: request lost worker_id=worker_1 pid=" in line for line in found)
    assert "request lost" not in server.log


def test_every_line_under_gunicorn_is_a_line_of_gunicorns_log(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    wait_for(lambda: "Metrics exporter: listening on http://127.0.0.1:" in server.log, "the address")
    server.end()
    assert [line for line in server.log.splitlines() if not GUNICORN.match(line)] == []


def test_gunicorns_level_is_the_exporters(start_gunicorn):
    server = start_gunicorn("--log-level", "warning", kind=QuietGunicorn)
    lose_a_request(server)
    wait_for(lambda: "request lost" in server.log, "the line")
    assert "[INFO]" not in server.log and "listening on" not in server.log


def test_a_request_that_is_lost_at_the_end_is_in_the_log(start_gunicorn, tmp_path):
    server = start_gunicorn("--graceful-timeout", "1")
    begun = tmp_path / "begun"
    code = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(20)"
    hanging = threading.Thread(target=server.request, args=("POST", "/exec", code))
    hanging.start()
    wait_for(begun.exists, "a request in flight")
    server.end()
    hanging.join()
    assert server.log.count("request lost") == 1


def test_the_workers_do_not_have_the_exporters_pipe(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    pipe = os.readlink(f"/proc/{exporter}/fd/2")
    assert pipe.startswith("pipe:")

    def holders() -> list[int]:
        return [pid for pid in (server.pid, *server.workers())
                if pipe in {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}]

    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: len(server.workers()) == 1 and "Booting worker" in server.log.rpartition("SIGKILL")[2], "a later worker")
    # A worker closes it after it has said that it boots.
    wait_for(lambda: holders() == [server.pid], "that the master alone has the pipe")


def test_what_another_process_writes_in_the_exporters_name_forges_no_line(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    # What a process of the workers' user can do.
    forged = b'{"level":"info","msg":"a\\n[2026-01-01] [1] [INFO] forged","k":"\\u001b[31m"}\n[[\n' + b"[" * 70_000 + b"\n"
    with open(f"/proc/{exporter}/fd/2", "wb", buffering=0) as pipe:
        for start in range(0, len(forged), 4096):
            pipe.write(forged[start:start + 4096])
    wait_for(lambda: "forged" in server.log, "the line")
    assert not [line for line in server.log.splitlines() if line.startswith("[2026-01-01] [1]")]
    assert r"Metrics exporter: a\n[2026-01-01] [1] [INFO] forged k=" in server.log
    assert "\x1b" not in server.log
    assert server.get("/") == 200 and server.metrics().value("gunicorn_up") == 1


def answers(port: int) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.status == 200
    return False


def read(line: str) -> dict[str, str]:
    """Parses a line of logfmt."""
    found = re.findall(r'([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))(?: |$)', line)
    assert " ".join(f'{name}="{quoted}"' if f'{name}="' in line else f"{name}={plain}" for name, quoted, plain in found) == line
    return {name: quoted.encode().decode("unicode_escape") if quoted else plain for name, quoted, plain in found}


def serve(environment: dict[str, str], store: Path, *options: str, **variables: str) -> list[str]:
    """Returns the lines of a standalone exporter that listens and stops."""
    command = [str(EXECUTABLE), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{free_port()}", *options]
    log = store.parent / "log"
    with open(log, "wb") as output, subprocess.Popen(command, env={**environment, **variables}, stderr=output) as process:
        try:
            wait_for(lambda: log.read_text().count("\n") >= 2, f"the lines of {command}")
        finally:
            process.terminate()
    return log.read_text().splitlines()


@pytest.mark.parametrize("options", [["--log.format=json"], []])
def test_a_standalone_exporter_writes_json(options, environment, tmp_path):
    store = tmp_path / 'a "b"\tc'
    lines = serve(environment, store, *options, **{} if options else {"GUNICORN_EXPORTER_LOG_FORMAT": "json"})
    missing, listening = map(json.loads, lines)
    assert list(missing) == ["ts", "level", "component", "msg"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", missing["ts"])
    assert (missing["level"], missing["msg"]) == ("warn", f"{store} does not exist yet; metrics appear when Gunicorn creates it")
    assert listening["level"] == "info" and listening["msg"].startswith("listening on http://127.0.0.1:")


def test_a_standalone_exporter_writes_logfmt(environment, tmp_path):
    store = tmp_path / 'a "b"\tc'
    missing, listening = map(read, serve(environment, store))
    assert list(missing) == ["ts", "level", "component", "msg"]
    assert (missing["level"], missing["msg"]) == ("warn", f"{store} does not exist yet; metrics appear when Gunicorn creates it")
    assert listening["level"] == "info" and listening["component"] == "serve"


@pytest.mark.parametrize(("command", "level"), [("serve", "GUNICORN_EXPORTER_LOG_LEVEL"), ("hub", "GUNICORN_EXPORTER_LOG_LEVEL")])
def test_a_level_that_does_not_exist_is_refused(command, level, environment):
    done = subprocess.run([EXECUTABLE, command], env={**environment, level: "loud"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f'error: {level} is "loud"; set it to debug or info or warn or error\n')


def test_a_server_that_cannot_start_says_so_in_its_format(environment, tmp_path):
    command = [EXECUTABLE, "serve", "--multiproc-dir", tmp_path, "--web.listen-address", "192.0.2.1:9091", "--log.format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, line["level"]) == (1, "error")
    assert line["msg"].startswith("cannot listen on 192.0.2.1:9091")


def test_a_log_that_nobody_reads_does_not_stop_the_exporter(environment, tmp_path):
    port = free_port()
    command = [str(EXECUTABLE), "serve", "--multiproc-dir", str(tmp_path), "--web.listen-address", f"127.0.0.1:{port}"]
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(command, env=environment, stderr=writing) as process:
        os.close(writing)
        try:
            wait_for(lambda: process.poll() is not None or answers(port), "a scrape")
            assert process.poll() is None
        finally:
            process.terminate()


def put_odd_sample(path: Path, family: str) -> None:
    """Writes a file with a sample that its family cannot have, of which the exporter logs the names."""
    key = json.dumps([family, "odd", {}, "help"]).encode()
    padded = key + b" " * (8 - (len(key) + 4) % 8)
    entry = struct.pack(f"<i{len(padded)}sdd", len(key), padded, 1.0, 0.0)
    path.write_bytes(struct.pack("<ii", 8 + len(entry), 0) + entry)


def test_a_line_after_one_that_the_full_pipe_has_cut_begins_a_line(environment, tmp_path):
    port = free_port()
    command = [str(EXECUTABLE), "serve", "--multiproc-dir", str(tmp_path), "--web.listen-address", f"127.0.0.1:{port}"]
    reading, writing = os.pipe()
    fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    with subprocess.Popen(command, env={**environment, "CLEANUP_DB_FILES": "false"}, stderr=writing) as process:
        os.close(writing)
        try:
            wait_for(lambda: answers(port), "a scrape")
            assert b"listening on" in os.read(reading, 65536)
            put_odd_sample(tmp_path / "counter_1.db", 6_000 * "a")
            assert answers(port)
            cut = os.read(reading, 65536)
            assert len(cut) == 4096 and b"\n" not in cut
            put_odd_sample(tmp_path / "counter_2.db", "short")
            assert answers(port)
            first, second, rest = os.read(reading, 65536).split(b"\n")
            assert (first, rest) == (b"", b"")
            assert b"short" in second
        finally:
            process.terminate()
            os.close(reading)


def test_level_debug_has_the_reason_of_a_failed_handshake(environment, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    certificate, key, log, port = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "log", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate], capture_output=True, check=True)
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
    command = [EXECUTABLE, "serve", "--multiproc-dir", tmp_path, "--web.listen-address", f"127.0.0.1:{port}",
               "--web.config.file", tmp_path / "web.yml", "--log.level", "debug"]
    with open(log, "wb") as output, subprocess.Popen(command, env=environment, stderr=output) as process:
        try:
            wait_for(lambda: "listening on https:" in log.read_text(), "the server")
            assert not answers(port)
            wait_for(lambda: "Failed to authenticate HTTPS connection" in log.read_text(), "the line")
        finally:
            process.terminate()
    handshake = next(line for line in map(read, log.read_text().splitlines()) if line["msg"].startswith("Failed to authenticate"))
    assert handshake["level"] == "debug" and "AuthenticationException" in handshake["err"]


HOSTILE = 'a\nb\r\x1b[31m\x00\x85\u2028\u202e"\\ = \udc80'


def test_no_value_forges_a_line_of_the_package():
    assert one_line(HOSTILE).isprintable()
    line = with_fields(HOSTILE, {"k": HOSTILE, "empty": "", "plain": "/users/{id}"})
    assert line.isprintable()
    assert line.endswith(' empty="" plain=/users/{id}')
    assert r'k="a\nb\r\x1b[31m\x00\x85\u2028\u202e\"\\ = \udc80"' in line


def test_an_exception_of_the_application_forges_no_line(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + """
def post_worker_init(worker):
    from gunicorn_prometheus_exporter import guard
    def fail():
        raise ValueError("x\\n[2026-01-01] [1] [ERROR] forged")
    guard.call("a test", fail)
""")
    wait_for(lambda: "a recording failed" in server.log, "the line")
    assert r'part="a test" error="ValueError: x\n[2026-01-01] [1] [ERROR] forged" place=' in server.log
    assert not [line for line in server.log.splitlines() if line.startswith("[2026-01-01] [1]")]
