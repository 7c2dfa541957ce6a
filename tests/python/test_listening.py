"""The exporter listens where it is told: on Unix sockets, on sockets that systemd passes, and at another path."""

import contextlib
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, Optional

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, free_port, wait_for

ACTIVATE = shutil.which("systemd-socket-activate")

#: Passes sockets as systemd does, from descriptor 3 on: ``tcp:PORT``, ``unix:PATH`` and forms that no .socket unit should have.
PASS = """
import os, socket, sys
made = []
for text in sys.argv[1].split(","):
    kind, _, where = text.partition(":")
    if kind == "file":
        made.append(os.open("/dev/null", os.O_RDONLY))
        continue
    family = socket.AF_UNIX if kind in ("unix", "datagram") else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
    one.bind(where if family == socket.AF_UNIX else ("127.0.0.1", int(where)))
    if kind in ("tcp", "unix"):
        one.listen()
    made.append(one.detach())
for number, descriptor in enumerate(made):
    os.dup2(descriptor, 100 + number)
for number in range(len(made)):
    os.dup2(100 + number, 3 + number)
os.environ.update(LISTEN_FDS=str(len(made)), LISTEN_PID=os.environ.get("OTHER_PID", str(os.getpid())))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Exporter:
    """An exporter of the test's store, with a log."""

    def __init__(self, folder: Path, environment: dict[str, str], *options: str, launcher: tuple[str, ...] = ()) -> None:
        self._log = folder / f"log-{len(list(folder.iterdir()))}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*launcher, str(EXECUTABLE), "serve", *options], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str) -> None:
        wait_for(lambda: text in self.log or self.process.poll() is not None, text)
        assert text in self.log, self.log

    def exit_status(self) -> int:
        return self.process.wait(60)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.exit_status()


@pytest.fixture
def serve(tmp_path, environment) -> Iterator[Callable[..., Exporter]]:
    """Starts exporters, and kills those that still run after the test."""
    started: list[Exporter] = []
    (tmp_path / "store").mkdir(mode=0o700)

    def start(*options: str, launcher: tuple[str, ...] = (), **variables: str) -> Exporter:
        started.append(Exporter(tmp_path, {**environment, **variables}, *options, launcher=launcher))
        return started[-1]

    yield start
    for exporter in started:
        exporter.process.kill()
        exporter.process.wait()
        print(exporter.log)


def curl(url: str, path: Optional[Path] = None) -> tuple[int, str]:
    """The status of a response, 0 without one, and its body."""
    command = ["curl", "-s", "-w", "\n%{http_code}", *(["--unix-socket", str(path)] if path else []), url]
    body, _, status = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.rpartition("\n")
    return int(status), body


def is_served(path: Path) -> bool:
    status, body = curl("http://localhost/metrics", path)
    return status == 200 and "\ngunicorn_up 0.0\n" in body


def passing(*sockets: str) -> tuple[str, ...]:
    return (sys.executable, "-c", PASS, ",".join(sockets))


def test_it_listens_on_unix_sockets_and_ports_and_removes_the_files_at_the_end(serve, tmp_path):
    path, other, port = tmp_path / "metrics.sock", tmp_path / "other.sock", free_port()
    exporter = serve(
        "--web.listen-address", f"unix:{path}", "--web.listen-address", f"127.0.0.1:{port}", "--web.listen-address", f"unix:{other}",
        launcher=(sys.executable, "-c", "import os, sys; os.umask(0o077); os.execv(sys.argv[1], sys.argv[1:])"))
    exporter.wait_for(f"listening on http://unix:{other}:/metrics")
    assert is_served(path) and is_served(other)
    assert curl(f"http://127.0.0.1:{port}/metrics")[0] == 200
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert f"listening on http://unix:{path}:/metrics" in exporter.log
    assert exporter.end() == 0
    assert not path.exists() and not other.exists()


def test_a_socket_that_a_killed_exporter_left_is_replaced(serve, tmp_path):
    path = tmp_path / "metrics.sock"
    first = serve(GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS=f"unix:{path}")
    first.wait_for("listening on")
    first.end(signal.SIGKILL)
    assert path.is_socket()
    second = serve("--web.listen-address", f"unix:{path}")
    second.wait_for("listening on")
    assert is_served(path)


