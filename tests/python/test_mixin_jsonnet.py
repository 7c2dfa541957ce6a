"""mixin.libsonnet builds the generated files, and _config replaces in them what the options of generate.py replace."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import mixin

pytestmark = pytest.mark.skipif(shutil.which("jsonnet") is None, reason="there is no jsonnet: THE MIXIN IN JSONNET IS NOT TESTED")

JOB, RUNBOOKS = "web", "https://wiki.example.org/gunicorn"


def built(config: dict[str, str]) -> Any:
    """Returns what the mixin builds with this configuration."""
    program = (
        f'local mixin = (import "{mixin.MIXIN}/mixin.libsonnet") + {{ _config+:: {json.dumps(config)} }};'
        "{ dashboards: mixin.grafanaDashboards, alerts: mixin.prometheusAlerts, rules: mixin.prometheusRules }")
    return json.loads(subprocess.run(["jsonnet", "-e", program], check=True, stdout=subprocess.PIPE, timeout=60).stdout)


def generated(folder: Path) -> Any:
    """Returns the generated files of a folder in the form of the mixin."""
    alerts, rules = (yaml.safe_load((folder / "rules" / f"gunicorn-{name}.yml").read_text()) for name in ("alerts", "recording"))
    boards = {path.name: json.loads(path.read_text()) for path in (folder / "dashboards").iterdir()}
    return {"dashboards": boards, "alerts": alerts, "rules": rules}


def test_the_mixin_builds_the_generated_files():
    assert built({}) == generated(mixin.MIXIN)


def test_the_configuration_replaces_what_the_options_of_the_generator_do(tmp_path):
    command = [sys.executable, str(mixin.MIXIN / "generate.py"), "--output", str(tmp_path), "--job", JOB, "--runbooks", RUNBOOKS]
    subprocess.run(command, check=True, timeout=60)
    assert built({"selector": f'job="{JOB}"', "runbooks": RUNBOOKS}) == generated(tmp_path) != generated(mixin.MIXIN)
