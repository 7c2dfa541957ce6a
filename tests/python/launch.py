"""Runs a command as a service manager might: ``launch.py [--umask OCTAL] [--socket-activation] COMMAND...``.

With ``--socket-activation`` it listens at the command's ``-b`` address and passes the socket as systemd does.
"""

import os
import socket
import sys

_FIRST_DESCRIPTOR = 3

command = sys.argv[1:]
if command[0] == "--umask":
    os.umask(int(command[1], 8))
    command = command[2:]
if command[0] == "--socket-activation":
    command = command[1:]
    host, _, port = command[command.index("-b") + 1].rpartition(":")
    listener = socket.create_server((host, int(port)))
    if listener.fileno() != _FIRST_DESCRIPTOR:
        os.dup2(listener.fileno(), _FIRST_DESCRIPTOR)
    os.set_inheritable(_FIRST_DESCRIPTOR, True)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(command[0], command)
