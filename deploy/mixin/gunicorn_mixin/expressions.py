"""The PromQL that dashboards and rules share, so that each value has one definition."""

#: Of requests, how many may fail.
ERROR_BUDGET = 0.001

#: Requests a second, below which a share of them says nothing: one in ten seconds.
TRAFFIC_FLOOR = 0.1

#: The exit reasons that are not a death: a new reason counts as one.
_ORDERLY = "graceful|max_requests|reload|unknown"

#: Exits of workers that died: crashes and timeouts.
DEATHS = f'reason!~"{_ORDERLY}"'

#: Exits of workers that crashed or failed to start.
CRASHES = f'reason!~"{_ORDERLY}|timeout"'


def select(name: str, *matchers: str) -> str:
    """Returns a selector of the series with this name and these matchers, of which some may be empty."""
    given = ", ".join(filter(None, matchers))
    return f"{name}{{{given}}}" if given else name


def summed(by: str, vector: str) -> str:
    """Returns a sum by labels, of which there may be none."""
    return f"sum by ({by}) ({vector})" if by else f"sum({vector})"


def total(name: str, by: str, *matchers: str) -> str:
    """Returns the sum of a gauge, by labels."""
    return summed(by, select(name, *matchers))


def rate(name: str, by: str, window: str, *matchers: str) -> str:
    """Returns what a counter gains a second, by labels."""
    return summed(by, f"rate({select(name, *matchers)}[{window}])")


def gained(name: str, by: str, window: str, *matchers: str) -> str:
    """Returns what a counter gained in a window, by labels."""
    return summed(by, f"increase({select(name, *matchers)}[{window}])")


def requests(by: str, window: str, *matchers: str) -> str:
    """Returns requests a second, those that were lost with their worker included."""
    return (
        f'{rate("gunicorn_worker_requests_total", by, window, *matchers)}'
        f' + {rate("gunicorn_worker_requests_lost_total", by, window, *matchers)}'
    )


def errors(by: str, window: str, *matchers: str) -> str:
    """Returns failures a second: responses with 5xx, and requests that were lost with their worker."""
    failed = rate("gunicorn_http_requests_total", by, window, *matchers, 'status_code=~"5.."')
    lost = rate("gunicorn_worker_requests_lost_total", by, window, *matchers)
    # Without a failure so far there are no series of failures: then it is the lost alone.
    return f"({failed} + {lost} or {lost})"


def error_ratio(by: str, window: str, *matchers: str) -> str:
    """Returns the share of requests that failed."""
    return f"{errors(by, window, *matchers)} / ({requests(by, window, *matchers)})"


def quantile(q: float, histogram: str, by: str, window: str, *matchers: str) -> str:
    """Returns a quantile of a histogram, by labels, of which there may be none."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({q}, {rate(f'{histogram}_bucket', labels, window, *matchers)})"


def utilisation(by: str, window: str, *matchers: str) -> str:
    """Returns the busy share of the workers: of the event loop of those that have one, of the capacity of the others."""
    loop, busy, lag, capacity = (select(f"gunicorn_worker_{name}", *matchers) for name in (
        "loop_busy_seconds_total", "busy_seconds_total", "loop_lag_max_seconds", "capacity"))
    used = summed(by, f"rate({loop}[{window}]) or rate({busy}[{window}])")
    # Each live worker with a loop has a lag. Its capacity is one loop.
    return f'{used} / {summed(by, f"{lag} >= bool 0 or {capacity}")}'


def peak_ratio(by: str, window: str) -> str:
    """Returns the highest fill ratio of an accept queue in a window; at 1 or more it accepted no further connection."""
    return f"max by ({by}) (max_over_time(gunicorn_listener_backlog_peak[{window}]) / gunicorn_listener_backlog_limit)"


def backlog_ratio(by: str, *matchers: str) -> str:
    """Returns how full the fullest accept queue is, 1 when it takes no more."""
    backlog, limit = (select(f"gunicorn_listener_backlog{end}", *matchers) for end in ("", "_limit"))
    return f"max by ({by}) ({backlog} / {limit})"
