"""``prepare`` and its use by the master, when it is killed at any step, prints invalid output, or prints nothing."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, wait_for

SEED = int(os.environ.get("KILL_SEED", "0")) or 14
KILLS = int(os.environ.get("KILLS", "24"))
USER = 61185
NOT_TRACEABLE = 77

#: More system calls than ``prepare`` makes. A later step kills nothing.
MOST_STEPS = 700


@pytest.fixture
def territory() -> Iterator[Path]:
    """A folder whose path only root can change."""
    if os.geteuid() != 0:
        pytest.skip("only root prepares for another user")
    folder = Path(tempfile.mkdtemp(prefix="prepare-", dir="/run"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def prepare(store: Path, *before: str) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store), "KILL_FROM": "umask"}
    command = [*before, str(EXECUTABLE), "prepare", "--uid", str(USER), "--gid", str(USER)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


def test_a_preparation_that_is_killed_at_any_step_leaves_what_the_next_start_uses(territory):
    steps = random.Random(SEED)
    killed = 0
    for number in range(KILLS):
        store = territory / f"app-{number}" / "store"
        # Half of the kills come while root creates directories.
        step = steps.randrange(40) if number % 2 else steps.randrange(MOST_STEPS)
        done = prepare(store, sys.executable, str(Path(__file__).parent / "kill_at_call.py"), str(step))
        if done.returncode == NOT_TRACEABLE:
            pytest.skip("processes may not be traced here (ptrace): NO PREPARATION WAS KILLED")
        killed += done.returncode == 0
        answer = json.loads(prepare(store).stdout)
        assert answer["ok"], f"seed {SEED}, step {step}: {answer['errors']}"
        assert (store.stat().st_uid, store.stat().st_mode & 0o777) == (USER, 0o700), f"seed {SEED}, step {step}"
        assert (store.parent.stat().st_uid, store.parent.stat().st_mode & 0o777) == (0, 0o755), f"seed {SEED}, step {step}"
        assert [path.name for path in store.parent.iterdir()] == ["store"], f"seed {SEED}, step {step}"
    assert killed >= KILLS // 2


ANSWERS = {
    "nothing": "exit 0",
    "no JSON": "echo hello",
    "a list": "echo '[]'",
    "no files": """echo '{"ok": true, "errors": []}'""",
    "no errors": """echo '{"ok": false}'""",
    "a crash": "kill -SEGV $$",
    "a crash with half an answer": """printf '{"ok": tr'; kill -KILL $$""",
    "no program": None,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_master_survives_every_answer(start_gunicorn, environment, tmp_path, name):
    package = tmp_path / "package"
    shutil.copytree(Path(EXECUTABLE).parents[2], package)
    executable = package / "gunicorn_prometheus_exporter" / "bin" / EXECUTABLE.name
    executable.unlink()
    if ANSWERS[name] is None:
        executable.write_bytes(b"\x7fELFnonsense")
    else:
        executable.write_text(f"#!/bin/sh\n{ANSWERS[name]}\n")
    executable.chmod(0o755)
    server = start_gunicorn(
        conf=HOOKS, variables={"PYTHONPATH": os.pathsep.join([str(package), environment["PYTHONPATH"]])})
    assert server.get("/") == 200
    assert "ff" in server.log and "Traceback" not in server.log, "a line that says so"
    assert server.end() == 0


def test_metrics_are_on_where_proc_shows_processes_only(start_gunicorn, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    script = tmp_path / "mount.sh"
    script.write_text('#!/bin/sh\nmount -t proc -o subset=pid proc /proc && exec "$@"\n')
    script.chmod(0o755)
    server = start_gunicorn(launcher=("/usr/bin/unshare", "--mount", str(script)))
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert (metrics.value("gunicorn_up"), metrics.value("gunicorn_worker_requests_total")) == (1, 1)
    assert "are off" not in server.log


def test_where_proc_shows_processes_only_nothing_of_a_pid_is_removed(territory, tmp_path):
    store = territory / "store"
    script = f"""
mount -t proc -o subset=pid proc /proc
"{EXECUTABLE}" prepare --uid {USER} --gid {USER} >{tmp_path}/first
rm {store}/*.run
cp {store}/counter_master-1.db {store}/counter_4000001.db
touch {store}/counter_4000001.db
"{EXECUTABLE}" prepare --uid {USER} --gid {USER} >{tmp_path}/second
"""
    subprocess.run(
        ["/usr/bin/unshare", "--mount", "sh", "-c", script], check=True, timeout=60,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert json.loads((tmp_path / "second").read_text())["ok"]
    assert (store / "counter_4000001.db").exists()
    # With the whole of /proc the process of the same file is known to be dead.
    subprocess.run([str(EXECUTABLE), "prepare", "--uid", str(USER), "--gid", str(USER)], check=True, timeout=60,
                   stdout=subprocess.DEVNULL, env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store)})
    for run_file in store.glob("*.run"):
        run_file.unlink()
    os.utime(store / "counter_4000001.db")
    wait_for(lambda: prepare(store).returncode == 0 and not any(store.glob("counter_4000001.db")), "the removal")


def test_preparations_at_once_make_one_store(territory):
    store = territory / "new" / "deep" / "store"
    command = [str(EXECUTABLE), "prepare", "--uid", str(USER), "--gid", str(USER)]
    variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store)}
    started = [subprocess.Popen(command, env=variables, stdout=subprocess.PIPE) for _ in range(8)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    assert [answer["errors"] for answer in answers if not answer["ok"]] == []
    assert sorted(path.name for path in territory.iterdir()) == ["new"]
    assert store.stat().st_uid == USER
