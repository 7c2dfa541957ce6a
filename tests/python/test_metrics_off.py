"""If metrics are off, the application still starts and serves, and its own metrics work."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import PACKAGE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

APP = "own_metrics_app:app"

#: Runs as root, but without the capabilities that bypass permissions.
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")

CONFIGURATIONS = {
    "hooks": HOOKS,
    "worker class": PROMETHEUS_WORKER,
    "both": HOOKS + PROMETHEUS_WORKER,
    "conf module": "from gunicorn_prometheus_exporter.conf import *\n",
    # As in prometheus_client's own documentation.
    "child_exit": HOOKS + """
from prometheus_client import multiprocess
def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)
""",
}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk that is full")


@pytest.fixture
def small_disk(tmp_path):
    """A disk with space for the files of a few processes."""
    mount = tmp_path / "disk"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(mount)], check=True)
    yield mount
    # Lazily, because a server of the test may exit later.
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


def fill(disk):
    """Fills a disk completely. Returns the file that occupies it."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


@pytest.fixture
def full_disk(small_disk):
    """A store on a full disk."""
    (small_disk / "store").mkdir(mode=0o700)
    fill(small_disk)
    return small_disk / "store"


def a_file(path):
    path.write_text("no directory")
    return path


UNUSABLE = {
    "a file": lambda folder: a_file(folder / "store"),
    "in a file": lambda folder: a_file(folder / "file") / "store",
    "where nothing can be made": lambda folder: Path("/proc/no/store"),
    "a link to nothing": lambda folder: (folder / "link").symlink_to("/proc/no") or folder / "link",
    "a name that is too long": lambda folder: folder / ("x" * 256),
}


def serves(server):
    """Fails if the application or its own metrics behave differently than without the package. Returns its second response."""
    assert server.request("GET", "/")[0] == 200
    status, body = server.request("GET", "/")
    assert status == 200 and body.split()[0] == "2", body
    assert "Traceback" not in server.log and "a recording failed" not in server.log, server.log
    return body


