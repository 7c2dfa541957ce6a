"""systemd-tmpfiles keeps the store of a running server, and with the package's line every store."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import REPOSITORY
from live_gunicorn import wait_for

CLEANER = shutil.which("systemd-tmpfiles")
LINES = REPOSITORY / "deploy" / "debian" / "tmpfiles.conf"

#: Older than the 10 days for which systemd keeps files in /tmp.
OLD = 20 * 24 * 3600

pytestmark = pytest.mark.skipif(CLEANER is None, reason="systemd-tmpfiles is missing; run eng/setup.sh test")


def clean(parent: Path) -> None:
    """Removes files last written 10 days ago, as systemd does in /tmp. Only that time can be set back."""
    lines = parent.with_name("tmpfiles.conf")
    lines.write_text(f"d {parent} - - - mM:10d\n")
    subprocess.run([CLEANER, "--clean", str(lines)], check=True, timeout=60)


def age(store: Path) -> set[str]:
    """Makes all files old. Returns their names."""
    then = time.time() - OLD
    files = list(store.iterdir())
    for path in (*files, store):
        os.utime(path, (then, then), follow_symlinks=False)
    return {path.name for path in files}


def test_a_store_in_use_is_kept_and_an_abandoned_one_ages(start_gunicorn, environment, tmp_path):
    parent = tmp_path / "tmp"
    parent.mkdir()
    store = parent / "store"
    server = start_gunicorn(variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert metrics.value("gunicorn_up") == 1
    files = age(store)
    clean(parent)
    assert {path.name for path in store.iterdir()} >= files
    assert server.metrics().value("gunicorn_worker_requests_total") == 1
    server.end()
    age(store)
    clean(parent)
    assert not store.exists(), "this cleaner cleans"


def test_an_exporter_by_itself_keeps_the_store_too(start_gunicorn, tmp_path):
    parent = tmp_path / "tmp"
    parent.mkdir()
    store = parent / "store"
    server = start_gunicorn(variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    server.metrics()
    (exporter,) = server.exporters()

    def holders() -> set[str]:
        locks = Path("/proc/locks").read_text()
        return {line.split()[4] for line in locks.splitlines() if " FLOCK " in line and line.endswith(f":{store.stat().st_ino} 0 EOF")}

    # The exporter keeps the store once it holds the leader lock.
    wait_for(lambda: holders() == {str(server.pid), str(exporter)}, "a lock of each")


def test_the_package_keeps_default_stores_that_nobody_uses(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    lines = tmp_path / "tmp.conf"
    lines.write_text("d /tmp - - - mM:10d\nd /var/tmp - - - mM:10d\n")
    script = f"""
set -e
mount -t tmpfs tmpfs /tmp
mkdir /tmp/gunicorn-prometheus-exporter-33 /tmp/other
touch /tmp/gunicorn-prometheus-exporter-33/counter_worker-1.db /tmp/other/file
touch -d '20 days ago' /tmp/*/* /tmp/*
{CLEANER} --clean "$@"
ls -A /tmp
"""
    def left(*more: str) -> list[str]:
        # The configuration is outside the mount.
        folder = Path("/run") / f"tmpfiles-test-{os.getpid()}"
        folder.mkdir()
        try:
            files = [shutil.copy(path, folder) for path in (str(lines), *more)]
            done = subprocess.run(
                ["/usr/bin/unshare", "--mount", "sh", "-c", script, "sh", *files], check=True, timeout=60,
                stdout=subprocess.PIPE, text=True)
            return done.stdout.split()
        finally:
            shutil.rmtree(folder)

    assert left(str(LINES)) == ["gunicorn-prometheus-exporter-33"]
    assert left() == [], "this cleaner cleans"
