"""The mixin as an operator installs it: the generated files and the runbooks."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
MIXIN = REPOSITORY / "deploy" / "mixin"
RULES = sorted((MIXIN / "rules").glob("*.yml"))
RUNBOOKS = REPOSITORY / "docs" / "alerts.md"

DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((MIXIN / "dashboards").glob("*.json"))}

#: The values that replace Grafana's variables.
_CHOICE = {
    **dict.fromkeys(("$cluster", "$namespace", "$job", "$instance", "$worker_id", "$method", "$endpoint"), ".*"),
    "$route_label": "endpoint", "$__rate_interval": "15s", "$__range": "60s"}


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the panels of a dashboard, without its rows."""
    return [panel for panel in rows_and_panels(dashboard) if panel["type"] != "row"]


def rows_and_panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows and panels of a dashboard, those in collapsed rows included."""
    return [panel for outer in dashboard["panels"] for panel in (outer, *outer.get("panels", []))]


def queries(dashboard: dict[str, Any]) -> list[str]:
    """Returns the PromQL queries of panels and annotations."""
    found = [target["expr"] for panel in panels(dashboard) if panel["type"] != "logs" for target in panel["targets"]]
    return found + [annotation["target"]["expr"] for annotation in dashboard["annotations"]["list"]]


def variable_queries(dashboard: dict[str, Any]) -> list[str]:
    """Returns the queries that fill template variables."""
    return [variable["query"]["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


def filled_in(query: str, choice: Mapping[str, str] = {}) -> str:
    """Returns a dashboard's query as Grafana sends it, with this choice of values."""
    for variable, value in {**_CHOICE, **choice}.items():
        query = query.replace(variable, value)
    return query
