"""The hosts of a fleet, each with an application, a store and an exporter, and the hubs that merge them."""

import contextlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Optional

from exposition import Exposition
from live_gunicorn import END_TIMEOUT, free_port, wait_for

CLIENT = Path(__file__).parent / "fleet_client.py"


class Host:
    """An application and an exporter that forwards its store every second."""

    def __init__(self, name: str, store: Path, environment: dict[str, str], executable: Path) -> None:
        store.mkdir()
        self.name = name
        self._executable = executable
        self._log = store.with_suffix(".log")
        self._environment = {
            **environment, "PROMETHEUS_MULTIPROC_DIR": str(store), "GUNICORN_EXPORTER_INSTANCE": name,
            "REDIS_ENABLED": "true", "REDIS_FORWARD_INTERVAL": "1",
        }
        self._client = subprocess.Popen(
            [sys.executable, str(CLIENT), name], env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._exporter: Optional[subprocess.Popen[bytes]] = None
        self.export()

    def export(self) -> None:
        """Starts or restarts the exporter of the store."""
        with self._log.open("ab") as log:
            self._exporter = subprocess.Popen(
                [str(self._executable), "serve", "--web.listen-address", f"127.0.0.1:{free_port()}"],
                env=self._environment, stdin=subprocess.DEVNULL, stderr=log)

    @property
    def log(self) -> str:
        """What its exporters logged."""
        return self._log.read_text()

    def kill_exporter(self) -> None:
        """Kills the exporter with SIGKILL."""
        assert self._exporter is not None
        self._exporter.kill()
        self._exporter.wait(END_TIMEOUT)
        self._exporter = None

    def stop_counting(self) -> dict[str, float]:
        """Stops the application. Returns its own counts."""
        self._client.terminate()
        output, _ = self._client.communicate(timeout=END_TIMEOUT)
        assert self._client.returncode == 0
        counted: dict[str, float] = json.loads(output)
        return counted

    def end(self) -> None:
        """Stops the processes that still run."""
        for process in (self._client, self._exporter):
            if process is not None and process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(END_TIMEOUT)


class Hub:
    """A hub on a free loopback port."""

    def __init__(self, environment: dict[str, str], executable: Path, *options: str) -> None:
        """Starts the hub and waits until it serves."""
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self._url = f"http://{self.address}/metrics"
        self._process = subprocess.Popen(
            [str(executable), "hub", "--web.listen-address", f"127.0.0.1:{port}", *options],
            env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(self._serves, "the hub")

    def read(self) -> Exposition:
        with urllib.request.urlopen(self._url, timeout=30) as answer:
            return Exposition(answer.read().decode())

    def negotiated(self, accept: str) -> tuple[str, str]:
        """Scrapes it with an Accept header. Returns the content type and the text."""
        with urllib.request.urlopen(urllib.request.Request(self._url, headers={"Accept": accept}), timeout=30) as answer:
            return answer.headers["Content-Type"], answer.read().decode()

    def kill(self) -> None:
        """Kills it with SIGKILL."""
        self._process.kill()
        self._process.communicate(timeout=END_TIMEOUT)

    def end(self) -> str:
        """Stops it. Returns its log."""
        self._process.terminate()
        _, log = self._process.communicate(timeout=END_TIMEOUT)
        assert self._process.returncode == 0
        return log.decode()

    def _serves(self) -> bool:
        assert self._process.poll() is None, f"the hub ended with {self._process.returncode}"
        with contextlib.suppress(OSError):
            self.read()
            return True
        return False


class Watch:
    """Reads a hub. Fails if a counter ever decreases."""

    def __init__(self, hub: Hub) -> None:
        """Starts without samples."""
        self._hub = hub
        self._before: dict[tuple[str, str], float] = {}

    def read(self) -> Exposition:
        """Scrapes the hub once more."""
        exposition = self._hub.read()
        for name, labels, value in exposition.samples:
            if name.startswith("shop_order"):
                key = (name, str(sorted(labels.items())))
                assert value >= self._before.get(key, 0.0), f"{key} fell from {self._before[key]} to {value}"
                self._before[key] = value
        return exposition


def counted(exposition: Exposition, instance: Optional[str] = None) -> dict[str, float]:
    """Returns the applications' counts from a hub's exposition, by the applications' own keys."""
    found: dict[str, float] = {}
    for name, labels, value in exposition.samples:
        if name.startswith("shop_order") and labels.get("instance") == instance:
            key = next((labels[label] for label in ("kind", "le") if label in labels), None)
            found[name if key is None else f"{name} {key}"] = value
    return found


def total(*accounts: dict[str, float]) -> dict[str, float]:
    """Returns the sums of several applications' counts, by key."""
    names = {name for account in accounts for name in account}
    return {name: sum(account.get(name, 0.0) for account in accounts) for name in names}
