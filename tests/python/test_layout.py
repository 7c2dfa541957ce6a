"""Files have the entry layout that the installed prometheus_client can read."""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import pytest

from gunicorn_prometheus_exporter import layout


@pytest.mark.parametrize(("modes", "timestamps"), [({"all", "max"}, False), ({"all", "mostrecent"}, True)])
def test_a_loaded_prometheus_client_decides_by_what_it_can(monkeypatch, modes, timestamps):
    gauge = SimpleNamespace(_MULTIPROC_MODES=frozenset(modes))
    monkeypatch.setitem(sys.modules, "prometheus_client.metrics", SimpleNamespace(Gauge=gauge))
    assert layout.writes_timestamps() is timestamps


@pytest.fixture
def unloaded(monkeypatch):
    """Removes prometheus_client from the imported modules."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "prometheus_client"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(("modes", "timestamps"), [(("all", "max"), False), (("all", "mostrecent"), True)])
@pytest.mark.usefixtures("unloaded")
def test_an_installed_prometheus_client_decides_by_its_source_and_is_not_loaded(monkeypatch, tmp_path, modes, timestamps):
    (tmp_path / "prometheus_client").mkdir()
    (tmp_path / "prometheus_client" / "__init__.py").touch()
    (tmp_path / "prometheus_client" / "metrics.py").write_text(f"_MULTIPROC_MODES = frozenset({modes})")
    monkeypatch.syspath_prepend(tmp_path)
    assert layout.writes_timestamps() is timestamps
    assert "prometheus_client" not in sys.modules


@pytest.mark.usefixtures("unloaded")
def test_without_prometheus_client_entries_carry_a_timestamp(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert layout.writes_timestamps() is True


@pytest.mark.usefixtures("unloaded")
def test_a_stand_in_for_prometheus_client_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", ModuleType("prometheus_client"))
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
