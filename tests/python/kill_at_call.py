"""Runs a command and kills it with SIGKILL at its n-th step after compaction began.

Usage: kill_at_call.py STEP COMMAND…  A step is the beginning or the end of a system call of any thread of the command. The
fraction of STEP delays the kill by that part of a millisecond, to hit code between two calls.
With KILL_FROM=umask in the environment, steps count from the first call of umask, with which root begins to prepare.
Prints "folding" at the first step. Exits with 0 if it killed the command, 77 if tracing is not permitted.
"""

import ctypes
import os
import platform
import signal
import sys
import time

TRACE_ME, SYSCALL, SET_OPTIONS, SYSCALL_INFO = 0, 24, 0x4200, 0x420E
SYSGOOD, FOLLOW_CLONE, TELL_EXEC, EXIT_KILL = 1, 8, 0x10, 0x100000
ALL_CHILDREN = 0x40000000
ENTRY = 1
SET_DESCRIPTION_LOCK = 37
FCNTL = {"x86_64": 72, "aarch64": 25}[platform.machine()]
UMASK = {"x86_64": 95, "aarch64": 166}[platform.machine()]
NOT_TRACEABLE = 77


class SyscallInfo(ctypes.Structure):
    """``struct ptrace_syscall_info`` up to the arguments of a call."""

    _fields_ = [
        ("op", ctypes.c_uint8), ("padding", ctypes.c_uint8 * 3), ("architecture", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64), ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64), ("arguments", ctypes.c_uint64 * 6),
    ]


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def is_beginning(info: SyscallInfo) -> bool:
    """Returns whether steps count from this call."""
    if os.environ.get("KILL_FROM") == "umask":
        return info.number == UMASK
    return info.number == FCNTL and info.arguments[1] == SET_DESCRIPTION_LOCK


def start(command: list[str]) -> int:
    """Starts the command, stopped at its first instruction."""
    process = os.fork()
    if process == 0:
        if libc.ptrace(TRACE_ME, 0, None, None) != 0:
            os._exit(NOT_TRACEABLE)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execv(command[0], command)
    _, status = os.waitpid(process, 0)
    if not os.WIFSTOPPED(status):
        sys.exit(NOT_TRACEABLE)
    libc.ptrace(SET_OPTIONS, process, None, SYSGOOD | FOLLOW_CLONE | TELL_EXEC | EXIT_KILL)
    libc.ptrace(SYSCALL, process, None, None)
    return process


def run(step: float, command: list[str]) -> None:
    """Runs the command until it is killed or exits."""
    process = start(command)
    info = SyscallInfo()
    threads = {process}
    steps = -1
    while True:
        thread, status = os.waitpid(-1, ALL_CHILDREN)
        if not os.WIFSTOPPED(status):
            threads.discard(thread)
            if thread == process:
                sys.exit(not os.WIFSIGNALED(status))
            continue
        stopped_by, deliver = os.WSTOPSIG(status), 0
        if stopped_by == signal.SIGTRAP | 0x80:
            libc.ptrace(SYSCALL_INFO, thread, ctypes.sizeof(info), ctypes.byref(info))
            if steps < 0 and info.op == ENTRY and is_beginning(info):
                print("folding", flush=True)
                steps = 0
            if steps >= 0:
                if steps == int(step):
                    if step % 1:
                        libc.ptrace(SYSCALL, thread, None, None)
                        time.sleep(step % 1 / 1000)
                    os.kill(process, signal.SIGKILL)
                    continue
                steps += 1
        elif status >> 16 == 0 and not (stopped_by == signal.SIGSTOP and thread not in threads):
            # A signal to the command. The first stop of a new thread is not one: tracing causes it.
            deliver = stopped_by
        threads.add(thread)
        libc.ptrace(SYSCALL, thread, None, deliver)


run(float(sys.argv[1]), sys.argv[2:])
