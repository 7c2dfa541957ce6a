"""The exit reasons are the same in the master, the engine, the mixin and the documentation."""

import itertools
import json
import re
import signal
import subprocess
from types import SimpleNamespace

import pytest

import mixin
from conftest import EXECUTABLE
from gunicorn_prometheus_exporter.master_causes import Ending, reason_of
from gunicorn_prometheus_exporter.worker_stage import Stage

EXITS = "gunicorn_worker_exits_total"
MATCHER = re.compile(EXITS + r'\{[^}]*reason[=!]~?"([^"]+)"')


@pytest.fixture
def reasons(environment) -> set[str]:
    """The reasons for which the engine has series."""
    command = [str(EXECUTABLE), "prepare", "--format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return {series["labels"]["reason"] for series in json.loads(done.stdout)["series"] if series["family"] == EXITS}


def test_the_master_gives_each_reason_of_the_engine_and_no_other(reasons):
    endings = itertools.starmap(Ending, itertools.product((None, 0, 1, 3), (None, signal.SIGKILL, signal.SIGTERM), (True, False)))
    workers = (
        SimpleNamespace(
            aborted=aborted, exit_reason=exit_reason, stage=stage, recycles_itself=True,
            cfg=SimpleNamespace(reload=reload, max_requests=max_requests))
        for aborted, exit_reason, stage, reload, max_requests in itertools.product(
            (True, False), (None, "reload", "graceful"), Stage, (True, False), (0, 1)))
    assert {reason_of(ending, worker) for ending, worker in itertools.product(endings, workers)} == reasons


def test_rules_and_dashboards_match_reasons_of_the_engine(reasons):
    rules = [rule for path in mixin.RULES for rule in MATCHER.findall(path.read_text())]
    panels = [found for board in mixin.DASHBOARDS.values() for query in mixin.queries(board) for found in MATCHER.findall(query)]
    matched = {reason for matcher in rules + panels for reason in matcher.split("|")}
    assert rules and panels and matched <= reasons


def test_the_panel_of_deaths_describes_its_query(reasons):
    (panel,) = (panel for panel in mixin.panels(mixin.DASHBOARDS["gunicorn-deaths"]) if panel["title"] == "Deaths")
    (orderly,) = re.findall(r'reason!~"([^"]+)"', panel["targets"][0]["expr"])
    excepted = set(re.findall(r"\w+", panel["description"].partition("except ")[2])) - {"and"}
    assert set(orderly.split("|")) == excepted < reasons


def test_the_page_of_exits_lists_each_reason(reasons):
    page = (mixin.REPOSITORY / "docs" / "worker-exits.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == reasons
