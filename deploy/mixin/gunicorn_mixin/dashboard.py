"""A Grafana dashboard: rows of panels on a grid, the variables of their queries, and links."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gunicorn_mixin import expressions as e
from gunicorn_mixin.defaults import RUNBOOKS
from gunicorn_mixin.panels import DATASOURCE, Panel

#: The schema of Grafana 13.
SCHEMA_VERSION = 42

GRID_WIDTH = 24

TAG = "gunicorn"

#: What every query is limited to. Without a label ``cluster`` or ``namespace``, the value of its variable matches everything.
CHOSEN = 'cluster=~"$cluster", namespace=~"$namespace", job=~"$job", instance=~"$instance"'

#: What queries by worker are limited to.
CHOSEN_WORKERS = f'{CHOSEN}, worker_id=~"$worker_id"'

#: The label of the route, ``endpoint``. Prometheus renames it to ``exported_endpoint`` if the target has a label of that name.
ROUTE = "$route_label"

#: What shows a route in the legend of a panel.
ROUTE_LEGEND = "{{$route_label}}"

#: The window that Grafana finds fit for the resolution of the graph.
WINDOW = "$__rate_interval"

#: The whole time that is shown.
RANGE = "$__range"


class Row(NamedTuple):
    """A titled row of panels. A collapsed row sends no queries until a reader opens it."""

    title: str
    panels: Sequence[Panel]
    is_collapsed: bool = False


def variable(name: str, title: str, metric: str, *matchers: str, several: bool = True, label: str = "") -> dict[str, Any]:
    """Returns a variable whose values are those of the label of its name, or of ``label``; ``several`` may be chosen, at first all."""
    query = f"label_values({e.select(metric, *matchers)}, {label or name})"
    return {
        "type": "query", "name": name, "label": title, "datasource": DATASOURCE,
        "query": {"query": query, "refId": f"variable-{name}"}, "refresh": 2, "sort": 7, "hide": 0,
        "includeAll": several, "multi": several,
        **({"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}} if several else {}),
    }


def worker_variable() -> dict[str, Any]:
    """Returns the variable that limits queries to some workers."""
    return variable("worker_id", "Worker", "gunicorn_worker_uptime_seconds", CHOSEN)


def route_label_variable() -> dict[str, Any]:
    """Returns the hidden variable that holds the name of the label of the route."""
    return {
        "type": "query", "name": "route_label", "label": "Route label", "datasource": DATASOURCE,
        "query": {"query": f"label_names({e.select('gunicorn_http_requests_total', CHOSEN)})", "refId": "variable-route_label"},
        # In descending order, exported_endpoint is the first value if it exists.
        "regex": "/^(?:exported_)?endpoint$/", "refresh": 2, "sort": 2, "hide": 2, "includeAll": False, "multi": False,
    }


def dashboard(
    name: str, title: str, description: str, rows: Sequence[Row], variables: Sequence[dict[str, Any]] = (), several: bool = True,
) -> dict[str, Any]:
    """Returns a dashboard; ``several`` says whether it shows more than one instance, ``variables`` come after those of all."""
    return {
        "uid": f"gunicorn-{name}",
        "title": f"Gunicorn / {title}",
        "description": description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards", "title": "Gunicorn", "tags": [TAG], "asDropdown": True, "includeVars": True,
                "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": "",
            },
            _link("Runbooks", RUNBOOKS, "doc", "What to do when an alert fires"),
            *([] if several else [_link("Status page", "http://${instance}/", "dashboard", "The exporter's own page")]),
        ],
        "annotations": {"list": [_deaths()]},
        "templating": {
            "list": [
                {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "refresh": 1, "hide": 0},
                *_targets(several),
                *variables,
            ],
        },
        "panels": list(_placed(rows)),
    }


def _targets(several: bool) -> Iterator[dict[str, Any]]:
    """Yields the variables that select the servers, each limited by those before it."""
    matchers: list[str] = []
    for name in ("cluster", "namespace", "job", "instance"):
        yield variable(name, name.capitalize(), "gunicorn_exporter_build_info", *matchers, several=several or name != "instance")
        matchers.append(f'{name}=~"${name}"')


def _link(title: str, url: str, icon: str, tooltip: str) -> dict[str, Any]:
    return {
        "type": "link", "title": title, "url": url, "icon": icon, "tooltip": tooltip, "tags": [], "asDropdown": False,
        "includeVars": False, "keepTime": False, "targetBlank": True,
    }


def _deaths() -> dict[str, Any]:
    ended = e.gained("gunicorn_worker_exits_total", "instance, reason", WINDOW, CHOSEN, e.DEATHS)
    return {
        "name": "Worker deaths", "datasource": DATASOURCE, "enable": True, "hide": False, "iconColor": "red",
        "target": {"refId": "Anno", "expr": f"{ended} > 0"}, "titleFormat": "{{instance}}", "textFormat": "{{reason}}",
        "tagKeys": "reason", "useValueForTime": False,
    }


def _placed(rows: Sequence[Row]) -> Iterator[Panel]:
    ids = iter(range(1, 1000))
    y = 0
    for row in rows:
        hidden: list[Panel] = []
        yield {
            "type": "row", "id": next(ids), "title": row.title, "collapsed": row.is_collapsed, "panels": hidden,
            "gridPos": {"x": 0, "y": y, "w": GRID_WIDTH, "h": 1},
        }
        y += 1
        x = height = 0
        for panel in row.panels:
            size = panel["gridPos"]
            if x + size["w"] > GRID_WIDTH:
                x, y, height = 0, y + height, 0
            placed = {**panel, "id": next(ids), "gridPos": {"x": x, "y": y, **size}}
            if row.is_collapsed:
                hidden.append(placed)
            else:
                yield placed
            x, height = x + size["w"], max(height, size["h"])
        y += height
