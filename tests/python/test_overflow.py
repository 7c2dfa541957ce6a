"""A scan of random paths is no overflow; more real paths than the limit are one, and the alert and ``check`` say what to do."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import mixin
from live_gunicorn import HOOKS, LiveGunicorn, wait_for
from live_prometheus import LivePrometheus
from test_cardinality import APP, random_paths, scan
from test_check import check

SCANNED = 1000

#: Fifty more than the limit.
REAL = 250

REMEDY = "name routes in GUNICORN_EXPORTER_ROUTES, answer unknown paths with 404, or raise"


def test_only_real_paths_beyond_the_limit_fire_the_alert(start_gunicorn: Any, environment: "dict[str, str]", tmp_path: Path) -> None:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus: THE ALERT ON OVERFLOW IS NOT TESTED")
    (tmp_path / "scanned.py").write_text(APP)
    server: LiveGunicorn = start_gunicorn("-w", "1", "-k", "gthread", "--chdir", str(tmp_path), conf=HOOKS, app="scanned:app")
    server.wait_until_served()
    scrapes = [{"job_name": "gunicorn", "static_configs": [{"targets": [f"127.0.0.1:{server.metrics_port}"]}]}]
    prometheus = LivePrometheus(tmp_path / "prometheus", scrapes, mixin.RULES, program)
    address = f"127.0.0.1:{server.metrics_port}"
    try:
        prometheus.wait_until_scraping()
        scan(server, [*random_paths(SCANNED), *random_paths(190, prefix="/any/")])
        counted(server, prometheus, SCANNED + 190)
        assert not prometheus.values('ALERTS{alertname="GunicornLabelOverflow"}')
        assert "__other__" not in check(environment, address)

        scan(server, random_paths(REAL, prefix="/any/"))
        counted(server, prometheus, SCANNED + 190 + REAL)
        found: "list[dict[str, Any]]" = []
        # A scrape that fails resolves it until the next one.
        wait_for(lambda: found.extend(alerts(prometheus)) or found, "the alert")
        assert [alert["labels"]["label"] for alert in found] == ["endpoint"]
        assert REMEDY in found[0]["annotations"]["description"]
        assert f"{190 + REAL - 200} recordings are under __other__" in check(environment, address)
        assert REMEDY in check(environment, address)
    finally:
        prometheus.end()


def counted(server: LiveGunicorn, prometheus: LivePrometheus, requests: int) -> None:
    """Returns when Prometheus has the count of requests, and has evaluated the alerts since."""
    server.metrics(requests=requests)
    wait_for(lambda: prometheus.values(f"sum(gunicorn_worker_requests_total) >= {requests}"), f"{requests} requests")
    evaluated = last_evaluation(prometheus)
    wait_for(lambda: last_evaluation(prometheus) > evaluated, "an evaluation of the alerts")


def last_evaluation(prometheus: LivePrometheus) -> str:
    """Returns the time of the last evaluation of the alert, as text that sorts."""
    rules = (rule for group in prometheus.get("rules")["groups"] for rule in group["rules"])
    return max(rule["lastEvaluation"] for rule in rules if rule["name"] == "GunicornLabelOverflow")


def alerts(prometheus: LivePrometheus) -> "list[dict[str, Any]]":
    return [alert for alert in prometheus.get("alerts")["alerts"]
            if alert["labels"]["alertname"] == "GunicornLabelOverflow" and alert["state"] == "firing"]
