"""Prometheus' operator: the dashboards by route have data through the PodMonitor and the ServiceMonitors of deploy/."""

import contextlib
import shutil
from typing import Any

import pytest

import mixin
from chart import can_render, objects, rendered
from live_gunicorn import wait_for
from live_prometheus import LivePrometheus
from operator_scrape import scrape_of

MANIFESTS = mixin.REPOSITORY / "deploy" / "kubernetes"

#: A path whose requests fail, so that the queries by error have a value too.
ROUTE = "/crash"


def monitors(name: str) -> list[dict[str, Any]]:
    """Returns the monitors of a manifest, or of the chart with every object switched on."""
    text = rendered("everything.yaml") if name == "chart" else (MANIFESTS / name).read_text()
    return objects(text, "PodMonitor", "ServiceMonitor")


@pytest.mark.parametrize("name", ["sidecar.yaml", "hub.yaml", "chart"])
def test_queries_by_route_have_data_through_the_operators_relabelling(name, start_gunicorn, tmp_path):
    program = shutil.which("prometheus")
    if program is None or not can_render():
        pytest.skip("there is no prometheus or no go: THE OPERATOR'S RELABELLING IS NOT TESTED")
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS": "0.000001"})
    server.wait_until_served()
    scrapes = [scrape_of(monitor, server.metrics_port) for monitor in monitors(name)]
    assert scrapes
    prometheus = LivePrometheus(tmp_path / "prometheus", scrapes, [], program)
    try:
        prometheus.wait_until_scraping()
        jobs = {target["labels"]["job"] for target in prometheus.get("targets")["activeTargets"]}
        assert len(jobs) == len(scrapes)
        queries = [query for query in mixin.queries(mixin.DASHBOARDS["gunicorn-routes"]) if "$endpoint" in query]
        assert len(queries) > 10
        asked = [mixin.filled_in(query, {"$job": job, "$endpoint": ROUTE}) for job in jobs for query in queries]
        unanswered = list(asked)

        def are_answered() -> bool:
            # Rates need requests between two scrapes.
            server.get(ROUTE)
            unanswered[:] = [query for query in unanswered if not prometheus.values(query)]
            return not unanswered

        with contextlib.suppress(AssertionError):
            wait_for(are_answered, "the answers")
        assert not unanswered, "\n".join(unanswered)
        assert prometheus.values("gunicorn_worker_failed_requests_total > 0")
        by_route = "group by (endpoint) (gunicorn_http_requests_total)"
        # A scrape that fails ends the present values until the next one.
        wait_for(lambda: prometheus.now(by_route), "the present routes")
        assert {row["metric"]["endpoint"] for row in prometheus.get("query", query=by_route)["result"]} == {ROUTE}
        assert [label for label in prometheus.get("labels") if label.startswith("exported_")] == []
    finally:
        prometheus.end()
        print(prometheus.log)
