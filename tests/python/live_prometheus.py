"""A real Prometheus on a free loopback port."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from live_gunicorn import END_TIMEOUT, free_port, wait_for


class LivePrometheus:
    """One Prometheus that scrapes its targets and evaluates rules every second."""

    def __init__(self, folder: Path, scrapes: list[dict[str, Any]], rule_files: Iterable[Path], program: str) -> None:
        """Starts Prometheus. ``scrapes`` has a scrape configuration with its targets for each job."""
        folder.mkdir()
        configuration = folder / "prometheus.yml"
        configuration.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in rule_files],
            "scrape_configs": scrapes,
        }))
        self._targets = sum(len(group["targets"]) for scrape in scrapes for group in scrape["static_configs"])
        self._started = time.time()
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program, f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={address}",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_until_scraping(self) -> None:
        """Returns when a scrape of each target has succeeded."""

        def ready() -> bool:
            assert self._process.poll() is None, f"Prometheus ended with {self._process.returncode}:\n{self.log}"
            # While Prometheus starts, it refuses connections or responds with 503.
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=30):
                return True
            return False

        wait_for(ready, "Prometheus")
        wait_for(lambda: self.values(f"sum(up) == {self._targets}"), "the first scrapes")

    def values(self, query: str) -> list[float]:
        """Returns all values of a query since the start, without NaN. Fails if Prometheus rejects the query."""
        data = self.get("query_range", query=query, start=str(self._started), end=str(time.time()), step="2")
        points = (float(value) for series in data["result"] for _, value in series["values"])
        return [point for point in points if point == point]

    def now(self, query: str) -> list[float]:
        """Returns the present values of a query."""
        return [float(row["value"][1]) for row in self.get("query", query=query)["result"]]

    def get(self, path: str, **parameters: str) -> Any:
        """Calls the API. Returns the data of the response, or fails with the text of an error."""
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"Prometheus did not end:\n{self.log}") from None
