"""Accept queues of a length known by construction: workers that are stopped accept nothing."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Union

from live_gunicorn import LiveGunicorn, wait_for

#: Runs a command with listening sockets, as systemd does: a TCP socket at each port given before "--".
SYSTEMD = """
import fcntl, os, socket, sys
end = sys.argv.index("--")
listening = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1:end]]
high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 100) for one in listening]
for number, descriptor in enumerate(high, 3):
    os.dup2(descriptor, number)
os.environ.update(LISTEN_FDS=str(end - 1), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[end + 1], sys.argv[end + 1:])
"""


@contextlib.contextmanager
def stopped(server: LiveGunicorn) -> Iterator[None]:
    """Stops the workers, which live on."""
    workers = server.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: all(_is_stopped(pid) for pid in workers), "the stop of the workers")
        yield
    finally:
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    return all("State:\tT" in (task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir())


@contextlib.contextmanager
def waiting(address: Union[int, str], count: int) -> Iterator[Sequence[socket.socket]]:
    """Opens connections to a port of this machine, or to the path of a Unix socket, and closes them at the end."""
    with contextlib.ExitStack() as opened:
        connections = []
        for _ in range(count):
            connection = opened.enter_context(socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET))
            connection.settimeout(30)
            connection.connect(address if isinstance(address, str) else ("127.0.0.1", address))
            connections.append(connection)
        yield connections
