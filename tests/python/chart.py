"""The Helm chart, rendered with the template libraries that Helm uses: Debian has no Helm."""

import os
import shutil
import subprocess
from typing import Any

import yaml

from mixin import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "gunicorn-prometheus-exporter"

#: The files of values of the tests.
VALUES = REPOSITORY / "tests" / "Published.Tests" / "Chart"


def can_render() -> bool:
    return shutil.which("go") is not None


def rendered(*values: str, release: str = "test") -> str:
    """Returns the chart with these files of values."""
    command = ["go", "run", str(VALUES / "render.go"), str(CHART), *(str(VALUES / name) for name in values)]
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "RELEASE": release}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout


def objects(text: str, *kinds: str) -> list[dict[str, Any]]:
    """Returns the objects of these kinds."""
    return [item for item in yaml.safe_load_all(text) if item and item["kind"] in kinds]
