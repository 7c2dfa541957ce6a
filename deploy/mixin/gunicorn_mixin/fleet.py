"""The dashboard of all servers."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, RANGE, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Query, rising, series, table, with_runbook
from gunicorn_mixin.shared_panels import LATENCY, exits, firing, lost, now, oldest_request, utilisation

BY = "instance"
LEGEND = "{{instance}}"

#: What tells servers of many clusters apart.
SERVER = "cluster, namespace, instance"

#: Opens the dashboard of one server and keeps the selection; the exporter's own page, where the instance is its address.
TO_INSTANCE = {
    "Dashboard": "/d/gunicorn-instance?var-datasource=${datasource}&var-instance=${__value.raw}&${cluster:queryparam}"
                 "&${namespace:queryparam}&${job:queryparam}&${__url_time_range}",
    "Status page": "http://${__value.raw}/",
}


def fleet() -> dict[str, Any]:
    """Returns the dashboard."""
    workers = "gunicorn_workers"
    return dashboard("fleet", "Fleet", "Every Gunicorn at a glance: which server needs a look.", [
        Row("Now", now()),
        firing(),
        Row("Servers", [
            table(
                "Servers", "One row for each server, now. A click on an instance opens its dashboard.",
                {"cluster": "Cluster", "namespace": "Namespace", "instance": "Instance"},
                Query(f"max by ({SERVER}) ({e.select('gunicorn_up', CHOSEN)})", "Up"),
                Query(e.requests(SERVER, WINDOW, CHOSEN), "Requests", "reqps"),
                Query(e.error_ratio(SERVER, WINDOW, CHOSEN), "Errors", "percentunit"),
                Query(e.quantile(0.95, LATENCY, SERVER, WINDOW, CHOSEN), "Latency p95", "s"),
                Query(e.utilisation(SERVER, WINDOW, CHOSEN), "Utilisation", "percentunit"),
                Query(e.backlog_ratio(SERVER, CHOSEN), "Backlog", "percentunit"),
                Query(e.total(workers, SERVER, CHOSEN, 'state="live"'), "Workers"),
                Query(e.total(workers, SERVER, CHOSEN, 'state="configured"'), "Workers wanted"),
                Query(f'round({e.gained("gunicorn_worker_exits_total", SERVER, RANGE, CHOSEN, e.DEATHS)})', "Deaths"),
                Query(f'round({e.gained("gunicorn_worker_requests_lost_total", SERVER, RANGE, CHOSEN)})', "Lost"),
                sort_by="Requests", links={"Instance": TO_INSTANCE}),
        ]),
        Row("Traffic", [
            series("Requests", "reqps", "Requests per second, by server.", Query(e.requests(BY, WINDOW, CHOSEN), LEGEND), stacked=True),
            series("Errors", "percentunit", "Share of requests that were answered with 5xx or lost with their worker.",
                   Query(e.error_ratio(BY, WINDOW, CHOSEN), LEGEND), thresholds=rising(e.ERROR_BUDGET, 14.4 * e.ERROR_BUDGET)),
            series("Latency p95", "s", "19 in 20 requests are faster.",
                   Query(e.quantile(0.95, LATENCY, BY, WINDOW, CHOSEN), LEGEND), thresholds=rising(0.5, 1)),
        ]),
        Row("Saturation", [
            utilisation(BY, LEGEND),
            with_runbook(
                series("Accept queue", "percentunit", "How full the fullest accept queue of a server is. Beyond 100% clients do not get "
                       "a connection.",
                       Query(e.backlog_ratio(BY, CHOSEN), LEGEND), limit=1, thresholds=rising(0.5, 0.8)), "GunicornBacklogNearLimit"),
            oldest_request(BY, LEGEND),
        ]),
        Row("Workers", [
            exits(),
            lost(),
            series("Restarts", "short", "Workers started to replace one that exited.",
                   Query(e.gained("gunicorn_master_worker_restarts_total", BY, WINDOW, CHOSEN), LEGEND), stacked=True, bars=True),
            series("Memory", "bytes", "Proportional set size of the workers of a server: shared memory counts once.",
                   Query(e.total("gunicorn_worker_proportional_memory_bytes", BY, CHOSEN), LEGEND), width=12),
            series("CPU", "short", "Cores that the workers of a server use.",
                   Query(e.rate("gunicorn_worker_cpu_seconds_total", BY, WINDOW, CHOSEN), LEGEND), width=12),
        ]),
    ])
