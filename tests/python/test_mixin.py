"""The mixin's files are current, Grafana's and Prometheus's tools accept them, and every alert has a runbook and a test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mixin

RULE_TESTS = Path(__file__).parent / "mixin_rules"
ALERTS = re.findall(r"- alert: (\w+)", (mixin.MIXIN / "rules" / "gunicorn-alerts.yml").read_text())

#: Grafana's built-in variables.
BUILT_IN = {"__rate_interval", "__range"}

PANEL_TYPES = {"timeseries", "stat", "heatmap", "table"}

dashboards = pytest.mark.parametrize("dashboard", mixin.DASHBOARDS.values(), ids=list(mixin.DASHBOARDS))


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def written(folder: Path) -> dict[str, str]:
    """Returns the generated files in a folder, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for name in ("dashboards", "rules") for path in (folder / name).iterdir()}


def test_the_files_are_what_the_source_says(tmp_path):
    run(sys.executable, mixin.MIXIN / "generate.py", "--output", tmp_path)
    assert written(mixin.MIXIN) == written(tmp_path), "run deploy/mixin/generate.py"


def test_job_and_runbooks_are_the_operators(tmp_path):
    run(sys.executable, mixin.MIXIN / "generate.py", "--output", tmp_path, "--job", "web", "--runbooks", "https://wiki.example.org/g")
    rules = (tmp_path / "rules" / "gunicorn-alerts.yml").read_text()
    assert 'up{job="web"} == 0' in rules
    assert 'runbook_url: "https://wiki.example.org/g#gunicorndown"' in rules
    run("promtool", "check", "rules", *(tmp_path / "rules").iterdir())


def test_promtool_takes_the_rules():
    run("promtool", "check", "rules", *mixin.RULES)


@pytest.mark.parametrize("name", ["alerts_test.yml", "recording_test.yml"])
def test_rules_do_what_they_should(name):
    run("promtool", "test", "rules", RULE_TESTS / name)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tested_to_fire_and_to_keep_still_and_has_a_runbook(alert):
    cases = re.findall(rf"alertname: {alert}\n\s+eval_time: \S+\n\s+exp_alerts:( \[\])?", (RULE_TESTS / "alerts_test.yml").read_text())
    assert {bool(still) for still in cases} == {False, True}
    runbook = re.search(rf"^## {alert}\n(.*?)(?=^## |\Z)", mixin.RUNBOOKS.read_text(), re.DOTALL | re.MULTILINE)
    assert runbook, f"no runbook for {alert}"
    assert re.findall(r"^\*\*(\w+)\.\*\*|^```(promql)", runbook[1], re.MULTILINE) == [
        ("Meaning", ""), ("Look", ""), ("", "promql"), ("Do", "")]


def test_there_is_no_runbook_without_an_alert():
    assert re.findall(r"^## (\w+)", mixin.RUNBOOKS.read_text(), re.MULTILINE) == ALERTS


def test_every_recording_rule_is_tested():
    tested = (RULE_TESTS / "recording_test.yml").read_text()
    recorded = re.findall(r"- record: (\S+)", (mixin.MIXIN / "rules" / "gunicorn-recording.yml").read_text())
    assert recorded
    assert [name for name in recorded if f"round({name}, " not in tested] == []


@dashboards
def test_a_dashboard_can_be_imported_anywhere(dashboard):
    assert dashboard["schemaVersion"] == 42
    assert "id" not in dashboard
    assert re.fullmatch("gunicorn-[a-z]+", dashboard["uid"])
    holders = [*mixin.rows_and_panels(dashboard), *(target for panel in mixin.panels(dashboard) for target in panel["targets"]),
               *dashboard["annotations"]["list"], *dashboard["templating"]["list"]]
    named = [holder["datasource"] for holder in holders if "datasource" in holder]
    assert named
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in named)


@dashboards
def test_panels_are_on_the_grid_and_do_not_overlap(dashboard):
    taken = set()
    for panel in mixin.rows_and_panels(dashboard):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in mixin.rows_and_panels(dashboard)]
    assert len(ids) == len(set(ids))


@dashboards
def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard):
    for panel in mixin.panels(dashboard):
        assert panel["type"] in PANEL_TYPES
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] in ("timeseries", "stat"):
            assert panel["fieldConfig"]["defaults"]["unit"]
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(references) == len(set(references))


@dashboards
def test_a_legend_names_labels_that_its_query_keeps(dashboard):
    for panel in mixin.panels(dashboard):
        for target in panel["targets"]:
            kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \((.*?)\)", target["expr"]))))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= kept, (panel["title"], target["expr"])


@dashboards
def test_queries_use_variables_that_there_are(dashboard):
    there_are = BUILT_IN | {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {name for query in mixin.queries(dashboard) for name in re.findall(r"\$(\w+)", query)}
    assert used <= there_are
    assert {"job", "instance"} <= used


def test_dashboards_have_names_of_their_own():
    assert len({dashboard["uid"] for dashboard in mixin.DASHBOARDS.values()}) == len(mixin.DASHBOARDS) == 4
    assert all(dashboard["uid"] == name for name, dashboard in mixin.DASHBOARDS.items())
