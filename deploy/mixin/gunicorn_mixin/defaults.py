"""What an operator may replace in the generated files: ``generate.py``, ``mixin.libsonnet`` and the chart replace the same texts."""

#: Selects the scrapes of the exporters in the alerts that need a name for them.
SELECTOR = 'job="gunicorn"'

#: The address of docs/alerts.md, to which alerts and dashboards link. It is an example: nobody publishes that page there.
RUNBOOKS = "https://docs.example.com/gunicorn-prometheus-exporter/alerts"


def runbook(alert: str) -> str:
    """Returns the address of the runbook of an alert."""
    return f"{RUNBOOKS}#{alert.lower()}"
