"""Runs the instructions of a page: ``follow_page.py PAGE FOLDER``. It must be the first process of its own namespaces.

It handles the blocks in order. A block that names a file in its first line is written to that file, other Python blocks are
run, and console commands are run in a shell. The output must match what the page shows; ``…`` matches anything. A server runs
until the next Gunicorn starts, or until the page ends. If the page starts no server, a default one runs. If the page is wrong,
it prints why and exits with 1.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pages import PAGES, Block, Page

#: Seconds for a server to respond and for values to appear.
PATIENCE = 60.0
#: Seconds for a command to exit.
COMMAND_TIMEOUT = 120.0

_SERVES = re.compile(r"(\w+=\S+ )*(gunicorn|gunicorn-prometheus-exporter (serve|hub)|env -u \w+ python3)( |$)")
_GUNICORN = re.compile(r"(\w+=\S+ )*gunicorn( |$)")
#: Commands that can be retried, because they change nothing.
_ASKS = re.compile(r"/metrics|/-/|exporter (dump|check|stack)|read_store")
_NO_ANSWER = 7  # curl's status for a refused connection
_DEFAULT = "gunicorn -c python:gunicorn_prometheus_exporter.conf app:app"


class WrongPage(Exception):
    """A page is wrong."""


class Reader:
    """Runs a page's instructions in a shell."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._servers: list[tuple[str, "subprocess.Popen[bytes]"]] = []
        self._asked = True

    def follow(self, skipped: "frozenset[str]") -> None:
        """Runs the whole page without the blocks with these first lines."""
        blocks = [block for block in self._page.blocks if block.first_line not in skipped]
        commands = [command for block in blocks if block.language == "console" for command, _ in typed(block)]
        if not any(map(_SERVES.match, commands)):
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(Path("store").absolute())
            self._serve(_DEFAULT)
            self._type("curl -s localhost:9091/-/ready", "")
        for block in blocks:
            if block.file_name:
                path = Path(block.file_name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text)
            elif block.language == "python":
                Path("block.py").write_text(block.text)
                self._type("python3 block.py", "")
            elif block.language == "console":
                for command, shown in typed(block):
                    self._serve(command) if _SERVES.match(command) else self._type(command, shown)
        self._look_after()
        self._end()

    def _serve(self, command: str) -> None:
        if _GUNICORN.match(command):
            self._end()
        name = f"server-{len(self._servers)}"
        with open(f"{name}.log", "wb") as log:
            server = subprocess.Popen(
                _shell(f"exec env {command}", name), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._servers.append((command, server))
        self._asked = False

    def _type(self, command: str, shown: str) -> None:
        wanted = re.compile(re.escape(shown.rstrip()).replace("…", ".*") + r"\s*\Z" if shown else "", re.DOTALL)
        deadline = time.monotonic() + PATIENCE
        while True:
            # Not a pipe: a background process of the command would keep it open.
            with tempfile.TemporaryFile("w+") as output:
                done = subprocess.run(
                    _shell(command, "command"), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    timeout=COMMAND_TIMEOUT, check=False)
                output.seek(0)
                printed = output.read()
            if done.returncode == 0 and wanted.match(printed):
                self._asked = True
                return
            self._look_after()
            again = done.returncode == _NO_ANSWER or _ASKS.search(command)
            if not again or time.monotonic() > deadline:
                raise WrongPage(f"$ {command}\nstatus {done.returncode}\n{printed}\nthe page shows:\n{shown}")
            time.sleep(0.1)

    def _look_after(self) -> None:
        """Fails if a server has exited by itself."""
        for command, server in self._servers:
            if server.poll() is not None:
                raise WrongPage(f"$ {command}\nended with status {server.returncode}")

    def _end(self) -> None:
        if not self._asked:
            raise WrongPage(f"$ {self._servers[-1][0]}\nserves, and nothing on the page asks")
        for _, server in self._servers:
            server.send_signal(signal.SIGINT)
            server.wait(COMMAND_TIMEOUT)
        self._servers.clear()


def typed(block: Block) -> list[tuple[str, str]]:
    """Returns the commands of a console block, each with the output that the block shows."""
    found: list[tuple[str, str]] = []
    for line in block.text.replace("\\\n", "").splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].rstrip("\n"), ""))
        else:
            command, shown = found.pop()
            found.append((command, shown + line))
    return found


def _shell(command: str, name: str) -> list[str]:
    """Returns the command line of a shell that has the variables exported by earlier commands, and keeps new ones."""
    script = Path(f"{name}.sh")
    script.write_text(f"[ ! -e .exported ] || . ./.exported\n{command}\nstatus=$?; export -p >.exported; exit $status\n")
    return ["bash", str(script)]


def stand_alone(page: Page, folder: Path) -> None:
    """Sets up the namespaces: a loopback device, writable directories, and the host names on the page."""
    hosts = folder / "hosts"
    names = set(re.findall(r"[\w.-]+\.example\b", page.text))
    hosts.write_text(" ".join(["127.0.0.1 localhost", *sorted(names)]) + "\n")
    for command in [
        "ip link set lo up", f"mount --bind {shlex.quote(str(hosts))} /etc/hosts",
        "mount -t tmpfs none /run", "mount -t tmpfs none /etc/prometheus", "mount -t tmpfs none /var/lib", "mkdir /var/lib/app",
    ]:
        subprocess.run(command, shell=True, check=True)


def main() -> int:
    """Runs the page. Returns the exit status."""
    page, folder, skipped = PAGES[sys.argv[1]], Path(sys.argv[2]), frozenset(sys.argv[3:])
    stand_alone(page, folder)
    if "redis" in page.text.lower():
        subprocess.Popen(["redis-server", "--save", ""], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.chdir(folder)
    try:
        Reader(page).follow(skipped)
    except (WrongPage, subprocess.TimeoutExpired) as wrong:
        print(f"{page.name}: {wrong}")
        for log in sorted(Path().glob("server-*.log")):
            print(f"--- {log.name}\n{log.read_text()}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
