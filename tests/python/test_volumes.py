"""A store in volumes as containers get them: a tmpfs that all users share, and a directory of another user as on OpenShift."""

import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import EXECUTABLE, end_all
from live_gunicorn import LiveGunicorn

NOBODY = 65534

#: The user that OpenShift takes from the range of a namespace; its group is root's.
RANDOM = 1000650000

#: The user that built the image.
BUILDER = 1001


@pytest.fixture
def volume() -> Iterator[Path]:
    """A tmpfs of mode 1777, as docker --tmpfs mounts it."""
    folder = Path(tempfile.mkdtemp(prefix="volume-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "mode=1777,size=32m", "tmpfs", str(folder)], capture_output=True, check=False).returncode == 0
    try:
        if not mounted:
            pytest.skip("only root can mount a tmpfs: VOLUMES OF CONTAINERS ARE NOT TESTED")
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Callable[..., LiveGunicorn]]:
    """Starts Gunicorns with a store, as a user with root's group, and stops them after the test."""
    folder = Path(tempfile.mkdtemp(prefix="gunicorn-"))
    folder.chmod(0o755)
    started: list[LiveGunicorn] = []

    def start(store: Path, user: int, *options: str) -> LiveGunicorn:
        server = LiveGunicorn(
            folder / str(len(started)), environment, *options, launcher=as_user(user), variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    end_all(started)
    shutil.rmtree(folder)


def as_user(user: int) -> list[str]:
    return ["setpriv", f"--reuid={user}", "--regid=0", "--clear-groups", "--pdeathsig=keep"]


def refusal(store: Path, user: int) -> str:
    """Returns what a command says of a directory that it refuses."""
    done = subprocess.run(
        [*as_user(user), str(EXECUTABLE), "ensure", "--dir", str(store)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (error,) = json.loads(done.stdout)["errors"]
    return str(error)


@pytest.mark.parametrize(("user", "options", "owner"), [
    pytest.param(NOBODY, (), NOBODY, id="nobody"),
    pytest.param(0, (), 0, id="root"),
    pytest.param(0, ("--user", "nobody", "--group", "nogroup"), NOBODY, id="root with workers of nobody"),
])
def test_a_tmpfs_that_all_users_share_has_a_private_store_inside(volume, run, user, options, owner):
    inside = volume / "store"
    assert f"{volume} is shared by all users; choose a directory inside it, such as {inside}, " in refusal(volume, user)
    assert counts(run(inside, user, *options)) == 3
    assert (inside.stat().st_uid, stat.S_IMODE(inside.stat().st_mode)) == (owner, 0o700)


def test_a_directory_of_another_user_that_the_group_may_write_has_a_private_store_inside(volume, run):
    theirs, inside = volume / "metrics", volume / "metrics" / "store"
    theirs.mkdir()
    os.chown(theirs, BUILDER, 0)
    theirs.chmod(0o770)
    assert f"{theirs} belongs to user {BUILDER}; choose a directory inside it, such as {inside}, " in refusal(theirs, RANDOM)
    assert counts(run(inside, RANDOM)) == 3
    assert (inside.stat().st_uid, stat.S_IMODE(inside.stat().st_mode)) == (RANDOM, 0o700)


def test_what_another_user_made_inside_is_refused(volume):
    theirs, inside = volume / "metrics", volume / "metrics" / "store"
    inside.mkdir(parents=True)
    for directory in (theirs, inside):
        os.chown(directory, BUILDER, 0)
        directory.chmod(0o750)
    assert f"{theirs} belongs to user {BUILDER}; choose a directory of your own" in refusal(theirs, RANDOM)
    inside.rmdir()
    (volume / "root").mkdir()
    inside.symlink_to(volume / "root")
    os.chown(inside, BUILDER, 0, follow_symlinks=False)
    assert f"{inside} is a symbolic link of user {BUILDER}" in refusal(inside, RANDOM)


def counts(server: LiveGunicorn) -> float:
    for _ in range(3):
        assert server.get("/") == 200
    server.wait_until_served()
    return server.metrics(3).total("gunicorn_worker_requests_total")
