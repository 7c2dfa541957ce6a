"""The demo runs to its end, and what it leaves running for a reader is there until the printed command stops it."""

import os
import re
import subprocess
import urllib.error
import urllib.request

from live_gunicorn import wait_for
from pages import REPOSITORY


def status_of(address: str) -> int:
    """Returns the status of an answer, 0 without one."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_the_demo_leaves_everything_running_that_it_names(tmp_path):
    environment = {**os.environ, "KEEP": "1", "TMPDIR": str(tmp_path), "PYTHON": "/usr/bin/python3"}
    with open(tmp_path / "demo.log", "wb") as log:
        done = subprocess.run(
            ["sh", "eng/demo.sh"], cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=300,
            check=False)
    printed = (tmp_path / "demo.log").read_text()
    assert done.returncode == 0, printed
    (stop,) = re.findall(r"^To stop it: +(.*)$", printed, re.MULTILINE)
    try:
        links = re.findall(r"http://\S+", printed)
        assert len(links) == 5
        assert {link: status_of(link) for link in links} == {link: 500 if link.endswith("/crash") else 200 for link in links}
        (top,) = re.findall(r"(out/gunicorn-prometheus-exporter top \S+)$", printed, re.MULTILINE)
        subprocess.run(top.split(), cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
    finally:
        subprocess.run(stop, shell=True, check=True)
    wait_for(lambda: {status_of(link) for link in links} == {0}, "the end of the demo")
