"""An application in WSGI and ASGI that hangs in six ways, or fails. The tests find the line of a way by its comment."""

import ctypes
import re
import socket
import threading
import time

libc = ctypes.CDLL(None)
first, second = socket.socketpair()
lock = threading.Lock()
lock.acquire()


def regex():
    re.match("(a+)+$", "a" * 60 + "b")  # hangs: regex


def endless():
    while True:
        sum(range(100))  # hangs: endless


def receive():
    first.recv(1)  # hangs: receive


def wait():
    lock.acquire()  # hangs: wait


def sleep():
    while True:
        libc.sleep(60)  # hangs: sleep


def loop():
    time.sleep(60)  # hangs: loop


def fail():
    return int("no number")  # hangs: fail


WAYS = {f"/hang/{way.__name__}": way for way in (regex, endless, receive, wait, sleep, loop, fail)}


def app(environ, start_response):
    WAYS.get(environ["PATH_INFO"], str)()
    start_response("200 OK", [("Content-Length", "0")])
    return []


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    WAYS.get(scope["path"], str)()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
