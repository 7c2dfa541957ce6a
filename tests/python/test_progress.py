"""make demo and make test show what runs and how far it is, and leave nothing behind."""

import re
import subprocess
from pathlib import Path

from pages import REPOSITORY


def bash(script: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs a script with eng/progress.sh. It ends only when no child holds its output any more."""
    whole = f"set -euo pipefail\n. {REPOSITORY}/eng/progress.sh\ncd {folder}\n{script}"
    return subprocess.run(["bash", "-c", whole], capture_output=True, text=True, timeout=60, check=False)


def test_a_long_command_shows_that_it_runs_and_how_long_it_took(tmp_path):
    (tmp_path / "command").write_text("until grep -q still log; do sleep 0.05; done")
    done = bash('pause() { read -rt 0.1 <> <(:) || :; }\nwith_progress "build: a part" bash command > log\ncat log', tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"build: a part\n(build: a part: still running after \d+ s\n)+build: a part: \d+ s\n", done.stdout)


def test_the_status_of_a_failure_is_kept(tmp_path):
    done = bash('with_progress "build: a part" sh -c "exit 7"\necho not reached', tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (7, "build: a part\n", "")


def test_the_tests_that_are_done_are_counted(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(90))\n"
        "def test_a(n):\n"
        "    if n == 7: pytest.skip('x')\n"
        "    assert n != 8\n")
    subprocess.run(
        f"/usr/bin/python3 -m pytest -p no:cacheprovider -n 2 --dist loadgroup {tmp_path} > {tmp_path}/python.log",
        shell=True, cwd=tmp_path, check=False)
    (tmp_path / "Engine.Tests.log").touch()
    for ended in ("Fuzz.log", "Fuzz.count"):
        (tmp_path / ended).touch()
    done = bash("show_progress .", tmp_path)
    lines = [re.sub(r"\d+ s since", "N s since", line) for line in done.stdout.splitlines()]
    assert lines == ["test: Engine.Tests: N s since the start", "test: python: 90 of 90 tests done, N s since the start"]
