"""The verdict of the status page and of ``check`` knows the alerts, with their limits."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "mixin"))

from gunicorn_mixin import expressions  # noqa: E402
from gunicorn_mixin.alerts import alerts  # noqa: E402

ALERTS = {alert.name: alert.expression for alert in alerts()}

SOURCES = "\n".join(
    path.read_text() for folder in ("Checks", "StatusPage") for path in sorted((ROOT / "src" / "Exporter" / folder).glob("*.cs")))

#: Alerts without a verdict of the same name, and why. docs/status-page.md lists them too.
WITHOUT = {
    "GunicornExporterAbsent": "no exporter serves a page",
    "GunicornExporterDown": "the page does not answer",
}

#: The constants of the C# code that are the limit of an alert.
LIMITS = {
    "GunicornErrorBudgetBurnFast": "FailingShare",
    "GunicornErrorBudgetBurnSlow": "FailingShareOfDay",
    "GunicornLatencyHigh": "SlowSeconds",
    "GunicornSlowRequests": "SlowShare",
    "GunicornUtilisationHigh": "BusyShare",
    "GunicornBacklogNearLimit": "FullQueue",
    "GunicornRequestStuck": "StuckSeconds",
    "GunicornWorkerMemoryGrowing": "GrowthFactor",
    "GunicornExporterSlow": "LongestRead",
}


def constant(name: str) -> float:
    """Returns a constant of the C# code, which may be a product."""
    match = re.search(rf"const double {name} = ([0-9.* ]+);", SOURCES)
    assert match, name
    product = 1.0
    for factor in match[1].split("*"):
        product *= float(factor)
    return product


def test_each_alert_has_a_verdict_or_a_reason_why_not() -> None:
    with_verdict = {name for name in ALERTS if f'"{name}"' in SOURCES}
    assert not with_verdict & set(WITHOUT)
    assert with_verdict | set(WITHOUT) == set(ALERTS)
    page = (ROOT / "docs" / "status-page.md").read_text()
    assert not [name for name in WITHOUT if name not in page]


@pytest.mark.parametrize("name", LIMITS)
def test_a_verdict_has_the_limit_of_its_alert(name: str) -> None:
    limits = [float(limit) for limit in re.findall(r"> ([0-9.]+)", ALERTS[name])]
    assert constant(LIMITS[name]) == pytest.approx(limits[0])


def test_shares_need_the_traffic_that_the_alerts_need() -> None:
    assert constant("LeastRequests") == expressions.TRAFFIC_FLOOR
    assert f"> {constant('GrownUpSeconds'):.0f}" in ALERTS["GunicornWorkerMemoryGrowing"]
