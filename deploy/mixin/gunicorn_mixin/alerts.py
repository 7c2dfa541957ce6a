"""What somebody is told, and when. Every alert has a runbook under its name in ``docs/alerts.md``."""

from dataclasses import dataclass

from gunicorn_mixin import expressions as e
from gunicorn_mixin.recording_rules import SERVER

#: Somebody is woken.
CRITICAL = "critical"

#: Somebody looks in working hours.
WARNING = "warning"


@dataclass(frozen=True)
class Alert:
    """One alert. ``lasting`` is how long the expression must hold; empty means at once."""

    name: str
    severity: str
    expression: str
    summary: str
    description: str
    lasting: str = ""


def _burn(factor: float, short: str, long: str) -> str:
    limit = f"{factor * e.ERROR_BUDGET:.4g}"
    return " and ".join(f"job:gunicorn_request_errors:ratio_rate{window} > {limit}" for window in (short, long))


def alerts(job: str) -> tuple[Alert, ...]:
    """Returns the alerts; ``job`` is what Prometheus calls the scrape of the exporters."""
    return (
        Alert(
            "GunicornExporterAbsent", CRITICAL, f'absent({{__name__=~"up|gunicorn_up", job="{job}"}})',
            "Prometheus knows no exporter.",
            f'There is no target with job="{job}", nor is one written from remote: nothing of Gunicorn is watched.',
            lasting="10m"),
        Alert(
            "GunicornExporterDown", CRITICAL, f'up{{job="{job}"}} == 0',
            "The exporter on {{ $labels.instance }} does not answer.",
            "Scrapes of {{ $labels.instance }} have failed for 3 minutes: nothing of this server is watched, and an exporter that "
            "Gunicorn started ends with it.",
            lasting="3m"),
        Alert(
            "GunicornDown", CRITICAL, f"max by ({SERVER}) (gunicorn_up) == 0",
            "No Gunicorn master runs on {{ $labels.instance }}.",
            "The exporter on {{ $labels.instance }} answers, but the store has had no living master for 1 minute.",
            lasting="1m"),
        Alert(
            "GunicornWorkersMissing", WARNING,
            " - ignoring (state) ".join(e.select("gunicorn_workers", f'state="{state}"') for state in ("configured", "live")) + " > 0",
            "Workers are missing on {{ $labels.instance }}.",
            "Workers that the master on {{ $labels.instance }} is told to keep and has not had for 5 minutes: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornErrorBudgetBurnFast", CRITICAL, f'({_burn(14.4, "5m", "1h")}) or ({_burn(6, "30m", "6h")})',
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests.",
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests: the error budget of 30 days is gone in "
            "five days or less."),
        Alert(
            "GunicornErrorBudgetBurnSlow", WARNING, f'({_burn(3, "2h", "1d")}) or ({_burn(1, "6h", "3d")})',
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests.",
            "{{ $labels.job }} fails {{ $value | humanizePercentage }} of its requests, for so long that the error budget of "
            "30 days will not last.",
            lasting="15m"),
        Alert(
            "GunicornLatencyHigh", WARNING, "instance:gunicorn_request_duration_seconds:p95_rate5m > 1",
            "Requests on {{ $labels.instance }} are slow.",
            "One request in 20 on {{ $labels.instance }} has taken longer than {{ $value | humanizeDuration }} for 10 minutes.",
            lasting="10m"),
        Alert(
            "GunicornUtilisationHigh", WARNING, "instance:gunicorn_utilisation:ratio_rate5m > 0.85",
            "The workers on {{ $labels.instance }} are {{ $value | humanizePercentage }} busy.",
            "{{ $labels.instance }} has had {{ $value | humanizePercentage }} of its capacity in use for 10 minutes: at 100% "
            "every further request waits.",
            lasting="10m"),
        Alert(
            "GunicornBacklogNearLimit", CRITICAL, f"{e.backlog_ratio('job, instance, listener')} > 0.8",
            "The accept queue of {{ $labels.listener }} on {{ $labels.instance }} is nearly full.",
            "The accept queue of {{ $labels.listener }} on {{ $labels.instance }} has been {{ $value | humanizePercentage }} "
            "full for 1 minute: beyond 100% clients do not get a connection.",
            lasting="1m"),
        Alert(
            "GunicornRequestStuck", WARNING,
            f"max by ({SERVER}, worker_id) (max_over_time(gunicorn_worker_oldest_request_seconds[5m])) > 20",
            "A request on {{ $labels.instance }} does not end.",
            "A request of {{ $labels.worker_id }} on {{ $labels.instance }} was {{ $value | humanizeDuration }} old in the last "
            "5 minutes; Gunicorn's default timeout is 30s."),
        Alert(
            "GunicornRequestsLost", WARNING,
            f"{e.gained('gunicorn_worker_requests_lost_total', f'{SERVER}, reason', '10m')} > 0",
            "Requests on {{ $labels.instance }} were lost with their worker: {{ $labels.reason }}.",
            "Requests on {{ $labels.instance }} that were in hand when their worker died of {{ $labels.reason }}, in the last "
            "10 minutes: about {{ $value | humanize }}. The exporter's log names each."),
        Alert(
            "GunicornWorkerTimeout", WARNING,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '10m', 'reason="timeout"')} > 0""",
            "The master on {{ $labels.instance }} aborted a worker that was silent.",
            "Workers on {{ $labels.instance }} that were silent for longer than Gunicorn's timeout, in the last 10 minutes: "
            "about {{ $value | humanize }}."),
        Alert(
            "GunicornWorkerOutOfMemory", WARNING,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '10m', 'reason="oom"')} > 0""",
            "The kernel killed a worker on {{ $labels.instance }} for lack of memory.",
            "Workers on {{ $labels.instance }} that were killed for lack of memory, in the last 10 minutes: "
            "about {{ $value | humanize }}."),
        Alert(
            "GunicornWorkersCrashing", CRITICAL,
            f"""{e.gained('gunicorn_worker_exits_total', SERVER, '15m', 'reason=~"oom|signal|exit_code|boot_error"')} > 3""",
            "Workers on {{ $labels.instance }} die again and again.",
            "Workers on {{ $labels.instance }} that crashed or did not start, in the last 15 minutes: about {{ $value | humanize }}."),
        Alert(
            "GunicornWorkerMemoryGrowing", WARNING,
            "gunicorn_worker_proportional_memory_bytes / (gunicorn_worker_proportional_memory_bytes offset 6h) > 1.5"
            " and gunicorn_worker_uptime_seconds > 25200",
            "{{ $labels.worker_id }} on {{ $labels.instance }} grows.",
            "{{ $labels.worker_id }} on {{ $labels.instance }} takes {{ $value | humanize }} times the memory of 6 hours ago, and "
            "is the same process.",
            lasting="30m"),
        Alert(
            "GunicornExporterSlow", WARNING, "gunicorn_exporter_scrape_duration_seconds > 5",
            "Scrapes of {{ $labels.instance }} are slow.",
            "Reading the store on {{ $labels.instance }} takes {{ $value | humanizeDuration }}; Prometheus gives up after 10s by "
            "default.",
            lasting="5m"),
        Alert(
            "GunicornCorruptFiles", WARNING, "increase(gunicorn_exporter_corrupt_files_total[1h]) > 0",
            "A file of the store on {{ $labels.instance }} is damaged.",
            "Files of the store on {{ $labels.instance }} that cannot be read and are left out, in the last hour: about "
            "{{ $value | humanize }}. What they counted is missing."),
        Alert(
            "GunicornSeriesDropped", WARNING, "gunicorn_exporter_series_dropped > 0",
            "{{ $labels.instance }} serves fewer series than it has.",
            "Series on {{ $labels.instance }} that are left out, for there are more than GUNICORN_EXPORTER_MAX_SERIES: {{ $value }}.",
            lasting="5m"),
        Alert(
            "GunicornLabelOverflow", WARNING, "increase(gunicorn_exporter_label_overflow_total[1h]) > 0",
            "The label {{ $labels.label }} on {{ $labels.instance }} has more values than it may.",
            "Recordings on {{ $labels.instance }} under {{ $labels.label }}=\"__other__\", in the last hour: about "
            "{{ $value | humanize }}. The label has GUNICORN_EXPORTER_MAX_LABEL_VALUES values already."),
        Alert(
            "GunicornRecordingsDropped", WARNING, "increase(gunicorn_exporter_dropped_total[1h]) > 0",
            "Recordings on {{ $labels.instance }} are lost.",
            "Recordings on {{ $labels.instance }} that were dropped, in the last hour: about {{ $value | humanize }}. The store is "
            "full, or the exporter has a fault."),
        Alert(
            "GunicornConfigReloadFailed", WARNING, "gunicorn_exporter_config_last_reload_successful == 0",
            "{{ $labels.instance }} does not follow its configuration.",
            "The configuration of {{ $labels.instance }} was changed and cannot be used: the one before is in force, until the exporter "
            "is started anew. Its log says what is wrong.",
            lasting="5m"),
        Alert(
            "GunicornForwarderFailing", WARNING, "gunicorn_exporter_forwarder_up == 0",
            "{{ $labels.instance }} cannot forward to {{ $labels.forwarder }}.",
            "Every attempt of the exporter on {{ $labels.instance }} to forward to {{ $labels.forwarder }} has failed for 10 minutes. "
            "Its log says why.",
            lasting="10m"),
        Alert(
            "GunicornForwarderDropping", WARNING,
            f"""{e.gained("gunicorn_exporter_forwarder_snapshots_total", f"{SERVER}, forwarder", "15m", 'outcome="dropped"')} > 0""",
            "{{ $labels.instance }} gives up snapshots for {{ $labels.forwarder }}.",
            "Snapshots of {{ $labels.instance }} for {{ $labels.forwarder }} that were given up, in the last 15 minutes: about "
            "{{ $value | humanize }}. They are missing there for good."),
        Alert(
            "GunicornHubSourceDown", CRITICAL, "gunicorn_hub_source_up == 0",
            "The hub {{ $labels.instance }} cannot read what the hosts forwarded.",
            "The hub {{ $labels.instance }} has not reached Redis for 2 minutes: the hosts behind it go out of sight.",
            lasting="2m"),
        Alert(
            "GunicornHubHostsMissing", WARNING,
            "max_over_time(gunicorn_hub_hosts[1h]) - gunicorn_hub_hosts > 0 and gunicorn_hub_source_up == 1",
            "Hosts are missing at the hub {{ $labels.instance }}.",
            "Hosts that the hub {{ $labels.instance }} served in the last hour and has not served for 10 minutes: {{ $value }}.",
            lasting="10m"),
    )
