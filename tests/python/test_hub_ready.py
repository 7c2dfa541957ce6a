"""A hub that has never reached its Redis has nothing to serve, and is not ready."""

import os
import subprocess
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, LiveGunicorn, free_port, wait_for


@pytest.mark.parametrize("options", [[], ["--aggregate"]], ids=["by host", "merged"])
def test_a_hub_is_ready_once_it_has_read_its_source_and_stays_so(start_redis, environment, tmp_path: Path, options):
    redis = start_redis()
    redis.kill()
    port = free_port()
    variables = {**environment, "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0", "HOME": os.environ["HOME"]}
    command = [str(EXECUTABLE), "hub", "--web.listen-address", f"127.0.0.1:{port}", *options]
    with (tmp_path / "log").open("wb") as log:
        hub = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: "listening on" in (tmp_path / "log").read_text(), "the hub")

        def answer(path: str) -> tuple[int, str]:
            return LiveGunicorn._request(port, "GET", path)

        assert answer("/-/healthy") == (200, "healthy\n")
        assert answer("/-/ready") == (503, "not ready: the hosts' snapshots cannot be read; see the log\n")

        redis.start()
        # Nobody scrapes: the probe itself reads.
        wait_for(lambda: answer("/-/ready") == (200, "ready\n"), "readiness")

        redis.kill()
        assert answer("/metrics")[0] == 200
        assert answer("/-/ready") == (200, "ready\n")
    finally:
        hub.terminate()
        hub.wait(END_TIMEOUT)
