"""The dashboard of all servers."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, RANGE, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Panel, Query, rising, series, table
from gunicorn_mixin.shared_panels import LATENCY, exits, exporter, lost, now

BY = "instance"
LEGEND = "{{instance}}"

#: Keeps what is chosen and opens the dashboard of one server.
TO_INSTANCE = "/d/gunicorn-instance?var-datasource=${datasource}&var-instance=${__value.raw}&${job:queryparam}&${__url_time_range}"


def fleet() -> dict[str, Any]:
    """Returns the dashboard."""
    workers = "gunicorn_workers"
    return dashboard("fleet", "Every Gunicorn at a glance: which server needs a look.", [
        Row("Now", now()),
        Row("Servers", [
            table(
                "Servers", "One row for each server, now. A click on an instance opens its dashboard.", {"instance": "Instance"},
                Query(f"max by ({BY}) ({e.select('gunicorn_up', CHOSEN)})", "Up"),
                Query(e.requests(BY, WINDOW, CHOSEN), "Requests", "reqps"),
                Query(e.error_ratio(BY, WINDOW, CHOSEN), "Errors", "percentunit"),
                Query(e.quantile(0.95, LATENCY, BY, WINDOW, CHOSEN), "Latency p95", "s"),
                Query(e.utilisation(BY, WINDOW, CHOSEN), "Utilisation", "percentunit"),
                Query(e.backlog_ratio(BY, CHOSEN), "Backlog", "percentunit"),
                Query(e.total(workers, BY, CHOSEN, 'state="live"'), "Workers"),
                Query(e.total(workers, BY, CHOSEN, 'state="configured"'), "Workers wanted"),
                Query(f'round({e.gained("gunicorn_worker_exits_total", BY, RANGE, CHOSEN, e.DEATHS)})', "Deaths"),
                Query(f'round({e.gained("gunicorn_worker_requests_lost_total", BY, RANGE, CHOSEN)})', "Lost"),
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
            series("Utilisation", "percentunit", "Share of the workers' capacity that is in use. At 100% every further request waits.",
                   Query(e.utilisation(BY, WINDOW, CHOSEN), LEGEND), limit=1, thresholds=rising(0.7, 0.85)),
            series("Accept queue", "percentunit", "How full the fullest accept queue of a server is. Beyond 100% clients do not get "
                   "a connection.",
                   Query(e.backlog_ratio(BY, CHOSEN), LEGEND), limit=1, thresholds=rising(0.5, 0.8)),
            series("Oldest request", "s", "Age of the oldest request in flight; Gunicorn's default timeout is 30s.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_worker_oldest_request_seconds', CHOSEN)})", LEGEND),
                   thresholds=rising(10, 20)),
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
        Row("Exporters", exporter(BY, LEGEND)),
        Row("Hub", _hub()),
    ])


def _hub() -> list[Panel]:
    # A hub is an instance of its own, which nobody chooses.
    hubs = 'job=~"$job"'
    return [
        series("Hosts", "short", "Hosts that the hub serves, entries in Redis that it cannot read, and in the last hour how often it "
               "could not read Redis; without a hub there is no data.",
               Query(e.total("gunicorn_hub_hosts", BY, hubs), f"hosts, {LEGEND}"),
               Query(e.total("gunicorn_hub_skipped_entries", f"{BY}, reason", hubs), f"{{{{reason}}}} entries, {LEGEND}"),
               Query(e.gained("gunicorn_hub_source_errors_total", BY, "1h", hubs), f"errors, {LEGEND}")),
        series("Age of snapshots", "s", "Time since each host left its newest snapshot.",
               Query(f"max by ({BY}) ({e.select('gunicorn_hub_host_age_seconds', hubs)})", LEGEND)),
        series("Hub read duration", "s", "Time that reading the hosts' snapshots takes.",
               Query(f"max by ({BY}) ({e.select('gunicorn_hub_read_duration_seconds', hubs)})", LEGEND)),
    ]
