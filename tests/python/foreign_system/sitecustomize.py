"""Makes an interpreter look like that of a Mac: without what only Linux has."""

import fcntl
import os
import posix
import resource
import select
import signal
import socket
import sys
import types

LINUX_ONLY = {
    (os, posix): (
        "O_DIRECT O_PATH O_TMPFILE eventfd getrandom getresgid getresuid memfd_create pidfd_open pipe2 posix_fadvise posix_fallocate "
        "sched_getaffinity sched_setaffinity sched_setscheduler setresgid setresuid splice waitid"),
    (fcntl,): "F_ADD_SEALS F_GETPIPE_SZ F_SETPIPE_SZ F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW",
    (resource,): "prlimit",
    (select,): "epoll",
    (signal,): "SIGPWR SIGRTMAX SIGRTMIN pidfd_send_signal sigtimedwait sigwaitinfo",
    (socket,): "AF_NETLINK MSG_CMSG_CLOEXEC SOCK_CLOEXEC SOCK_NONBLOCK SO_PEERCRED TCP_INFO",
}

for modules, names in LINUX_ONLY.items():
    for name in names.split():
        for module in modules:
            if hasattr(module, name):
                delattr(module, name)
# What urllib asks for the proxies of a Mac.
proxies = types.ModuleType("_scproxy")
proxies._get_proxies = proxies._get_proxy_settings = dict
sys.modules["_scproxy"] = proxies
sys.platform = "darwin"
