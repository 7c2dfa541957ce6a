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
