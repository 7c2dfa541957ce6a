"""The recording rules: what alerts query over long windows, and fleet dashboards over many servers."""

from dataclasses import dataclass

from gunicorn_mixin import expressions as e

#: The windows over which the error budget is watched, beside five minutes.
LONG_WINDOWS = ("30m", "1h", "2h", "6h", "1d", "3d")

#: A scrape job. Without labels ``cluster`` and ``namespace`` it is the label ``job`` alone.
JOB = "cluster, namespace, job"

SERVER = f"{JOB}, instance"


@dataclass(frozen=True)
class RecordingRule:
    """One series that is computed ahead."""

    record: str
    expression: str


def _error_ratio(window: str) -> RecordingRule:
    failed, all_ = (f"avg_over_time(job:{name}:rate5m[{window}])" for name in ("gunicorn_request_errors", "gunicorn_requests"))
    return RecordingRule(f"job:gunicorn_request_errors:ratio_rate{window}", f"{failed} / {all_}")


RECORDING_RULES = (
    RecordingRule("instance:gunicorn_requests:rate5m", e.requests(SERVER, "5m")),
    RecordingRule("instance:gunicorn_request_errors:ratio_rate5m", e.error_ratio(SERVER, "5m")),
    RecordingRule("instance:gunicorn_utilisation:ratio_rate5m", e.utilisation(SERVER, "5m")),
    RecordingRule(
        "instance:gunicorn_request_duration_seconds:p95_rate5m",
        e.quantile(0.95, "gunicorn_worker_request_duration_seconds", SERVER, "5m")),
    RecordingRule(
        "instance:gunicorn_worker_proportional_memory_bytes:sum", e.total("gunicorn_worker_proportional_memory_bytes", SERVER)),
    RecordingRule("job:gunicorn_requests:rate5m", e.requests(JOB, "5m")),
    RecordingRule("job:gunicorn_request_errors:rate5m", e.errors(JOB, "5m")),
    RecordingRule("job:gunicorn_request_errors:ratio_rate5m", "job:gunicorn_request_errors:rate5m / job:gunicorn_requests:rate5m"),
    *map(_error_ratio, LONG_WINDOWS),
)
