"""Commands that root runs on another user's store switch to that user, and follow no link that the user planted."""

import contextlib
import os
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Iterator

import pytest

from conftest import EXECUTABLE
from hostile import USER, Canary, as_worker, make_folder
from live_gunicorn import free_port, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = make_folder("/run")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def canary(folder: Path) -> Iterator[Canary]:
    canary = Canary(folder / "outside")
    yield canary
    canary.close()


@pytest.fixture
def store(folder: Path) -> Path:
    """A store in a home directory of the workers' user."""
    home = folder / "home"
    home.mkdir()
    os.chown(home, USER, USER)
    variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(home / "store")}
    command = [str(EXECUTABLE), "prepare", "--uid", str(USER), "--gid", str(USER)]
    subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return home / "store"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(EXECUTABLE), *arguments], capture_output=True, text=True, timeout=60, check=False)


@contextlib.contextmanager
def serving(store: Path, port: int) -> Iterator[int]:
    command = [str(EXECUTABLE), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def user_of(pid: int) -> set[str]:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:"))
    return set(line.split()[1:])


def answers(port: int) -> bool:
    # It listens before it becomes another user, and answers after that.
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=10):
        return True
    return False


def privileged_port() -> int:
    """Returns a free port on which only root may listen."""
    for port in range(1023, 600, -1):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.skip("every privileged port is taken")


@pytest.mark.parametrize("choose", [free_port, privileged_port])
def test_an_exporter_of_roots_serves_as_the_stores_user(store, choose):
    port = choose()
    with serving(store, port) as pid:
        wait_for(lambda: answers(port), "the exporter")
        assert user_of(pid) == {str(USER)}
        assert Path(f"/proc/{pid}/status").read_text().count("\nGroups:\t \n") == 1
        wait_for(lambda: (store / "control.sock").exists(), "the exporter's turn")
        assert (store / "control.sock").stat().st_uid == USER


def test_in_a_volume_of_everybodys_it_serves_as_the_user_of_the_locks(folder):
    volume = folder / "volume"
    volume.mkdir()
    volume.chmod(0o777)
    as_worker(lambda: (volume / "slots.lock").touch(mode=0o600))
    port = free_port()
    with serving(volume, port) as pid:
        wait_for(lambda: answers(port), "the exporter")
        assert user_of(pid) == {str(USER)}


def test_over_roots_own_store_it_stays_root(folder):
    (folder / "store").mkdir(mode=0o700)
    port = free_port()
    with serving(folder / "store", port) as pid:
        wait_for(lambda: answers(port), "the exporter")
        assert user_of(pid) == {"0"}


@pytest.mark.parametrize("command", [("dump", "--dir"), ("check",), ("ensure", "--dir")])
def test_what_the_stores_user_planted_leads_root_nowhere(store, canary, command):
    def plant() -> None:
        store.rename(store.with_name("moved"))
        store.symlink_to(canary.folder)

    as_worker(plant)
    done = run(*command, str(store))
    # The message is from the system or from .NET.
    assert any(word in done.stdout + done.stderr for word in ("Permission denied", "is denied"))
    canary.check()


@pytest.mark.parametrize("command", [("dump", "--dir"), ("check",), ("ensure", "--dir")])
def test_a_link_in_a_shared_directory_is_refused(folder, canary, command):
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    as_worker(lambda: (shared / "store").symlink_to(canary.folder))
    done = run(*command, str(shared / "store"))
    assert done.returncode != 0
    assert "leads through a symbolic link that another user may have planted; name the directory itself" in done.stdout + done.stderr
    canary.check()


def test_root_ensures_a_store_for_the_user_in_whose_directory_it_is(store):
    assert run("ensure", "--dir", str(store.parent / "another")).returncode == 0
    assert (store.parent / "another").stat().st_uid == USER


def test_check_still_sees_workers_of_other_users(store, folder):
    other = folder / "other"
    other.mkdir()
    (other / "counter_worker-1.db").write_bytes(bytes(4096))
    code = f"""
import mmap, time
with open({str(other / "counter_worker-1.db")!r}, "rb+") as file:
    mapping = mmap.mmap(file.fileno(), 0)
print(flush=True)
time.sleep(60)
"""
    with subprocess.Popen(["/usr/bin/python3", "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline()
            assert f"no worker records here, but process {process.pid} records in {other}" in run("check", str(store)).stdout
        finally:
            process.kill()
