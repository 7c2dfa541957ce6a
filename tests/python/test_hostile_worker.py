"""The workers' user attacks the store of a root Gunicorn. Root creates, changes and reads nothing outside, and serves.

Each row of ATTACKS_AT_START, ATTACKS_ON_THE_WAY and ATTACKS_IN_USE is a named attack that docs/security.md describes.
"""

import contextlib
import os
import shutil
import signal
from pathlib import Path
from typing import Callable, Iterator, Optional

import pytest

import hostile
from conftest import PACKAGE_ROOT, REPOSITORY
from hostile import FILES, LOCK, USER, Canary, Site, as_worker, ends_in_order, live_on, make_folder, make_package
from live_gunicorn import LiveGunicorn, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="THE HOSTILE SUITE IS SKIPPED: only root can give workers another user")

#: What exists in the place of each file before the server starts.
ATTACKS_AT_START = {
    "links to root's file": hostile.link,
    "links to files that do not exist": hostile.dangling_link,
    "hard links": hostile.hard_link,
    "FIFOs": hostile.fifo,
    "sockets": hostile.socket_file,
    "directories": hostile.directory,
    "sparse giants": hostile.giant,
    "empty files": hostile.empty,
    "noise": hostile.noise,
    "files nobody may read": hostile.unwritable,
}


#: The path to the store: the planted links, each with its place and target, and the store. All paths are relative to the
#: site; a store of None is the default one.
DEFAULT = f"tmp/gunicorn-prometheus-exporter-{USER}"
ATTACKS_ON_THE_WAY: dict[str, tuple[dict[str, str], Optional[str]]] = {
    "the store is a link to nothing": ({DEFAULT: "outside/etc/made"}, None),
    "the store is a link to root's directory": ({DEFAULT: "outside/etc"}, None),
    "a store at home is a link to nothing": ({"home/store": "outside/new/store"}, "home/store"),
    "a parent is a link to root's directory": ({"home/a": "outside/etc"}, "home/a/store"),
    "links in a row": ({"tmp/b": "outside/etc/made", "home/a": "tmp/b"}, "home/a/deep/store"),
    "a link back by dots": ({"home/a": "home/../outside/etc/../made"}, "home/a"),
}


def each(act: Callable[[Path], None]) -> Callable[[Path, Canary], None]:
    def attack(store: Path, canary: Canary) -> None:
        for path in sorted(store.iterdir()):
            if path.stat().st_uid == 0:
                # A file that the master wrote as root: its content cannot be changed, but the file can be replaced.
                content = path.read_bytes()
                path.unlink()
                path.write_bytes(content)
            act(path)
    return attack


def in_place_of_each(make: Callable[[Path, Canary], None]) -> Callable[[Path, Canary], None]:
    def attack(store: Path, canary: Canary) -> None:
        for name in {*FILES, LOCK, *(path.name for path in store.iterdir())}:
            hostile._remove(store / name)
            make(store / name, canary)
    return attack


def store_renamed_and_linked(store: Path, canary: Canary) -> None:
    store.rename(store.with_name("moved"))
    store.symlink_to(canary.etc)


def parent_renamed_and_linked(store: Path, canary: Canary) -> None:
    store.parent.rename(store.parent.with_name("moved"))
    store.parent.symlink_to(canary.folder)
    # The store's path now leads into root's directory.


def store_removed(store: Path, canary: Canary) -> None:
    shutil.rmtree(store)


def store_closed(store: Path, canary: Canary) -> None:
    store.chmod(0o000)


#: What happens to the store of a running server.
ATTACKS_IN_USE = {
    "every file truncated": each(hostile.truncate),
    "every file punched": each(hostile.punch),
    "every file scrambled": each(hostile.scramble),
    "links in use": in_place_of_each(hostile.link),
    "links to nothing in use": in_place_of_each(hostile.dangling_link),
    "hard links in use": in_place_of_each(hostile.hard_link),
    "FIFOs in use": in_place_of_each(hostile.fifo),
    "sockets in use": in_place_of_each(hostile.socket_file),
    "directories in use": in_place_of_each(hostile.directory),
    "sparse giants in use": in_place_of_each(hostile.giant),
    "the store renamed": store_renamed_and_linked,
    "the store's parent renamed": parent_renamed_and_linked,
    "the store removed": store_removed,
    "the store closed": store_closed,
}


@pytest.fixture(scope="module")
def package() -> Iterator[Path]:
    folder = make_folder("/tmp")
    yield make_package(folder / "package", PACKAGE_ROOT)
    shutil.rmtree(folder)


@pytest.fixture
def site(package: Path) -> Iterator[Site]:
    folder = make_folder("/tmp")
    site = Site(package, folder)
    yield site
    site.close()
    shutil.rmtree(folder)


@contextlib.contextmanager
def running(server: LiveGunicorn) -> Iterator[LiveGunicorn]:
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        print(server.log)


