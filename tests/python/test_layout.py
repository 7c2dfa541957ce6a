"""Files get the entry layout that the prometheus_client at hand can read."""

import sys
from types import SimpleNamespace

import pytest

from gunicorn_prometheus_exporter import layout


@pytest.mark.parametrize(("modes", "timestamps"), [({"all", "max"}, False), ({"all", "mostrecent"}, True)])
def test_a_loaded_prometheus_client_decides_by_what_it_can(monkeypatch, modes, timestamps):
    gauge = SimpleNamespace(_MULTIPROC_MODES=frozenset(modes))
    monkeypatch.setitem(sys.modules, "prometheus_client.metrics", SimpleNamespace(Gauge=gauge))
    assert layout.writes_timestamps() is timestamps


@pytest.mark.parametrize(
    ("version", "timestamps"), [("0.9.0", False), ("0.17.1", False), ("0.18.0rc1", True), ("1.0", True)])
def test_an_installed_prometheus_client_decides_by_its_version(monkeypatch, version, timestamps):
    monkeypatch.delitem(sys.modules, "prometheus_client.metrics", raising=False)
    monkeypatch.setattr(layout.metadata, "version", lambda name: version)
    assert layout.writes_timestamps() is timestamps


def test_without_prometheus_client_entries_carry_a_timestamp(monkeypatch):
    def absent(name):
        raise layout.metadata.PackageNotFoundError(name)

    monkeypatch.delitem(sys.modules, "prometheus_client.metrics", raising=False)
    monkeypatch.setattr(layout.metadata, "version", absent)
    assert layout.writes_timestamps() is True


def test_the_installed_prometheus_client_reads_what_the_engine_writes(run_python):
    done = run_python("""
from gunicorn_prometheus_exporter.metrics import WorkerRequests
WorkerRequests().inc(3, worker_id="worker_1")
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(registry.get_sample_value("gunicorn_worker_requests_total", {"worker_id": "worker_1"}))
""")
    assert done.stdout == "3.0\n", done.stderr
