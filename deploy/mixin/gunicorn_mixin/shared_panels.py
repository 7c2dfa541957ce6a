"""Panels that more than one dashboard has."""

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, RANGE, WINDOW
from gunicorn_mixin.panels import Panel, Query, at_least, none_allowed, rising, series, stat

LATENCY = "gunicorn_worker_request_duration_seconds"


def now() -> list[Panel]:
    """Returns the values that show at a glance whether all is well."""
    return [
        stat("Saturation", "percentunit", "The most used resource of the fullest server in the last minute: threads, event loops, "
             "connections or accept queues. At 100% further requests wait.",
             f"max({e.select('gunicorn_saturation_ratio', CHOSEN)})", rising(0.7, 0.85)),
        stat("Servers up", "short", "Gunicorn masters that run, as reported by their exporters.",
             e.total("gunicorn_up", "", CHOSEN), at_least(1)),
        stat("Requests", "reqps", "Requests per second, those lost with their worker included.", e.requests("", WINDOW, CHOSEN)),
        stat("Errors", "percentunit", "Share of requests that were answered with 5xx or lost with their worker.",
             e.error_ratio("", WINDOW, CHOSEN), rising(e.ERROR_BUDGET, 14.4 * e.ERROR_BUDGET)),
        stat("Latency p95", "s", "19 in 20 requests are faster.", e.quantile(0.95, LATENCY, "", WINDOW, CHOSEN), rising(0.5, 1)),
        stat("Requests lost", "short", "Requests that were in flight when their worker died, in the selected time range.",
             f"round({e.gained('gunicorn_worker_requests_lost_total', '', RANGE, CHOSEN)})", none_allowed()),
    ]


def exits(width: int = 8) -> Panel:
    """Returns the panel of worker exits."""
    return series(
        "Worker exits", "short", "Worker processes that exited, by reason: docs/worker-exits.md lists the reasons.",
        Query(e.gained("gunicorn_worker_exits_total", "reason", WINDOW, CHOSEN), "{{reason}}"), stacked=True, bars=True, width=width)


def lost(width: int = 8) -> Panel:
    """Returns the requests that died with their worker."""
    return series(
        "Requests lost", "short", "Requests that were in flight when their worker died, by cause of death. The exporter's log has "
        "a line for each: docs/flight-recorder.md.",
        Query(e.gained("gunicorn_worker_requests_lost_total", "reason", WINDOW, CHOSEN), "{{reason}}"),
        stacked=True, bars=True, width=width)


def exporter(by: str, legend: str) -> list[Panel]:
    """Returns the health of the exporters themselves."""
    hour = "1h"

    def each(name: str) -> str:
        return e.total(name, by, CHOSEN)

    return [
        series("Scrape duration", "s", "Time that reading and merging the store takes. Prometheus gives up after 10s by default.",
               Query(f"max by ({by}) ({e.select('gunicorn_exporter_scrape_duration_seconds', CHOSEN)})", legend),
               thresholds=rising(1, 5)),
        series("What is missing", "short", "All of these should be 0: series beyond GUNICORN_EXPORTER_MAX_SERIES, and in the last "
               "hour damaged files, recordings that were dropped, and recordings under __other__.",
               Query(each("gunicorn_exporter_series_dropped"), f"dropped series, {legend}"),
               Query(e.gained("gunicorn_exporter_corrupt_files_total", by, hour, CHOSEN), f"corrupt files, {legend}"),
               Query(e.gained("gunicorn_exporter_dropped_total", by, hour, CHOSEN), f"recordings dropped, {legend}"),
               Query(e.gained("gunicorn_exporter_label_overflow_total", f"{by}, label", hour, CHOSEN), f"{{{{label}}}} overflow, {legend}"),
               Query(e.gained("gunicorn_exporter_invalid_queue_headers_total", by, hour, CHOSEN), f"queue headers ignored, {legend}")),
        series("Store", "bytes", "Bytes in use in the files that are read.",
               Query(each("gunicorn_exporter_store_bytes"), legend)),
        series("Store files", "short", "Files that are read, and in the last hour how often files of dead processes were compacted "
               "into archives.",
               Query(each("gunicorn_exporter_store_files"), f"files, {legend}"),
               Query(e.gained("gunicorn_exporter_compactions_total", by, hour, CHOSEN), f"compactions, {legend}")),
        series("Forwarding lag", "s", "Age of the oldest snapshot that has not arrived at its destination; without forwarding "
               "there is no data.",
               Query(f"max by ({by}, forwarder) ({e.select('gunicorn_exporter_forwarder_lag_seconds', CHOSEN)})",
                     f"{{{{forwarder}}}}, {legend}")),
        series("Snapshots forwarded", "short", "Snapshots that arrived (sent), attempts that failed, and snapshots that were given up "
               "(dropped); without forwarding there is no data.",
               Query(e.gained("gunicorn_exporter_forwarder_snapshots_total", "forwarder, outcome", WINDOW, CHOSEN),
                     "{{forwarder}}, {{outcome}}"), stacked=True, bars=True),
        series("Bytes forwarded", "Bps", "Bytes per second that the exporter sends to its destinations.",
               Query(e.rate("gunicorn_exporter_forwarder_sent_bytes_total", f"{by}, forwarder", WINDOW, CHOSEN),
                     f"{{{{forwarder}}}}, {legend}")),
        series("Exporter memory", "bytes", "Resident set of the exporter.", Query(each("process_resident_memory_bytes"), legend)),
        series("Exporter CPU", "percentunit", "Processor time of the exporter, as a share of one core.",
               Query(e.rate("process_cpu_seconds_total", by, WINDOW, CHOSEN), legend)),
    ]
