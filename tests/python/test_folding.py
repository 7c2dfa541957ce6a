"""Files of dead processes are compacted without loss, wherever the exporter is killed.

FOLDING_KILLS is the number of kills, FOLDING_SEED selects their steps.
"""

import contextlib
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator
from urllib.request import urlopen

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from folding_store import FoldingStore, samples, stock_samples
from live_gunicorn import free_port, wait_for

SEED = int(os.environ.get("FOLDING_SEED", "1"))
KILLS = int(os.environ.get("FOLDING_KILLS", "100"))

#: Each waits a second for the compaction of each exporter that it kills.
STORES = 8
NOT_TRACEABLE = 77
LONGEST_RUN = 120.0
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=keep"]

#: Approximate steps of a compaction, as measured: for each process, and all others.
STEPS_PER_PROCESS = 120
STEPS_BESIDE = 100


def serve(directory: Path, port: int = 0) -> list[str]:
    """Returns the command line of an exporter."""
    address = f"127.0.0.1:{port or free_port()}"
    return [str(EXECUTABLE), "serve", "--web.listen-address", address, "--multiproc-dir", str(directory)]


def dump(directory: Path) -> Exposition:
    """Reads a store in a separate process."""
    command = [str(EXECUTABLE), "dump", "--dir", str(directory)]
    return Exposition(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def kill_while_folding(store: FoldingStore, step: float) -> None:
    """Starts an exporter and kills it during scrapes by it and by another process, while application processes start and exit."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).parent / "kill_at_call.py"), str(step), *serve(store.directory, port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as tracer:
        try:
            assert tracer.stdout is not None
            if tracer.stdout.readline() == "folding\n":
                look_while_folding(store, port)
                store.change()
            if tracer.wait(LONGEST_RUN) == NOT_TRACEABLE:
                pytest.skip("processes may not be traced here (ptrace): NO EXPORTER WAS KILLED")
            assert tracer.returncode == 0, "the exporter ended by itself, before it was killed"
        finally:
            # This kills the exporter too.
            tracer.kill()


def look_while_folding(store: FoldingStore, port: int) -> None:
    """Scrapes in the compacting exporter and in another process."""
    # It does not respond if it is killed during the scrape.
    with contextlib.suppress(OSError, http.client.HTTPException), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        assert samples(Exposition(answer.read().decode())) == store.expected(), "in the exporter that folds"
    assert samples(dump(store.directory)) == store.expected(), "in another process"


def fold_all(store: FoldingStore) -> None:
    """Runs an exporter that finishes what the killed ones began."""
    with subprocess.Popen(serve(store.directory), stderr=subprocess.DEVNULL) as exporter:
        try:
            wait_for(lambda: store.unfolded() == 0, "the fold of every dead process's files")
        finally:
            exporter.terminate()


def kill_many(directory: Path, seed: int, kills: int) -> None:
    """Kills exporters of one store. Checks after each kill that no count is lost or doubled."""
    steps = random.Random(seed)
    store = FoldingStore(directory, seed)
    try:
        for number in range(kills):
            store.change()
            step = steps.randrange(STEPS_BESIDE + store.unfolded() * STEPS_PER_PROCESS) + steps.choice([0.0, steps.random()])
            kill_while_folding(store, step)
            assert samples(dump(directory)) == store.expected(), f"after kill {number}, at step {step}"
        fold_all(store)
        assert samples(dump(directory)) == store.expected()
        assert stock_samples(directory) == pytest.approx(store.expected())
        assert not list(directory.glob("*.new"))
    finally:
        store.end()


def test_an_exporter_may_be_killed_at_any_step_and_nothing_is_lost_or_counted_twice(tmp_path: Path) -> None:
    print(f"FOLDING_SEED={SEED} FOLDING_KILLS={KILLS}")
    with ThreadPoolExecutor(STORES) as stores:
        runs = [
            stores.submit(kill_many, tmp_path / f"store-{number}", SEED + number, -(-KILLS // STORES))
            for number in range(STORES)
        ]
        for run in runs:
            run.result()


def test_a_stock_collector_reads_what_was_folded(tmp_path: Path) -> None:
    store = FoldingStore(tmp_path / "store", SEED)
    try:
        for _ in range(8):
            store.change()
        fold_all(store)
        assert stock_samples(store.directory) == pytest.approx(store.expected())
    finally:
        store.end()


def test_files_are_left_alone_if_they_are_not_to_be_removed(tmp_path: Path) -> None:
    store = FoldingStore(tmp_path / "store", SEED)
    store.change()
    store.end()
    before = sorted(path.name for path in store.directory.iterdir())
    variables = {**os.environ, "CLEANUP_DB_FILES": "false"}
    with subprocess.Popen(serve(store.directory), env=variables, stderr=subprocess.DEVNULL) as exporter:
        # The first compaction runs after a second.
        with pytest.raises(subprocess.TimeoutExpired):
            exporter.wait(2.5)
        exporter.terminate()
    assert sorted(path.name for path in store.directory.iterdir() if path.suffix == ".db") == before


@pytest.fixture
def nobodys_store() -> Iterator[FoldingStore]:
    """A store of another user in which this user's processes count. The kernel hides their open files from that user."""
    if os.geteuid() != 0 or subprocess.run([*NOBODY, str(EXECUTABLE), "--version"], capture_output=True, check=False).returncode:
        pytest.skip("only root can run an exporter as another user, where that may run it: PIDS ARE NOT TESTED")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    store = FoldingStore(folder / "store", SEED)
    os.chown(store.directory, 65534, 65534)
    yield store
    store.end()
    shutil.rmtree(folder)


def prepare(store: FoldingStore) -> None:
    """Prepares the store, so that pids identify processes from now on."""
    variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store.directory)}
    subprocess.run([*NOBODY, str(EXECUTABLE), "prepare"], env=variables, stdout=subprocess.DEVNULL, check=True)