def test_a_socket_that_somebody_listens_on_is_waited_for(serve, tmp_path):
    path = tmp_path / "metrics.sock"
    first = serve("--web.listen-address", f"unix:{path}")
    first.wait_for("listening on")
    second = serve("--web.listen-address", f"unix:{path}")
    second.wait_for(f"unix:{path} is in use by another process; retrying in 1 s")
    assert "listening on" not in second.log and is_served(path)
    assert first.end() == 0
    second.wait_for("listening on")
    assert is_served(path)


def test_a_socket_whose_queue_is_full_is_in_use(serve, tmp_path):
    path = tmp_path / "metrics.sock"
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen(0)
        client = opened.enter_context(socket.socket(socket.AF_UNIX))
        client.connect(str(path))
        serve("--web.listen-address", f"unix:{path}").wait_for("is in use by another process")


def test_a_file_of_another_exporter_is_not_removed_at_the_end(serve, tmp_path):
    path = tmp_path / "metrics.sock"
    first = serve("--web.listen-address", f"unix:{path}")
    first.wait_for("listening on")
    path.unlink()
    second = serve("--web.listen-address", f"unix:{path}")
    second.wait_for("listening on")
    assert first.end() == 0
    assert is_served(path)


@pytest.mark.parametrize("place", ["file", "folder", "link", "missing/metrics.sock"])
def test_what_is_not_a_socket_is_left_alone(serve, tmp_path, place):
    (tmp_path / "file").write_text("of the user")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    exporter = serve("--web.listen-address", f"unix:{tmp_path / place}")
    assert exporter.exit_status() == 1
    assert f"cannot listen on unix:{tmp_path / place} (" in exporter.log
    assert "; set --web.listen-address to a free path in a directory that user" in exporter.log
    assert (tmp_path / "file").read_text() == "of the user"
    assert (tmp_path / "folder").is_dir() and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("command", [("check",), ("top", "--once", "--interval", "0.1")], ids=["check", "top"])
