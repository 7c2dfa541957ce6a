"""The dashboard of the exporters themselves, what they forward, and the hubs."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Panel, Query, at_least, none_allowed, rising, series, stat, table, with_runbook

BY = "instance"
LEGEND = "{{instance}}"

HOUR = "1h"


def exporter() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard("exporter", "Exporter and forwarding", "Whether the values of the other dashboards are complete and in time.", [
        Row("Now", _now()),
        Row("Exporters", _exporters()),
        Row("Forwarding", _forwarding(), is_collapsed=True),
        Row("Hub", _hub(), is_collapsed=True),
    ])


def _each(name: str) -> str:
    return e.total(name, BY, CHOSEN)


def _now() -> list[Panel]:
    def lost_last_hour(title: str, description: str, alert: str, expression: str) -> Panel:
        return with_runbook(stat(title, "short", description, expression, none_allowed()), alert)

    def gained(name: str) -> str:
        return f"round({e.gained(name, '', HOUR, CHOSEN)})"

    return [
        with_runbook(
            stat("Scrape duration", "s", "Time that the slowest exporter takes to read and merge its store.",
                 f"max({e.select('gunicorn_exporter_scrape_duration_seconds', CHOSEN)})", rising(1, 5)), "GunicornExporterSlow"),
        with_runbook(
            stat("Configurations in force", "percentunit", "Share of the exporters whose last reload of the configuration succeeded.",
                 f"avg({e.select('gunicorn_exporter_config_last_reload_successful', CHOSEN)})", at_least(1)), "GunicornConfigReloadFailed"),
        lost_last_hour("Corrupt files", "Files of stores that the exporters could not read, in the last hour.", "GunicornCorruptFiles",
                       gained("gunicorn_exporter_corrupt_files_total")),
        lost_last_hour("Recordings dropped", "Recordings that workers dropped, in the last hour.", "GunicornRecordingsDropped",
                       gained("gunicorn_exporter_dropped_total")),
        lost_last_hour("Series dropped", "Series beyond GUNICORN_EXPORTER_MAX_SERIES.", "GunicornSeriesDropped",
                       e.total("gunicorn_exporter_series_dropped", "", CHOSEN)),
        lost_last_hour("Label overflow", "Recordings under __other__, in the last hour.", "GunicornLabelOverflow",
                       gained("gunicorn_exporter_label_overflow_total")),
    ]


def _exporters() -> list[Panel]:
    return [
        with_runbook(
            series("Scrape duration", "s", "Time that reading and merging the store takes. Prometheus gives up after 10s by default.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_exporter_scrape_duration_seconds', CHOSEN)})", LEGEND),
                   thresholds=rising(1, 5)), "GunicornExporterSlow"),
        series("What is missing", "short", "All of these should be 0: series beyond GUNICORN_EXPORTER_MAX_SERIES, and in the last "
               "hour damaged files, recordings that were dropped, recordings under __other__, and headers that hold no time or size.",
               Query(_each("gunicorn_exporter_series_dropped"), f"dropped series, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_corrupt_files_total", BY, HOUR, CHOSEN), f"corrupt files, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_dropped_total", BY, HOUR, CHOSEN), f"recordings dropped, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_label_overflow_total", f"{BY}, label", HOUR, CHOSEN), f"{{{{label}}}} overflow, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_invalid_queue_headers_total", BY, HOUR, CHOSEN), f"queue headers ignored, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_invalid_content_lengths_total", BY, HOUR, CHOSEN), f"lengths ignored, {LEGEND}")),
        with_runbook(
            series("Background failures", "short", "Failures of background work in the last hour: accounting for dead workers, compaction, "
                   "control of forwarders.",
                   Query(e.gained("gunicorn_exporter_background_failures_total", f"{BY}, work", HOUR, CHOSEN), f"{{{{work}}}}, {LEGEND}")),
            "GunicornExporterFailing"),
        series("Store", "bytes", "Bytes in use in the files that are read.",
               Query(_each("gunicorn_exporter_store_bytes"), LEGEND)),
        series("Store files", "short", "Files that are read, and in the last hour how often files of dead processes were compacted "
               "into archives.",
               Query(_each("gunicorn_exporter_store_files"), f"files, {LEGEND}"),
               Query(e.gained("gunicorn_exporter_compactions_total", BY, HOUR, CHOSEN), f"compactions, {LEGEND}")),
        series("Exporter memory", "bytes", "Resident set of the exporter.", Query(_each("process_resident_memory_bytes"), LEGEND)),
        series("Exporter CPU", "percentunit", "Processor time of the exporter, as a share of one core.",
               Query(e.rate("process_cpu_seconds_total", BY, WINDOW, CHOSEN), LEGEND)),
        table("Versions", "The version of each exporter.",
              {"instance": "Instance", "version": "Version", "revision": "Revision", "runtime": "Runtime"},
              Query(f"max by (instance, version, revision, runtime) ({e.select('gunicorn_exporter_build_info', CHOSEN)})", "Exporters"),
              width=16),
    ]


def _forwarding() -> list[Panel]:
    def sent(name: str) -> str:
        return e.select(f"gunicorn_exporter_forwarder_{name}", CHOSEN)

    return [
        with_runbook(
            series("Forwarders up", "short", "1 while a forwarder runs and its last attempt did not fail; without forwarding there is no "
                   "data.",
                   Query(f"min by ({BY}, forwarder) ({sent('up')})", f"{{{{forwarder}}}}, {LEGEND}"), width=6), "GunicornForwarderFailing"),
        series("Forwarding lag", "s", "Age of the oldest snapshot that has not arrived at its destination.",
               Query(f"max by ({BY}, forwarder) ({sent('lag_seconds')})", f"{{{{forwarder}}}}, {LEGEND}"), width=6),
        with_runbook(
            series("Snapshots forwarded", "short", "Snapshots that arrived (sent), attempts that failed, and snapshots that were given up "
                   "(dropped).",
                   Query(e.gained("gunicorn_exporter_forwarder_snapshots_total", "forwarder, outcome", WINDOW, CHOSEN),
                         "{{forwarder}}, {{outcome}}"), stacked=True, bars=True, width=6), "GunicornForwarderDropping"),
        series("Bytes forwarded", "Bps", "Bytes per second that the exporter sends to its destinations.",
               Query(e.rate("gunicorn_exporter_forwarder_sent_bytes_total", f"{BY}, forwarder", WINDOW, CHOSEN),
                     f"{{{{forwarder}}}}, {LEGEND}"), width=6),
    ]


def _hub() -> list[Panel]:
    # A hub is an instance of its own, which nobody selects.
    hubs = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job"'
    return [
        with_runbook(
            series("Hubs that read Redis", "short", "1 while the hub can read the snapshots of the hosts; without a hub no data.",
                   Query(f"min by ({BY}) ({e.select('gunicorn_hub_source_up', hubs)})", LEGEND), width=6), "GunicornHubSourceDown"),
        with_runbook(
            series("Hosts", "short", "Hosts that the hub serves, entries in Redis that it cannot read, and in the last hour how often it "
                   "could not read Redis.",
                   Query(e.total("gunicorn_hub_hosts", BY, hubs), f"hosts, {LEGEND}"),
                   Query(e.total("gunicorn_hub_skipped_entries", f"{BY}, reason", hubs), f"{{{{reason}}}} entries, {LEGEND}"),
                   Query(e.gained("gunicorn_hub_source_errors_total", BY, HOUR, hubs), f"errors, {LEGEND}"), width=6),
            "GunicornHubHostsMissing"),
        series("Age of snapshots", "s", "Time since each host left its newest snapshot.",
               Query(f"max by ({BY}) ({e.select('gunicorn_hub_host_age_seconds', hubs)})", LEGEND), width=6),
        series("Hub read duration", "s", "Time that reading the hosts' snapshots takes.",
               Query(f"max by ({BY}) ({e.select('gunicorn_hub_read_duration_seconds', hubs)})", LEGEND), width=6),
    ]
