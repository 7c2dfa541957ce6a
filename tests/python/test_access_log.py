"""Gunicorn's access log is what it is without the exporter; where there is none, nothing looks for it."""

import pytest

from live_gunicorn import HOOKS, wait_for

_PATCH = """
from gunicorn.glogging import Logger
stock = Logger.access
def access(log, resp, req, environ, request_time):
    log.info("patched %s", req.path)
    stock(log, resp, req, environ, request_time)
Logger.access = access
"""


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_a_worker_without_an_access_log_does_not_look_for_it(start_gunicorn, worker_class):
    server = start_gunicorn("-k", worker_class)
    server.request("POST", "/exec", """
from gunicorn.config import Config
stock = Config.__getattr__
Config.asked = set()
def ask(config, name):
    Config.asked.add(name)
    return stock(config, name)
Config.__getattr__ = ask
""")
    assert server.get("/") == 200
    _, asked = server.request("POST", "/exec", "from gunicorn.config import Config\nprint(sorted(Config.asked))")
    assert "forwarded_allow_ips" in asked
    assert "accesslog" not in asked


def test_an_access_log_is_written(start_gunicorn, tmp_path):
    log = tmp_path / "access"
    server = start_gunicorn("--access-logfile", str(log))
    assert server.get("/logged") == 200
    wait_for(lambda: "GET /logged" in log.read_text(), "the request in the access log")


def test_an_access_log_that_a_logging_configuration_asks_for_is_written(start_gunicorn, tmp_path):
    log = tmp_path / "access"
    configuration = {
        "version": 1,
        "handlers": {
            "console": {"class": "logging.StreamHandler"}, "error_console": {"class": "logging.StreamHandler"},
            "file": {"class": "logging.FileHandler", "filename": str(log)},
        },
        "loggers": {"gunicorn.access": {"handlers": ["file"], "level": "INFO"}},
    }
    server = start_gunicorn(conf=f"{HOOKS}logconfig_dict = {configuration!r}\n")
    assert server.get("/logged") == 200
    wait_for(lambda: log.exists() and "GET /logged" in log.read_text(), "the request in the access log")


def test_a_loggers_class_with_an_access_of_its_own_is_called(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + """
from gunicorn.glogging import Logger
class Own(Logger):
    def access(self, resp, req, environ, request_time):
        self.info("own %s", req.path)
logger_class = Own
""")
    assert server.get("/a") == 200
    wait_for(lambda: "own /a" in server.log, "the logger's line")


def test_who_patches_the_logger_before_a_worker_starts_is_called(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + _PATCH)
    assert server.get("/a") == 200
    wait_for(lambda: "patched /a" in server.log, "the patch's line")


def test_who_patches_the_logger_while_a_worker_serves_is_called(start_gunicorn):
    server = start_gunicorn()
    server.request("POST", "/exec", _PATCH)
    assert [server.get("/a"), server.get("/b")] == [200, 200]
    wait_for(lambda: "patched /a" in server.log and "patched /b" in server.log, "the patch's lines")


def test_a_worker_class_may_name_the_arguments(start_gunicorn):
    server = start_gunicorn()
    code = """
import gc
from gunicorn.glogging import Logger
log = next(thing for thing in gc.get_objects() if type(thing) is Logger)
print(log.access(resp=None, req=log, environ=None, request_time=None))
"""
    assert server.request("POST", "/exec", code) == (200, "None\n")
