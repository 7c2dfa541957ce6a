"""Rules as the YAML that Prometheus loads."""

import json
from collections.abc import Iterable

from gunicorn_mixin.alerts import Alert
from gunicorn_mixin.defaults import runbook
from gunicorn_mixin.recording_rules import RecordingRule


def recording_rules_file(rules: Iterable[RecordingRule]) -> str:
    """Returns the file of the recording rules."""
    return _file("gunicorn-recording", ([f"record: {rule.record}", *_expression(rule.expression)] for rule in rules))


def alerts_file(alerts: Iterable[Alert]) -> str:
    """Returns the file of the alerts."""
    return _file("gunicorn-alerts", map(_alert, alerts))


def _alert(alert: Alert) -> list[str]:
    return [
        f"alert: {alert.name}",
        *_expression(alert.expression),
        *([f"for: {alert.lasting}"] if alert.lasting else []),
        "labels:",
        f"  severity: {alert.severity}",
        "annotations:",
        f"  summary: {_text(alert.summary)}",
        f"  description: {_text(alert.description)}",
        f"  runbook_url: {_text(runbook(alert.name))}",
    ]


def _expression(promql: str) -> list[str]:
    return ["expr: |-", f"  {promql}"]


def _text(value: str) -> str:
    # A string of JSON is one of YAML.
    return json.dumps(value)


def _file(group: str, rules: Iterable[list[str]]) -> str:
    lines = ["# Written by deploy/mixin/generate.py.", "groups:", f"  - name: {group}", "    rules:"]
    for first, *others in rules:
        lines += [f"      - {first}", *(f"        {line}" for line in others)]
    return "\n".join(lines) + "\n"
