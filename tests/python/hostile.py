"""A Gunicorn that runs as root with hostile workers: what their user can do to the store, and what must not happen."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import stat
import struct
import tempfile
import traceback
from pathlib import Path
from typing import Callable, Iterator, Optional

from live_gunicorn import HOOKS, LiveGunicorn, wait_for

#: The workers' user, whose id no account has.
USER = 61184

GIANT = 1 << 40

#: Files that a master of root or its helpers open in a store. The lock file has its own tests: without it nothing starts.
FILES = (
    "counter_master-1.db", "gauge_livesum_master-1.db", "master-1.run", "master-1.exits", "master-1.exits.new", "master-1.name",
    "master-1.name.new",
    "master-1.run.new", "incarnation", "pids.json", "pids.json.new", "control.sock", "counter_worker-1.db",
    "gauge_livemax_worker-1.db", "counter_archive.db", "counter_exporter-1.db", "stacks_worker-1.txt",
    "exceptions_worker-1.jsonl", "incidents.jsonl", "incidents.jsonl.new",
)
LOCK = "slots.lock"

_EVENT = struct.Struct("iIII")
_ACCESS, _MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _OPEN = 1, 2, 0x40, 0x80, 0x100, 0x200, 0x20


class Canary:
    """Files of root outside the store. It keeps their state and watches for any access, creation or change."""

    def __init__(self, folder: Path) -> None:
        """Creates files and directories that only root may enter, so any access comes from a process of root."""
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.secret = folder / "secret"
        self.secret.write_text("root's own\n")
        self.secret.chmod(0o600)
        self.etc = folder / "etc"
        self.etc.mkdir(mode=0o700)
        (self.etc / LOCK).write_text("")
        (self.etc / LOCK).chmod(0o600)
        os.utime(self.secret, (1e9, 1e9))
        self._before = self._note()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._watch = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for path in (folder, self.etc):
            mask = _ACCESS | _MODIFY | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _OPEN
            assert self._libc.inotify_add_watch(self._watch, os.fsencode(path), mask) >= 0, os.strerror(ctypes.get_errno())

    def check(self) -> None:
        """Fails if any process has opened, read, created or changed a file."""
        assert self._seen() == [], "somebody was at root's files"
        assert self._note() == self._before
        self._seen()

    def close(self) -> None:
        os.close(self._watch)

    def _seen(self) -> list[str]:
        found = []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._watch, 1 << 16):
                while data:
                    _, mask, _, length = _EVENT.unpack_from(data)
                    name = data[_EVENT.size:_EVENT.size + length].rstrip(b"\0").decode()
                    found.append(f"{mask:#x} {name}")
                    data = data[_EVENT.size + length:]
        return found

    def _note(self) -> dict[str, object]:
        return {
            str(path): (
                status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns,
                path.read_bytes() if stat.S_ISREG(status.st_mode) else None,
            )
            for path in (self.folder, *sorted(self.folder.rglob("*")))
            for status in [path.lstat()]
        }


def as_worker(act: Callable[[], None], check: bool = True) -> None:
    """Runs a function in a child process with the rights of the workers' user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)
            act()
        except BaseException:
            if check:
                traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not check or status == 0, "the attack itself failed"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# What the hostile user may create in the place of a file. Each function takes the path, and root's files.

def link(path: Path, canary: Canary) -> None:
    path.symlink_to(canary.secret)


def dangling_link(path: Path, canary: Canary) -> None:
    path.symlink_to(canary.etc / f"planted-{path.name}")


def hard_link(path: Path, canary: Canary) -> None:
    os.link(canary.secret, path)


def fifo(path: Path, canary: Canary) -> None:
    os.mkfifo(path)


def socket_file(path: Path, canary: Canary) -> None:
    with socket.socket(socket.AF_UNIX) as server, _inside(path.parent):
        server.bind(path.name)


