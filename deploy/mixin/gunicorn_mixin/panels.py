"""The kinds of Grafana panels that the dashboards are made of. A panel is JSON without its place."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from gunicorn_mixin.defaults import runbook

Panel = dict[str, Any]

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

LOKI = {"type": "loki", "uid": "${loki}"}

RED, YELLOW, GREEN = "red", "yellow", "green"


class Query(NamedTuple):
    """A query, and what its series are called: a text with ``{{labels}}``, or the title of a column."""

    expression: str
    legend: str
    unit: str = ""


def rising(warning: float, critical: float) -> list[dict[str, Any]]:
    """Returns thresholds of a value that is better when it is small."""
    return [{"color": GREEN, "value": None}, {"color": YELLOW, "value": warning}, {"color": RED, "value": critical}]


def at_least(enough: float) -> list[dict[str, Any]]:
    """Returns the threshold below which a value is bad."""
    return [{"color": RED, "value": None}, {"color": GREEN, "value": enough}]


def none_allowed() -> list[dict[str, Any]]:
    """Returns the threshold of a value that should be 0."""
    return [{"color": GREEN, "value": None}, {"color": RED, "value": 0.001}]


def series(
    title: str, unit: str, description: str, *queries: Query,
    width: int = 8, stacked: bool = False, bars: bool = False, limit: Optional[float] = None,
    thresholds: Sequence[dict[str, Any]] = (),
) -> Panel:
    """Returns lines over time; the axis reaches ``limit`` at least, ``thresholds`` are drawn."""
    custom: dict[str, Any] = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 60 if bars else 10,
        "lineWidth": 1,
        "showPoints": "never",
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if thresholds else "off"},
    }
    defaults: dict[str, Any] = {"unit": unit, "min": 0, "custom": custom, "color": {"mode": "palette-classic-by-name"}}
    if limit is not None:
        custom["axisSoftMax"] = limit
    if thresholds:
        defaults["thresholds"] = {"mode": "absolute", "steps": list(thresholds)}
    options = {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, description, width, 8, defaults, options, queries)


def stat(title: str, unit: str, description: str, expression: str, thresholds: Sequence[dict[str, Any]] = ()) -> Panel:
    """Returns one number, coloured by thresholds."""
    defaults = {
        "unit": unit,
        "color": {"mode": "thresholds" if thresholds else "fixed", **({} if thresholds else {"fixedColor": "text"})},
        "thresholds": {"mode": "absolute", "steps": list(thresholds) or [{"color": GREEN, "value": None}]},
    }
    options = {
        "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "value",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return _panel("stat", title, description, 4, 4, defaults, options, [Query(expression, "")])


def heatmap(title: str, unit: str, description: str, expression: str, width: int = 8) -> Panel:
    """Returns the buckets of a histogram over time; the expression keeps the label ``le``."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange", "reverse": False},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    panel = _panel("heatmap", title, description, width, 8, {}, options, [Query(expression, "{{le}}")])
    panel["targets"][0]["format"] = "heatmap"
    return panel


def with_runbook(panel: Panel, alert: str) -> Panel:
    """Returns a panel that links to the runbook of the alert on the same value."""
    return {**panel, "links": [{"title": f"Runbook of {alert}", "url": runbook(alert), "targetBlank": True}]}


def alert_list(matchers: str) -> Panel:
    """Returns the list of the alerts that fire or will soon, each with the link to its runbook."""
    options = {
        "alertName": "Gunicorn", "alertInstanceLabelFilter": f"{{{matchers}}}", "dashboardAlerts": False, "viewMode": "list",
        "groupMode": "default", "groupBy": [], "maxItems": 20, "showInactiveAlerts": False, "sortOrder": 3,
        "stateFilter": {"firing": True, "pending": True, "noData": False, "normal": False, "error": True, "recovering": True},
    }
    return _panel("alertlist", "Alerts", "Alerts that fire or are pending. Each links to its runbook.", 24, 5, {}, options, [])


def logs(description: str, expression: str) -> Panel:
    """Returns log lines from Loki."""
    options = {
        "showTime": True, "wrapLogMessage": True, "prettifyLogMessage": False, "enableLogDetails": True, "dedupStrategy": "none",
        "sortOrder": "Descending", "showLabels": False, "showCommonLabels": False,
    }
    panel = _panel("logs", "Logs", description, 24, 10, {}, options, [])
    target = {"datasource": LOKI, "refId": "A", "expr": expression, "queryType": "range", "editorMode": "code"}
    return {**panel, "datasource": LOKI, "targets": [target]}


def table(
    title: str, description: str, labels: dict[str, str], *queries: Query,
    sort_by: str = "", links: Optional[dict[str, dict[str, str]]] = None, width: int = 24,
) -> Panel:
    """Returns a table of what is true now: a column for each label and each query, a row for each label set.

    ``labels`` gives the columns' titles by label, and leaves out labels that are not shown; ``links`` gives the addresses
    to which the cells of a column link, by title.
    """
    keep = {label: index for index, label in enumerate(labels)}
    values = {f"Value #{_letter(i)}": query.legend for i, query in enumerate(queries)}
    # With one query its column has no letter.
    renamed = {**labels, **(values if len(queries) > 1 else {"Value": queries[0].legend})}
    overrides = [_override(query.legend, "unit", query.unit) for query in queries if query.unit]
    overrides += [
        _override(column, "links", [{"title": title, "url": url} for title, url in its.items()]) for column, its in (links or {}).items()]
    options = {"cellHeight": "sm", "showHeader": True, **({"sortBy": [{"displayName": sort_by, "desc": True}]} if sort_by else {})}
    panel = _panel("table", title, description, width, 9, {"custom": {"filterable": True}}, options, queries)
    panel["fieldConfig"]["overrides"] = overrides
    for target in panel["targets"]:
        target.update(format="table", instant=True, range=False)
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": keep, "renameByName": renamed}},
    ]
    return panel


def _override(column: str, name: str, value: Any) -> dict[str, Any]:
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": name, "value": value}]}


def _letter(index: int) -> str:
    return chr(ord("A") + index)


def _panel(
    kind: str, title: str, description: str, width: int, height: int,
    defaults: dict[str, Any], options: dict[str, Any], queries: Sequence[Query],
) -> Panel:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": {"w": width, "h": height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "datasource": DATASOURCE, "refId": _letter(index), "expr": query.expression, "legendFormat": query.legend,
                "editorMode": "code", "instant": False, "range": True,
            }
            for index, query in enumerate(queries)
        ],
    }
