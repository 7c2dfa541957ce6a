"""The status page names the application, as the configuration that the master last loaded has it."""

import signal
import subprocess
from typing import Any

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, HOOKS, LiveGunicorn, free_port, wait_for


def heading(port: int) -> str:
    """Returns the heading of a status page, or nothing if nobody answers."""
    try:
        _, page = LiveGunicorn._request(port, "GET", "/")
    except ConnectionError:
        return ""
    return str(page.partition("<h1><bdi>")[2].partition("</bdi>")[0])


def test_the_name_follows_a_reload(start_gunicorn: Any) -> None:
    server = start_gunicorn(conf=HOOKS + "proc_name = 'shop'\n")
    wait_for(lambda: heading(server.metrics_port).startswith("shop on "), "the name")
    server.conf.write_text(HOOKS + "proc_name = '<b>bank\\n'\n")
    server.signal(signal.SIGHUP)
    wait_for(lambda: heading(server.metrics_port).startswith("&lt;b&gt;bank on "), "the new name")


def test_an_exporter_that_gunicorn_did_not_start_has_the_name_too(start_gunicorn: Any, environment: Any) -> None:
    start_gunicorn(conf=HOOKS + "proc_name = 'shop'\n")
    port = free_port()
    exporter = subprocess.Popen(
        [str(EXECUTABLE), "serve", "--web.listen-address", f"127.0.0.1:{port}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: heading(port).startswith("shop on "), "the name")
    finally:
        exporter.terminate()
        exporter.wait(END_TIMEOUT)