def attack(name: str, act: Callable[[], None]) -> None:
    """Attacks as the workers' user. If the kernel protects hard links, root creates the link, as on a kernel without protection."""
    if "hard links" in name:
        act()
    else:
        as_worker(act)


@pytest.mark.parametrize("name", ATTACKS_ON_THE_WAY)
def test_root_follows_nothing_on_the_way_to_the_store(site, name):
    links, store = ATTACKS_ON_THE_WAY[name]

    def plant() -> None:
        for link, target in links.items():
            (site.base / link).symlink_to(site.base / target)

    as_worker(plant)
    with running(site.start(site.base / store if store else None)) as server:
        assert server.get("/") == 200
        ends_in_order(server)
    site.canary.check()


@pytest.mark.parametrize("is_lock", [False, True], ids=["every file", "the lock file"])
@pytest.mark.parametrize("name", ATTACKS_AT_START)
def test_root_is_not_led_astray_by_what_stands_in_the_store(site, name, is_lock):
    def plant() -> None:
        for file in (LOCK,) if is_lock else FILES:
            ATTACKS_AT_START[name](site.default_store / file, site.canary)

    as_worker(lambda: site.default_store.mkdir(mode=0o700))
    attack(name, plant)
    with running(site.start()) as server:
        assert server.get("/") == 200
        ends_in_order(server)
    site.canary.check()


@pytest.mark.parametrize("name", ATTACKS_IN_USE)
def test_root_outlives_what_happens_to_the_store(site, name):
    store = site.home / "a" / "etc"
    with running(site.start(store)) as server:
        server.wait_until_served()
        attack(name, lambda: ATTACKS_IN_USE[name](store, site.canary))
        live_on(server)
        ends_in_order(server)
    site.canary.check()


def test_a_reload_heals_a_store_that_the_workers_user_removed_and_root_makes_nothing_itself(site):
    store = site.home / "a" / "etc"
    with running(site.start(store)) as server:
        server.wait_until_served()
        attack("the store removed", lambda: store_removed(store, site.canary))
        live_on(server)
        wait_for(lambda: server.metrics().value("gunicorn_up") == 1, f"health after the reload:\n{server.log}")
        assert {path.stat().st_uid for path in (store, store / LOCK, store / "counter_master-1.db")} == {USER}
        ends_in_order(server)
    site.canary.check()


@pytest.mark.parametrize("name", ["links in use", "every file truncated"])
def test_a_second_master_of_root_is_not_led_astray_either(site, name):
    store = site.home / "a" / "etc"
    with running(site.start(store)) as server:
        server.wait_until_served()
        attack(name, lambda: ATTACKS_IN_USE[name](store, site.canary))
        server.signal(signal.SIGUSR2)
        wait_for(server.second_masters, "a second master")
        (second,) = server.second_masters()
        try:
            wait_for(lambda: server.log.count("Booting worker") >= 2, f"the second master's worker:\n{server.log}")
            ends_in_order(server)
            assert server.get("/") == 200
        finally:
            os.kill(second, signal.SIGTERM)
            wait_for(lambda: not Path(f"/proc/{second}").exists(), "the end of the second master")
    site.canary.check()


def test_in_roots_territory_root_makes_the_store_and_gives_only_that_away(site):
    folder = make_folder("/run")
    try:
        store = folder / "app" / "metrics"
        with running(site.start(store)) as server:
            assert server.metrics().value("gunicorn_up") == 1
            ends_in_order(server)
        made = {path: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in (store.parent, store)}
        assert made == {store.parent: (0, 0o755), store: (USER, 0o700)}
    finally:
        shutil.rmtree(folder)


def test_a_link_of_roots_own_in_roots_territory_is_followed(site):
    folder = make_folder("/run")
    try:
        (folder / "link").symlink_to("real/store")
        with running(site.start(folder / "link")) as server:
            assert server.metrics().value("gunicorn_up") == 1
            ends_in_order(server)
        assert (folder / "real" / "store").stat().st_uid == USER
    finally:
        shutil.rmtree(folder)


def test_the_master_has_nothing_of_the_store_mapped_and_its_workers_have_none_of_its_files(site):
    with running(site.start()) as server:
        assert server.metrics().value("gunicorn_workers", state="configured") == 1
        # A worker closes the files of the master before it runs.
        wait_for(lambda: server.scrape().by("gunicorn_worker_state", "state").get("running") == 1, "the worker")
        assert str(site.default_store) not in Path(f"/proc/{server.pid}/maps").read_text()
        (worker,) = server.workers()
        files = {os.readlink(path) for path in Path(f"/proc/{worker}/fd").iterdir()}
        assert not {file for file in files if "_master-" in file or file == str(site.default_store)}
        ends_in_order(server)


def test_the_page_on_security_lists_every_attack():
    page = (REPOSITORY / "docs" / "security.md").read_text()
    missing = [name for name in {**ATTACKS_ON_THE_WAY, **ATTACKS_AT_START, **ATTACKS_IN_USE} if f"| {name} |" not in page]
    assert missing == []