def directory(path: Path, canary: Canary) -> None:
    (path / "full").mkdir(parents=True)


def giant(path: Path, canary: Canary) -> None:
    with path.open("wb") as file:
        file.truncate(GIANT)


def empty(path: Path, canary: Canary) -> None:
    path.touch()


def noise(path: Path, canary: Canary) -> None:
    path.write_bytes(b"\xff" * 70_000)


def unwritable(path: Path, canary: Canary) -> None:
    path.touch(mode=0o000)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


# What the hostile user may do to a file in use.

def truncate(path: Path) -> None:
    if path.is_file() and not path.is_symlink():
        os.truncate(path, 0)


def punch(path: Path) -> None:
    keep_size_and_punch = 3
    if path.is_file() and not path.is_symlink() and (size := path.stat().st_size) > 0:
        with path.open("rb+") as file:
            libc = ctypes.CDLL(None, use_errno=True)
            libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
            assert libc.fallocate(file.fileno(), keep_size_and_punch, 0, size) == 0


def scramble(path: Path) -> None:
    if path.is_file() and not path.is_symlink():
        with path.open("rb+") as file:
            file.write(b"\xff" * path.stat().st_size)


class Site:
    """A folder of root in which a Gunicorn with workers of ``USER`` runs."""

    def __init__(self, package: Path, base: Path) -> None:
        self.base = base
        self.package = package
        self.temporary = base / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self.home = base / "home"
        self.home.mkdir()
        os.chown(self.home, USER, USER)
        self.canary = Canary(base / "outside")
        self.default_store = self.temporary / f"gunicorn-prometheus-exporter-{USER}"
        self._servers = 0

    def start(self, store: Optional[Path] = None, *options: str, conf: str = "") -> LiveGunicorn:
        """Starts Gunicorn as root, with the default store unless ``store`` is given."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": "/", "TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join([str(self.package), *_given_path()]), "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
        }
        if store is not None:
            environment["PROMETHEUS_MULTIPROC_DIR"] = str(store)
        self._servers += 1
        server = LiveGunicorn(
            self.base / f"gunicorn-{self._servers}", environment, *options, "--graceful-timeout", "2", app="simple_app:app",
            conf=f"{HOOKS}user = {USER}\ngroup = {USER}\n{conf}")
        try:
            server.wait_until_ready()
        except BaseException:
            server.process.kill()
            server.process.wait()
            raise
        return server

    def close(self) -> None:
        self.canary.close()


def _given_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and "out/python" not in path]


def make_package(folder: Path, package_root: Path) -> Path:
    """Copies the files that Gunicorn needs to a folder that every user can read."""
    shutil.copytree(package_root, folder)
    (folder / "simple_app.py").write_text(
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'ok']\n")
    shutil.copy(Path(__file__).parent / "run_gunicorn.py", folder)
    return folder


def make_folder(parent: str) -> Path:
    """Creates a folder of root that every user can traverse."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-", dir=parent))
    folder.chmod(0o755)
    return folder


def live_on(server: LiveGunicorn) -> None:
    """Requests a path, reloads the server, kills a worker, and requests the path after each step."""
    # A worker whose files the hostile user truncated dies and is replaced.
    wait_for(lambda: server.get("/") == 200, "an answer")
    old = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: (now := server.workers()) and not set(old) & set(now), f"new workers after a reload:\n{server.log}")
    wait_for(lambda: server.get("/") == 200, "an answer after the reload")
    victim = server.workers()[-1]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: (now := server.workers()) and victim not in now, f"a worker after a death:\n{server.log}")
    wait_for(lambda: server.get("/") == 200, "an answer after the death")
    assert server.process.poll() is None


def ends_in_order(server: LiveGunicorn) -> None:
    """Stops the server. Fails if its exit status is not 0 or its log has too many lines."""
    assert server.end() == 0, server.log
    assert server.log.count("\n") < MOST_LINES, server.log[-4000:]


MOST_LINES = 400