def said(server):
    lines = [line for line in server.log.splitlines() if "etrics" in line and " off: " in line]
    assert len(lines) == 1, server.log
    return lines[0]


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["", "preload"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE)
def test_a_store_that_cannot_be_used_costs_metrics_and_nothing_else(start_gunicorn, public_directory, unusable, conf, preload):
    store = unusable(public_directory)
    server = start_gunicorn(*preload, app=APP, conf=conf, variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert serves(server) == "2 False"
    assert os.path.realpath(store) in said(server)
    os.kill(server.workers()[0], 9)
    assert server.get("/") == 200
    assert server.end() == 0


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_store_that_may_not_be_written_costs_metrics_and_nothing_else(start_gunicorn, public_directory, conf):
    store = public_directory / "roots"
    store.mkdir(mode=0o555)
    server = start_gunicorn(app=APP, conf=conf, launcher=BOUND, variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert serves(server) == "2 False"
    assert str(store) in said(server)


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_store_that_the_workers_may_not_write_costs_metrics_and_nothing_else(start_gunicorn, public_directory, conf):
    store = public_directory / "roots"
    store.mkdir(mode=0o755)
    server = start_gunicorn(
        "-u", "nobody", "-g", "nogroup", app=APP, conf=conf, variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    serves(server)
    assert str(store) in said(server)


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_full_disk_costs_metrics_and_nothing_else(start_gunicorn, full_disk, conf):
    server = start_gunicorn(app=APP, conf=conf, variables={"PROMETHEUS_MULTIPROC_DIR": str(full_disk)})
    serves(server)
    assert "make room, then restart Gunicorn" in said(server)


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_disk_that_fills_up_costs_the_metrics_of_workers_that_start_until_a_reload(start_gunicorn, small_disk, conf):
    server = start_gunicorn(app=APP, conf=conf, variables={"PROMETHEUS_MULTIPROC_DIR": str(small_disk / "store")})
    serves(server)
    ballast = fill(small_disk)
    (first,) = server.workers()
    os.kill(first, 9)
    wait_for(lambda: server.workers() not in ([], [first]), "the next worker")
    serves(server)
    assert "make room, then reload Gunicorn (SIGHUP)" in said(server)
    ballast.unlink()
    (second,) = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(now := server.workers()) == 1 and now != [second], "the worker of the reload")
    assert serves(server) == "2 True"
    said(server)



@pytest.mark.parametrize("contents", [None, b"text"], ids=["missing", "foreign"])
@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["", "preload"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_without_an_executable_the_application_serves(start_gunicorn, tmp_path, environment, contents, conf, preload):
    copy = tmp_path / "packages" / PACKAGE.name
    shutil.copytree(PACKAGE, copy)
    executable = copy / "bin" / "gunicorn-prometheus-exporter"
    executable.unlink()
    if contents is not None:
        executable.write_bytes(contents)
        executable.chmod(0o755)
    environment.update(PATH="/usr/bin:/bin", PYTHONPATH=os.pathsep.join([str(copy.parent), environment["PYTHONPATH"]]))
    serves(start_gunicorn(*preload, app=APP, conf=conf))


@pytest.mark.parametrize("user", [(), ("-u", "nobody", "-g", "nogroup")], ids=["root", "nobody"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_missing_store_is_made_before_the_application_is_preloaded(start_gunicorn, public_directory, conf, user, dump, environment):
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(public_directory / "store")
    server = start_gunicorn("--preload", *user, app=APP, conf=conf)
    assert serves(server) == "2 True"
    assert "off" not in server.log
    assert (public_directory / "store").stat().st_mode & 0o777 == 0o700
    assert (public_directory / "store").stat().st_uid == (65534 if user else 0)
    figures = dump(requests=2)
    assert figures.value("hits_total") == 2


@pytest.mark.parametrize("is_changed", [False, True], ids=["", "chdir"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_missing_store_with_a_relative_name_is_made_where_gunicorn_works(start_gunicorn, public_directory, conf, is_changed):
    changed = ("--chdir", str(public_directory)) if is_changed else ()
    server = start_gunicorn("--preload", *changed, conf=conf, app=APP, variables={"PROMETHEUS_MULTIPROC_DIR": "relative/metrics"})
    serves(server)
    assert (Path(os.readlink(f"/proc/{server.pid}/cwd")) / "relative/metrics/slots.lock").exists()
    # The worker class alone starts no exporter.
    if conf != PROMETHEUS_WORKER:
        assert server.metrics().value("hits_total") == 2


@pytest.mark.parametrize("is_planted", [False, True], ids=["missing", "a dangling link"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_preloaded_application_serves_where_only_the_workers_user_may_make_the_store(
        start_gunicorn, public_directory, conf, is_planted, environment):
    os.chown(public_directory, 65534, 65534)
    store = public_directory / "store"
    if is_planted:
        store.symlink_to(public_directory / "nowhere")
        os.lchown(store, 65534, 65534)
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(store)
    server = start_gunicorn("--preload", "-u", "nobody", "-g", "nogroup", app=APP, conf=conf)
    # The workers still have a store, which their user creates when Gunicorn starts.
    assert serves(server) == "2 True"
    assert "Metrics are off" not in server.log
    assert server.log.count("was missing when the application was preloaded") == 1
    assert "create the directory before Gunicorn starts" in server.log


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_proc_that_shows_processes_only_costs_no_answer(start_gunicorn, conf):
    bare = ("unshare", "--mount", "sh", "-c", 'mount -t proc -o subset=pid proc /proc && exec "$@"', "sh")
    if subprocess.run([*bare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no such /proc can be mounted here")
    assert serves(start_gunicorn(app=APP, conf=conf, launcher=bare))


def test_root_makes_nothing_where_another_user_could_have_put_a_link(public_directory, run_python):
    os.chown(public_directory, 65534, 65534)
    done = run_python("""
from gunicorn_prometheus_exporter import engine, store_in_time
store_in_time.settle()
assert engine.refusal() is None
store_in_time.remember()
store_in_time.settle_in_worker()
print(engine.refusal())
""", PROMETHEUS_MULTIPROC_DIR=str(public_directory / "store"))
    assert "another user" in done.stdout, done.stderr
    assert not (public_directory / "store").exists()


def test_root_follows_no_link_that_another_user_has_put_on_the_way(public_directory, run_python):
    roots = public_directory / "roots"
    roots.mkdir(mode=0o755)
    theirs = public_directory / "theirs"
    theirs.mkdir()
    (theirs / "link").symlink_to(roots)
    os.lchown(theirs / "link", 65534, 65534)
    os.chown(theirs, 65534, 65534)
    done = run_python("""
from gunicorn_prometheus_exporter import store_in_time
store_in_time.settle()
store_in_time.remember()
store_in_time.settle_in_worker()
""", PROMETHEUS_MULTIPROC_DIR=str(theirs / "link" / "store"))
    assert done.returncode == 0, done.stderr
    assert list(roots.iterdir()) == []


def test_a_directory_that_is_not_the_one_root_made_is_not_given_away(public_directory, run_python):
    done = run_python("""
import os
from gunicorn_prometheus_exporter import store_in_time
store_in_time.settle()
store = os.environ["PROMETHEUS_MULTIPROC_DIR"]
os.rename(store, store + ".ours")
os.mkdir(store, 0o700)
store_in_time.hand_over(65534, 65534)
print(os.stat(store).st_uid)
""", PROMETHEUS_MULTIPROC_DIR=str(public_directory / "store"))
    assert done.stdout == "0\n", done.stderr



def test_a_file_of_the_store_that_cannot_be_removed_costs_a_worker_its_metrics_and_nothing_else(start_gunicorn, public_directory):
    store = public_directory / "store"
    server = start_gunicorn(app=APP, variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    assert serves(server) == "2 True"
    # A file that is a mount point can be opened, but not removed.
    file = store / "exemplars_worker-2.bin"
    file.touch(mode=0o600)
    subprocess.run(["mount", "--bind", str(file), str(file)], check=True)
    try:
        server.signal(signal.SIGTTIN)
        wait_for(lambda: " off: " in server.log, "the second worker's reason")
        line = said(server)
        assert str(file) in line and "reload Gunicorn (SIGHUP)" in line, line
        assert server.get("/") == 200
    finally:
        subprocess.run(["umount", "--lazy", str(file)], check=True)


def test_a_file_of_the_master_that_a_full_disk_has_no_space_for_leaves_nothing_behind(start_gunicorn, environment, small_disk):
    store = small_disk / "store"
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(store)
    server = start_gunicorn("-w", "1")
    server.wait_until_served()
    (store / "counter_master-1.db").unlink()
    fill(small_disk)
    server.signal(signal.SIGUSR1)
    wait_for(lambda: "the metrics of the master are not recorded" in server.log, "the line")
    assert [name for name in os.listdir(store) if name.endswith(".new")] == []
    assert server.get("/") == 200
