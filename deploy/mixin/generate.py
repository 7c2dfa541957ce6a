#!/usr/bin/env python3
"""Writes the dashboards and rules next to this file, or where it is told to."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from gunicorn_mixin.alerts import alerts
from gunicorn_mixin.deaths import deaths
from gunicorn_mixin.defaults import RUNBOOKS, SELECTOR
from gunicorn_mixin.dirty import dirty
from gunicorn_mixin.exporter import exporter
from gunicorn_mixin.fleet import fleet
from gunicorn_mixin.instance import instance
from gunicorn_mixin.recording_rules import RECORDING_RULES
from gunicorn_mixin.routes import routes
from gunicorn_mixin.rule_files import alerts_file, recording_rules_file
from gunicorn_mixin.runtime import runtime
from gunicorn_mixin.saturation import saturation_dashboard

HERE = Path(__file__).parent


def files() -> Iterator[tuple[str, str]]:
    """Returns each file's path and text."""
    for dashboard in (fleet(), instance(), routes(), saturation_dashboard(), deaths(), runtime(), dirty(), exporter()):
        yield f"dashboards/{dashboard['uid']}.json", json.dumps(dashboard, indent=2) + "\n"
    yield "rules/gunicorn-recording.yml", recording_rules_file(RECORDING_RULES)
    yield "rules/gunicorn-alerts.yml", alerts_file(alerts())


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", default="gunicorn", help="what Prometheus calls the scrape of the exporters")
    parser.add_argument("--runbooks", default=RUNBOOKS, help="address of docs/alerts.md, for links from alerts and dashboards")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    options = parser.parse_args()
    for path, text in files():
        target = options.output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(SELECTOR, f'job="{options.job}"').replace(RUNBOOKS, options.runbooks))


if __name__ == "__main__":
    main()
