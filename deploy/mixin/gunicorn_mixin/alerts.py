"""The alerts. Each has a runbook of the same name in ``docs/alerts.md``."""

from dataclasses import dataclass

from gunicorn_mixin import expressions as e
from gunicorn_mixin.defaults import SELECTOR
from gunicorn_mixin.recording_rules import SERVER

#: Pages somebody at any hour.
CRITICAL = "critical"

#: Waits for working hours.
WARNING = "warning"


@dataclass(frozen=True)
class Alert:
    """One alert. ``lasting`` is how long the expression must be true before it fires; empty for no wait."""

    name: str
    severity: str
    expression: str
    summary: str
    description: str
    lasting: str = ""


def _states(name: str) -> tuple[str, str]:
    return e.select(name, 'state="configured"'), e.select(name, 'state="live"')


def _burn(factor: float, short: str, long: str) -> str:
    limit = f"{factor * e.ERROR_BUDGET:.4g}"
    burning = [f"job:gunicorn_request_errors:ratio_rate{window} > {limit}" for window in (short, long)]
    return " and ".join([*burning, f"avg_over_time(job:gunicorn_requests:rate5m[{long}]) > {e.TRAFFIC_FLOOR}"])


def alerts() -> tuple[Alert, ...]:
    """Returns the alerts."""
    configured, live = _states("gunicorn_workers")
    dirty_configured, dirty_live = _states("gunicorn_dirty_workers")
    return (
        Alert(
            "GunicornExporterAbsent", CRITICAL, f'absent({{__name__=~"up|gunicorn_up", {SELECTOR}}})',
            "Prometheus has no exporter to scrape.",
            "Prometheus neither scrapes an exporter nor receives remote writes from one: nothing monitors Gunicorn.",
            lasting="10m"),
        Alert(
            "GunicornExporterDown", CRITICAL, f"up{{{SELECTOR}}} == 0",
            "The exporter on {{ $labels.instance }} does not answer.",
            "Scrapes of {{ $labels.instance }} have failed for 3 minutes: nothing monitors this server. An exporter that Gunicorn "
            "started exits with it, so the server may be down.",
            lasting="3m"),
        Alert(
            "GunicornDown", CRITICAL, f"max by ({SERVER}) (gunicorn_up) == 0",
            "No Gunicorn master runs on {{ $labels.instance }}.",
            "The exporter on {{ $labels.instance }} answers, but the store has had no live master for 1 minute.",
            lasting="1m"),
        Alert(
            "GunicornWorkersMissing", WARNING, f"{configured} - ignoring (state) {live} > 0",
            "Workers are missing on {{ $labels.instance }}.",
            "Configured workers that have been missing on {{ $labels.instance }} for 5 minutes: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornErrorBudgetBurnFast", CRITICAL, f'({_burn(14.4, "5m", "1h")}) or ({_burn(6, "30m", "6h")})',
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests.",
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests: the error budget of 30 days lasts "
            "five days or less."),
        Alert(
            "GunicornErrorBudgetBurnSlow", WARNING, f'({_burn(3, "2h", "1d")}) or ({_burn(1, "6h", "3d")})',
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests.",
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests, for so long that the error budget of "
            "30 days will not last.",
            lasting="15m"),
        Alert(
            "GunicornLatencyHigh", WARNING, "instance:gunicorn_request_duration_seconds:p95_rate5m > 1"
            f" and instance:gunicorn_requests:rate5m > {e.TRAFFIC_FLOOR}",
            "Requests on {{ $labels.instance }} are slow.",
            "One request in 20 on {{ $labels.instance }} has taken longer than {{ $value | humanizeDuration }} for 10 minutes.",
            lasting="10m"),
        Alert(
            "GunicornSlowRequests", WARNING,
            f"{e.rate('gunicorn_slow_requests_total', SERVER, '5m')} / {e.rate('gunicorn_http_requests_total', SERVER, '5m')} > 0.05"
            f" and {e.rate('gunicorn_http_requests_total', SERVER, '5m')} > {e.TRAFFIC_FLOOR}",
            "{{ $value | humanizePercentage }} of the requests on {{ $labels.instance }} are slow.",
            "{{ $value | humanizePercentage }} of the requests on {{ $labels.instance }} have taken longer than "
            "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS for 10 minutes. The exporter's log has the line of the application at which they hang.",
            lasting="10m"),
        Alert(
            "GunicornUtilisationHigh", WARNING, "instance:gunicorn_utilisation:ratio_rate5m > 0.85",
            "The workers on {{ $labels.instance }} are {{ $value | humanizePercentage }} busy.",
            "{{ $labels.instance }} has had {{ $value | humanizePercentage }} of its capacity in use for 10 minutes: at 100% "
            "every further request waits.",
            lasting="10m"),
        Alert(
            "GunicornBacklogNearLimit", CRITICAL, f"{e.backlog_ratio(f'{SERVER}, listener')} > 0.8",
            "The accept queue of {{ $labels.listener }} on {{ $labels.instance }} is nearly full.",
            "The accept queue of {{ $labels.listener }} on {{ $labels.instance }} has been {{ $value | humanizePercentage }} "
            "full for 1 minute: beyond 100% clients cannot connect.",
            lasting="1m"),
        Alert(
            "GunicornConnectionsRefused", WARNING,
            f"{e.gained('gunicorn_host_listen_overflows_total', SERVER, '5m')} > 0"
            f" and on ({SERVER}) {e.peak_ratio(SERVER, '5m')} >= 1",
            "Clients cannot connect to {{ $labels.instance }}.",
            "In the last 5 minutes, the kernel at {{ $labels.instance }} refused {{ printf `%.0f` $value }} connections because an accept "
            "queue was full. The accept queue of Gunicorn was full in that time."),
        Alert(
            "GunicornRequestStuck", WARNING,
            f"max by ({SERVER}, worker_id) (max_over_time(gunicorn_worker_oldest_request_seconds[5m])) > 20",
            "A request on {{ $labels.instance }} does not finish.",
            "A request of {{ $labels.worker_id }} on {{ $labels.instance }} was {{ $value | humanizeDuration }} old in the last "
            "5 minutes; Gunicorn's default timeout is 30s."),
        Alert(
            "GunicornRequestsLost", WARNING,
            f"{e.gained('gunicorn_worker_requests_lost_total', f'{SERVER}, reason', '10m')} > 0",
            "Requests on {{ $labels.instance }} were lost with their worker: {{ $labels.reason }}.",
            "Requests on {{ $labels.instance }} that were in flight when their worker died of {{ $labels.reason }}, in the last "
            "10 minutes: {{ printf `%.0f` $value }}. The exporter's log has a line for each."),
        Alert(
            "GunicornWorkerTimeout", WARNING,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '10m', 'reason="timeout"')} > 0""",
            "The master on {{ $labels.instance }} aborted a worker that sent no heartbeat.",
            "Workers on {{ $labels.instance }} that sent no heartbeat for longer than Gunicorn's timeout, in the last "
            "10 minutes: {{ printf `%.0f` $value }}."),
        Alert(
            "GunicornWorkerOutOfMemory", WARNING,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '10m', 'reason="oom"')} > 0""",
            "The kernel killed a worker on {{ $labels.instance }} because memory ran out.",
            "Workers on {{ $labels.instance }} that the kernel killed because memory ran out, in the last 10 minutes: "
            "{{ printf `%.0f` $value }}."),
        Alert(
            "GunicornWorkersCrashing", CRITICAL,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '15m', e.CRASHES)} > 3""",
            "Workers on {{ $labels.instance }} crash repeatedly.",
            "Workers on {{ $labels.instance }} that crashed or failed to start, in the last 15 minutes: {{ printf `%.0f` $value }}."),
        Alert(
            "GunicornWorkerMemoryGrowing", WARNING,
            "gunicorn_worker_proportional_memory_bytes / (gunicorn_worker_proportional_memory_bytes offset 6h) > 1.5"
            " and gunicorn_worker_uptime_seconds > 25200",
            "The memory of {{ $labels.worker_id }} on {{ $labels.instance }} grows.",
            "{{ $labels.worker_id }} on {{ $labels.instance }} uses {{ $value | humanize }} times the memory of 6 hours ago, in the "
            "same process.",
            lasting="30m"),
        Alert(
            "GunicornDirtyWorkersMissing", WARNING, f"{dirty_configured} - ignoring (state) {dirty_live} > 0",
            "Dirty workers are missing on {{ $labels.instance }}.",
            "Configured dirty workers that have been missing on {{ $labels.instance }} for 5 minutes: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornDirtyWorkersOrphaned", WARNING,
            # A dead dirty arbiter configures none.
            f"{dirty_live} - ignoring (state) ({dirty_configured} or ignoring (state) {dirty_live} * 0) > 0",
            "Dirty workers on {{ $labels.instance }} have lost their dirty arbiter.",
            "Dirty workers on {{ $labels.instance }} that run without a dirty arbiter, and receive no tasks, for 5 minutes: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornExporterSlow", WARNING, "gunicorn_exporter_scrape_duration_seconds > 5",
            "Scrapes of {{ $labels.instance }} are slow.",
            "Reading the store on {{ $labels.instance }} takes {{ $value | humanizeDuration }}; Prometheus gives up after 10s by "
            "default.",
            lasting="5m"),
        Alert(
            "GunicornCorruptFiles", WARNING, "increase(gunicorn_exporter_corrupt_files_total[1h]) > 0",
            "A file of the store on {{ $labels.instance }} is damaged.",
            "Files of the store on {{ $labels.instance }} that the exporter cannot read and skips, in the last hour: "
            "{{ printf `%.0f` $value }}. Their counts are missing."),
        Alert(
            "GunicornExporterFailing", WARNING, "increase(gunicorn_exporter_background_failures_total[5m]) > 0",
            "The exporter of {{ $labels.instance }} fails at {{ $labels.work }}.",
            "Failed attempts at {{ $labels.work }} on {{ $labels.instance }}, in the last 5 minutes: {{ printf `%.0f` $value }}. "
            "/-/healthy and the exporter's log say why.",
            lasting="10m"),
        Alert(
            "GunicornSeriesDropped", WARNING, "gunicorn_exporter_series_dropped > 0",
            "{{ $labels.instance }} serves fewer series than it has.",
            "Series on {{ $labels.instance }} dropped because the store has more than GUNICORN_EXPORTER_MAX_SERIES: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornLabelOverflow", WARNING, "increase(gunicorn_exporter_label_overflow_total[1h]) > 0",
            "Recordings on {{ $labels.instance }} are under __other__: the bound on {{ $labels.label }} is reached.",
            "Recordings on {{ $labels.instance }} under __other__ for the bound on {{ $labels.label }}, in the last hour: "
            '{{ printf `%.0f` $value }}. {{ if eq $labels.label "series" }}A worker has as many series as '
            "GUNICORN_EXPORTER_MAX_WORKER_SERIES allows: reload Gunicorn, or raise it."
            '{{ else if eq $labels.label "endpoint" }}A worker answered more different paths with something else than 404 than '
            "GUNICORN_EXPORTER_MAX_LABEL_VALUES allows: name routes in GUNICORN_EXPORTER_ROUTES, answer unknown paths with 404, or "
            "raise it."
            '{{ else if eq $labels.label "host" }}Clients named more hosts than GUNICORN_EXPORTER_MAX_LABEL_VALUES allows: list '
            "your hosts in GUNICORN_EXPORTER_EXTRA_LABELS."
            '{{ else if eq $labels.label "error_type" }}The application raised more types of exceptions than '
            "GUNICORN_EXPORTER_MAX_LABEL_VALUES allows: raise it."
            "{{ else }}The label has as many values as GUNICORN_EXPORTER_MAX_LABEL_VALUES allows: raise it.{{ end }}"),
        Alert(
            "GunicornRecordingsDropped", WARNING, "increase(gunicorn_exporter_dropped_total[1h]) > 0",
            "Recordings on {{ $labels.instance }} were dropped.",
            "Recordings on {{ $labels.instance }} that were dropped, in the last hour: {{ printf `%.0f` $value }}. The store is "
            "full, or the exporter has a bug."),
        Alert(
            "GunicornConfigReloadFailed", WARNING, "gunicorn_exporter_config_last_reload_successful == 0",
            "{{ $labels.instance }} could not reload its configuration.",
            "The new configuration of {{ $labels.instance }} has errors, so the previous one stays in force. The exporter's log has "
            "the errors.",
            lasting="5m"),
        Alert(
            "GunicornForwarderFailing", WARNING, "gunicorn_exporter_forwarder_up == 0",
            "{{ $labels.instance }} cannot forward to {{ $labels.forwarder }}.",
            "Every attempt of the exporter on {{ $labels.instance }} to forward to {{ $labels.forwarder }} has failed for 10 minutes. "
            "Its log has the reason.",
            lasting="10m"),
        Alert(
            "GunicornForwarderDropping", WARNING,
            f"""{e.gained("gunicorn_exporter_forwarder_snapshots_total", f"{SERVER}, forwarder", "15m", 'outcome="dropped"')} > 0""",
            "{{ $labels.instance }} drops snapshots for {{ $labels.forwarder }}.",
            "Snapshots of {{ $labels.instance }} for {{ $labels.forwarder }} that were dropped, in the last 15 minutes: "
            "{{ printf `%.0f` $value }}. The destination never receives them."),
        Alert(
            "GunicornHubSourceDown", CRITICAL, "gunicorn_hub_source_up == 0",
            "The hub {{ $labels.instance }} cannot read the snapshots of the hosts.",
            "The hub {{ $labels.instance }} has not reached Redis for 2 minutes: it stops serving the hosts when their snapshots expire.",
            lasting="2m"),
        Alert(
            "GunicornHubHostsMissing", WARNING,
            "max_over_time(gunicorn_hub_hosts[1h]) - gunicorn_hub_hosts > 0 and gunicorn_hub_source_up == 1 "
            "unless changes(gunicorn_hub_members[1h]) > 0",
            "Hosts are missing at the hub {{ $labels.instance }}.",
            "Hosts that the hub {{ $labels.instance }} served in the last hour and has not served for 10 minutes: {{ $value }}.",
            lasting="10m"),
    )