def fold_as_nobody(store: FoldingStore, remaining: set[int], *launcher: str) -> None:
    """Runs an exporter for more than one compaction, and until only the files of these processes remain."""
    with subprocess.Popen([*launcher, *NOBODY, *serve(store.directory)], stderr=subprocess.DEVNULL) as exporter:
        with pytest.raises(subprocess.TimeoutExpired):
            exporter.wait(2.5)
        wait_for(lambda: store.processes() == remaining, f"that only the files of {remaining} remain")
        # This kills the child of unshare too.
        exporter.kill()
    assert samples(dump(store.directory)) == store.expected()
    assert store.processes() == remaining


def test_where_the_kernel_does_not_tell_files_from_before_pids_counted_here_stay(nobodys_store: FoldingStore) -> None:
    before = nobodys_store.begin()
    nobodys_store.kill(before)
    fold_as_nobody(nobodys_store, {before})
    prepare(nobodys_store)
    dead, living = nobodys_store.begin(), nobodys_store.begin()
    nobodys_store.kill(dead)
    fold_as_nobody(nobodys_store, {before, living})


def test_where_the_kernel_does_not_tell_in_another_PID_namespace_the_master_does(nobodys_store: FoldingStore) -> None:
    unshare = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let the test make a PID namespace: THE MASTER'S WORD IS NOT TESTED")
    prepare(nobodys_store)
    told, untold, again, stepped = (nobodys_store.begin() for _ in range(4))
    exits = nobodys_store.directory / "master-1.exits"
    # The wall clock was set back by an hour after the last recorded exit, so the pid may belong to another process by now.
    exits.write_text("".join(json.dumps({"pid": pid, "time": time.time() + after + step, "monotonic": time.monotonic() + after}) + "\n"
                             for pid, after, step in ((told, 60, 0), (again, -60, 0), (stepped, -60, 3600))))
    for pid in (told, untold, again, stepped):
        nobodys_store.kill(pid)
    fold_as_nobody(nobodys_store, {untold, again, stepped}, *unshare)


def test_a_clock_that_was_set_forward_makes_no_living_process_look_dead(tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("there is no faketime: A CLOCK THAT IS SET IS NOT TESTED")
    store = FoldingStore(tmp_path / "store", SEED)
    variables = {
        **os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store.directory), "NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    prepare = [str(EXECUTABLE), "prepare"]
    subprocess.run(prepare, env=variables, stdout=subprocess.DEVNULL, check=True)
    (store.directory / "master-1.run").unlink()
    try:
        living = {store.begin() for _ in range(5)}
        subprocess.run(["faketime", "-f", "+1h", *prepare], env=variables, stdout=subprocess.DEVNULL, check=True)
        assert store.processes() == living
    finally:
        store.end()