def test_check_and_top_read_a_unix_socket(serve, tmp_path, environment, command):
    path = tmp_path / "metrics.sock"
    where = {"GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS": f"unix:{path}", "GUNICORN_EXPORTER_WEB_TELEMETRY_PATH": "/x/metrics"}
    serve(**where).wait_for("listening on")
    given = run(environment, *command, f"unix:{path}", "--web.telemetry-path", "/x/metrics")
    configured = run({**environment, **where}, *command)
    missing = run(environment, *command, f"unix:{tmp_path}/nowhere")
    for output in (given, configured):
        assert f"unix:{path}: no live Gunicorn master uses its store" in output or f"Gunicorn at unix:{path}: down" in output
    assert f"http://unix:{tmp_path}/nowhere:/metrics does not answer" in missing


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run([str(EXECUTABLE), *command], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("path", ["/gunicorn", "/x/metrics"])
def test_the_metrics_have_another_path_and_the_pages_link_it(serve, path):
    port, hub_port = free_port(), free_port()
    exporter = serve("--web.telemetry-path", path, "--web.listen-address", f"127.0.0.1:{port}")
    exporter.wait_for(f"listening on http://127.0.0.1:{port}{path}")
    with subprocess.Popen(
        [str(EXECUTABLE), "hub", "--web.telemetry-path", path, "--web.listen-address", f"127.0.0.1:{hub_port}"],
        env={"REDIS_URL": "redis://127.0.0.1:1"}, stderr=subprocess.PIPE, text=True,
    ) as hub:
        try:
            wait_for(lambda: curl(f"http://127.0.0.1:{hub_port}/-/healthy")[0] != 0, "the hub")
            for base in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{hub_port}"):
                assert "gunicorn_exporter_build_info{" in curl(base + path)[1]
                assert curl(base + "/metrics")[0] == 404
                assert f'href="{path[1:]}"' in curl(base + "/")[1]
        finally:
            hub.kill()


@pytest.mark.parametrize("path", ["/", "/-/healthy", "/status.css", "metrics", "/a?b"])
def test_the_path_of_another_page_cannot_be_taken(serve, path):
    exporter = serve("--web.telemetry-path", path)
    assert exporter.exit_status() == 2
    assert f'--web.telemetry-path is "{path}"; set it to a path such as /metrics' in exporter.log


def test_it_serves_on_every_socket_that_systemd_passes(serve, tmp_path):
    path, port = tmp_path / "activated.sock", free_port()
    exporter = serve("--web.systemd-socket", launcher=passing(f"tcp:{port}", f"unix:{path}"))
    exporter.wait_for(f"listening on http://unix:{path}:/metrics")
    assert f"listening on http://127.0.0.1:{port}/metrics" in exporter.log
    assert is_served(path)
    assert curl(f"http://127.0.0.1:{port}/metrics")[0] == 200
    assert exporter.end() == 0
    # The file is systemd's.
    assert path.is_socket()


@pytest.mark.skipif(ACTIVATE is None, reason="systemd-socket-activate is missing; it is part of systemd")
def test_systemd_starts_it_at_the_first_connection(serve, tmp_path):
    path, port = tmp_path / "activated.sock", free_port()
    exporter = serve(
        "--web.systemd-socket",
        launcher=(str(ACTIVATE), "-l", f"127.0.0.1:{port}", "-l", str(path), "-E", "PROMETHEUS_MULTIPROC_DIR"))
    wait_for(path.exists, "the socket")
    assert is_served(path)
    assert curl(f"http://127.0.0.1:{port}/metrics")[0] == 200
    assert exporter.end() == 0


@pytest.mark.parametrize(("options", "launcher", "other", "text"), [
    ((), (), {}, "but systemd passed no socket to this process; start it by a .socket unit"),
    ((), passing("tcp:0"), {"OTHER_PID": "1"}, "but systemd passed no socket to this process"),
    ((), passing("file"), {}, "but descriptor 3 is not a listening stream socket; use ListenStream= and Accept=no"),
    ((), passing("tcp:0", "bound:0"), {}, "but descriptor 4 is not a listening stream socket"),
    ((), passing("datagram:DIR/x.sock"), {}, "but descriptor 3 is not a listening stream socket"),
    (("--web.listen-address", "127.0.0.1:1"), passing("tcp:0"), {}, 'is set together with --web.listen-address'),
], ids=["nothing", "other process", "file", "not listening", "datagram", "address too"])
def test_wrong_use_of_systemds_sockets_is_an_error(serve, tmp_path, options, launcher, other, text):
    launcher = tuple(word.replace("DIR", str(tmp_path)) for word in launcher)
    exporter = serve("--web.systemd-socket", *options, launcher=launcher, **other)
    assert exporter.exit_status() == 2
    assert "--web.systemd-socket (GUNICORN_EXPORTER_WEB_SYSTEMD_SOCKET) is set" in exporter.log and text in exporter.log


def test_the_exporter_of_a_gunicorn_listens_on_a_unix_socket(start_gunicorn, tmp_path):
    path = tmp_path / "metrics.sock"
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS": f"unix:{path}"})
    wait_for(lambda: "listening on http://unix:" in server.log, "the exporter")
    assert "\ngunicorn_up 1.0\n" in curl("http://localhost/metrics", path)[1]
    server.end()
    assert not path.exists()


@pytest.mark.parametrize(("variable", "value"), [
    ("GUNICORN_EXPORTER_WEB_SYSTEMD_SOCKET", "true"),
    ("GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS", "unix:/proc/nowhere/metrics.sock"),
])
def test_gunicorn_serves_and_records_where_its_exporter_cannot_listen(start_gunicorn, dump, variable, value):
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER, variables={variable: value})
    wait_for(lambda: "Metrics exporter exited with status" in server.log, "the exit of the exporter")
    assert server.get("/") == 200
    assert dump(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_rate_limit_of_the_web_configuration_answers_429(serve, tmp_path):
    port = free_port()
    (tmp_path / "web.yml").write_text("rate_limit: {interval: 1h, burst: 3}\n")
    serve(
        "--web.config.file", str(tmp_path / "web.yml"), "--web.listen-address", f"127.0.0.1:{port}").wait_for("listening on")
    answers = [curl(f"http://127.0.0.1:{port}{path}")[0] for path in ("/metrics", "/-/healthy", "/", "/metrics", "/nowhere")]
    assert answers == [200, 200, 200, 429, 429]
    # A changed file counts from its next request on.
    (tmp_path / "web.yml").write_text("rate_limit: {interval: 0}\n")
    assert [curl(f"http://127.0.0.1:{port}/metrics")[0] for _ in range(5)] == [200] * 5
