"""The dashboard of the application's routes."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, ROUTE, ROUTE_LEGEND, WINDOW, Row, dashboard, route_label_variable, variable
from gunicorn_mixin.panels import Query, heatmap, series, table

REQUESTS = "gunicorn_http_requests_total"
LATENCY = "gunicorn_http_request_duration_seconds"

BY = f"method, {ROUTE}"
LEGEND = f"{{{{method}}}} {ROUTE_LEGEND}"

#: The routes that are looked at, of the servers that are.
ROUTES = f'{CHOSEN}, method=~"$method", {ROUTE}=~"$endpoint"'


def routes() -> dict[str, Any]:
    """Returns the dashboard."""
    requests = e.rate(REQUESTS, BY, WINDOW, ROUTES)
    failed = e.rate(REQUESTS, BY, WINDOW, ROUTES, 'status_code=~"5.."')
    rejected = e.rate(REQUESTS, BY, WINDOW, ROUTES, 'status_code=~"4.."')
    # Without a failure so far there is no series of failures: then it is 0.
    failures, rejections = (f"({part} or 0 * {requests})" for part in (failed, rejected))
    time_spent = e.rate(f"{LATENCY}_sum", BY, WINDOW, ROUTES)
    p95 = e.quantile(0.95, LATENCY, BY, WINDOW, ROUTES)
    return dashboard("routes", "Routes", "Which routes are asked for, which are slow, and which fail.", [
        Row("Routes", [
            table(
                "Routes", "One row for each route and method, now.",
                {"method": "Method", "endpoint": "Route", "exported_endpoint": "Route"},
                Query(requests, "Requests", "reqps"),
                Query(f"{failures} / {requests}", "5xx", "percentunit"),
                Query(f"{rejections} / {requests}", "4xx", "percentunit"),
                Query(e.quantile(0.5, LATENCY, BY, WINDOW, ROUTES), "p50", "s"),
                Query(p95, "p95", "s"),
                Query(e.quantile(0.99, LATENCY, BY, WINDOW, ROUTES), "p99", "s"),
                Query(time_spent, "Busy", "short"),
                sort_by="Requests"),
        ]),
        Row("Top ten", [
            series("Requests", "reqps", "The ten routes with the most requests.", Query(f"topk(10, {requests})", LEGEND)),
            series("Latency p95", "s", "The ten slowest routes: 19 in 20 requests are faster.", Query(f"topk(10, {p95})", LEGEND)),
            series("Slow requests", "reqps", "The ten routes with the most requests per second that took longer than "
                   "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS; without any there is no data.",
                   Query(f"topk(10, {e.rate('gunicorn_slow_requests_total', BY, WINDOW, ROUTES)})", LEGEND)),
            series("Failures", "reqps", "The ten routes with the most responses with 5xx per second.",
                   Query(f"topk(10, {failures})", LEGEND), width=12),
            series("Busy", "short", "The ten routes that take most of the workers' time: seconds of work per second.",
                   Query(f"topk(10, {time_spent})", LEGEND), width=12),
        ]),
        Row("The chosen routes", [
            series("Statuses", "reqps", "Requests per second, by status.",
                   Query(e.rate(REQUESTS, "status_code", WINDOW, ROUTES), "{{status_code}}"), stacked=True),
            series("Latency", "s", "Time from the parsed request to the finished response.",
                   *(Query(e.quantile(q, LATENCY, "", WINDOW, ROUTES), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99))),
            series("Exceptions", "short", "Exceptions per second that reached the worker, by route and type.",
                   Query(e.rate("gunicorn_worker_error_handling_total", f"{ROUTE}, error_type", WINDOW, ROUTES),
                         f"{ROUTE_LEGEND} {{{{error_type}}}}"), stacked=True),
            heatmap("Latency, all requests", "s", "How many requests a second took how long.",
                    e.rate(f"{LATENCY}_bucket", "le", WINDOW, ROUTES), width=16),
            series("Failed by worker", "reqps", "Responses per second with 4xx or 5xx, parse errors included, by worker.",
                   Query(e.rate("gunicorn_worker_failed_requests_total", "instance, worker_id", WINDOW, ROUTES),
                         "{{instance}} {{worker_id}}")),
        ]),
    ], [
        route_label_variable(), variable("method", "Method", REQUESTS, CHOSEN),
        variable("endpoint", "Route", REQUESTS, CHOSEN, 'method=~"$method"', label=ROUTE)])
