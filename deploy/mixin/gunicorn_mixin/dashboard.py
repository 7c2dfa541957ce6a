"""A Grafana dashboard: rows of panels on a grid, the variables that they ask for, and links to the other dashboards."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gunicorn_mixin import expressions as e
from gunicorn_mixin.panels import DATASOURCE, Panel

#: The schema of Grafana 13.
SCHEMA_VERSION = 42

GRID_WIDTH = 24

TAG = "gunicorn"

#: What every query is limited to.
CHOSEN = 'job=~"$job", instance=~"$instance"'

#: The window that Grafana finds fit for the resolution of the graph.
WINDOW = "$__rate_interval"

#: The whole time that is shown.
RANGE = "$__range"


class Row(NamedTuple):
    """A titled row of panels. A collapsed row sends no queries until a reader opens it."""

    title: str
    panels: Sequence[Panel]
    is_collapsed: bool = False


def variable(name: str, label: str, metric: str, *matchers: str, several: bool = True) -> dict[str, Any]:
    """Returns a variable whose values are those of the label of its name; ``several`` may be chosen, at first all."""
    query = f"label_values({e.select(metric, *matchers)}, {name})"
    return {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE,
        "query": {"query": query, "refId": f"variable-{name}"}, "refresh": 2, "sort": 7, "hide": 0,
        "includeAll": several, "multi": several,
        **({"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}} if several else {}),
    }


def dashboard(
    name: str, description: str, rows: Sequence[Row], variables: Sequence[dict[str, Any]] = (), several: bool = True,
) -> dict[str, Any]:
    """Returns a dashboard; ``several`` says whether it shows more than one instance, ``variables`` come after those of all."""
    return {
        "uid": f"gunicorn-{name}",
        "title": f"Gunicorn / {name.capitalize()}",
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
                "type": "dashboards", "title": "Gunicorn", "tags": [TAG], "asDropdown": False, "includeVars": True,
                "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": "",
            },
        ],
        "annotations": {"list": [_deaths()]},
        "templating": {
            "list": [
                {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "refresh": 1, "hide": 0},
                variable("job", "Job", "gunicorn_exporter_build_info"),
                variable("instance", "Instance", "gunicorn_exporter_build_info", 'job=~"$job"', several=several),
                *variables,
            ],
        },
        "panels": list(_placed(rows)),
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
