"""Outcomes of requests that a real Gunicorn reaches only by chance."""

import errno
from types import SimpleNamespace

import pytest

from gunicorn_prometheus_exporter.outcome import error_of, status_of

GONE = BrokenPipeError(errno.EPIPE, "gone")


def response(headers_sent: bool, **attributes: int) -> SimpleNamespace:
    return SimpleNamespace(headers_sent=headers_sent, **attributes)


@pytest.mark.parametrize(("resp", "exception", "status"), [
    (None, ValueError(), 500),
    (None, GONE, 500),
    (response(True, status_code=204), None, 204),
    (response(True, status_code=204), StopIteration(), 204),
    (response(False, status_code=200), ValueError(), 500),
    (response(False, status_code=200), GONE, 200),
    (response(False), GONE, 500),
    (response(False), SystemExit(1), 500),
    (response(False), None, 101),
    (response(True, status_code=None), None, 500),
])
def test_the_status_is_the_one_that_the_client_gets(resp, exception, status):
    assert status_of(resp, exception) == status


def raised_after_headers(cause):
    try:
        try:
            raise cause
        except Exception:
            raise StopIteration()
    except StopIteration as stop:
        return stop


@pytest.mark.parametrize(("exception", "error"), [
    (StopIteration(), None),
    (raised_after_headers(ValueError()), ValueError),
    (FileNotFoundError(errno.ENOENT, "none"), FileNotFoundError),
    (GONE, None),
    (ValueError(), ValueError),
    (SystemExit(0), None),
    (SystemExit(1), SystemExit),
])
def test_an_error_that_reached_the_worker_is_told_from_an_orderly_end(exception, error):
    assert error_of(exception).__class__ is (error or type(None))


ENGINE = """
import os, sys
from gunicorn_prometheus_exporter import _engine as engine
engine.open(os.environ["PROMETHEUS_MULTIPROC_DIR"], "worker", True)
def answer(status=200):
    return engine.request_answered(engine.request_started("GET", "/", []), status, 1)
"""


def test_only_a_request_that_ended_well_is_recorded_without_a_look_at_its_outcome(run_python, dump):
    done = run_python(ENGINE + """
def fail():
    try:
        raise ValueError
    finally:
        print(answer())
print(answer(), answer(None), answer("200"), answer(0))
try:
    fail()
except ValueError as error:
    print(answer())
print(answer(), engine.statistics()["dropped"])
""")
    assert done.stdout.split() == ["True", "False", "False", "False", "False", "False", "True", "0.0"], done.stderr
    assert dump().value("gunicorn_worker_requests_total", worker_id="worker_1") == 2


def test_a_file_is_a_part_of_the_size_of_its_response_and_of_no_other(run_python, dump):
    done = run_python(ENGINE + """
for size in (1000, None):
    token = engine.request_started("GET", "/", [])
    if size:
        engine.request_sent_file(token, size)
    engine.request_finished(token, 200, 5)
engine.request_sent_file(token, 7)
engine.request_sent_file(-1, 7)
print(engine.statistics()["dropped"])
""")
    assert done.stdout == "0.0\n", done.stderr
    assert dump().value("gunicorn_worker_response_size_bytes_sum", worker_id="worker_1") == 1010


def test_requests_keep_no_references(run_python):
    done = run_python(ENGINE + """
error = ValueError()
objects = [None, True, False, error, ValueError, "".join(["G", "ET"]), "".join(["/pa", "th"]), [("HOST", "x")], 10**6, 404, 10**7]
method, path, headers, size, status, file = objects[5:8] + objects[8:]
def references():
    return [sys.getrefcount(item) for item in objects]
def serve(count):
    for _ in range(count):
        token = engine.request_started(method, path, headers)
        engine.request_responding(token, status, headers)
        engine.request_sent_file(token, file)
        engine.request_answered(token, status, size)
        try:
            raise error
        except ValueError:
            engine.request_answered(-1, status, size)
            error.__traceback__ = None
serve(1000)
before, blocks = references(), sys.getallocatedblocks()
serve(100_000)
print(max(abs(one - other) for one, other in zip(references(), before)) < 10, sys.getallocatedblocks() - blocks < 100)
print(engine.statistics()["dropped"])
""")
    assert done.stdout.split() == ["True", "True", "0.0"], done.stderr
