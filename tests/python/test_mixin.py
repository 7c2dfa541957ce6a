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

PANEL_TYPES = {"timeseries", "stat", "heatmap", "table", "logs", "alertlist"}

PROMETHEUS, LOKI = ({"type": kind, "uid": f"${{{variable}}}"} for kind, variable in (("prometheus", "datasource"), ("loki", "loki")))

#: The address of the runbooks unless the operator names another.
RUNBOOKS = "https://docs.example.com/gunicorn-prometheus-exporter/alerts"

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
    assert 'job="gunicorn"' not in rules
    assert [path for path, text in written(tmp_path).items() if RUNBOOKS in text] == []
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


def test_each_alert_links_to_its_runbook():
    rules = (mixin.MIXIN / "rules" / "gunicorn-alerts.yml").read_text()
    assert re.findall(r'runbook_url: "(.*)"', rules) == [f"{RUNBOOKS}#{alert.lower()}" for alert in ALERTS]


@dashboards
def test_a_dashboard_links_to_runbooks_of_alerts(dashboard):
    assert RUNBOOKS in [link["url"] for link in dashboard["links"]]
    linked = {link["url"] for panel in mixin.panels(dashboard) for link in panel.get("links", [])}
    assert linked <= {f"{RUNBOOKS}#{alert.lower()}" for alert in ALERTS}


def test_most_alerts_have_a_panel_that_links_to_their_runbook():
    linked = {link["url"].partition("#")[2] for board in mixin.DASHBOARDS.values() for panel in mixin.panels(board)
              for link in panel.get("links", [])}
    # These have no value that a dashboard could show, or share a panel with another alert.
    elsewhere = {
        "GunicornExporterAbsent", "GunicornExporterDown", "GunicornErrorBudgetBurnSlow", "GunicornWorkerTimeout",
        "GunicornWorkerOutOfMemory", "GunicornDirtyWorkersOrphaned"}
    assert {alert.lower() for alert in set(ALERTS) - elsewhere} == linked


@pytest.mark.parametrize("name", ["fleet", "instance"])
def test_a_dashboard_lists_the_alerts_of_the_selected_job(name):
    (panel,) = (panel for panel in mixin.panels(mixin.DASHBOARDS[f"gunicorn-{name}"]) if panel["type"] == "alertlist")
    assert panel["options"]["alertInstanceLabelFilter"] == '{job=~"${job:regex}"}'
    assert all(alert.startswith(panel["options"]["alertName"]) for alert in ALERTS)


def test_an_instance_links_to_its_page():
    assert "http://${instance}/" in [link["url"] for link in mixin.DASHBOARDS["gunicorn-instance"]["links"]]
    (table,) = (panel for panel in mixin.panels(mixin.DASHBOARDS["gunicorn-fleet"]) if panel["type"] == "table")
    assert "http://${__value.raw}/" in str(table["fieldConfig"]["overrides"])


@dashboards
def test_logs_are_in_a_collapsed_row(dashboard):
    assert [panel["title"] for panel in dashboard["panels"] if panel["type"] == "logs"] == []


@dashboards
def test_a_dashboard_can_be_imported_anywhere(dashboard):
    assert dashboard["schemaVersion"] == 42
    assert "id" not in dashboard
    assert re.fullmatch("gunicorn-[a-z]+", dashboard["uid"])
    holders = [*mixin.rows_and_panels(dashboard), *(target for panel in mixin.panels(dashboard) for target in panel["targets"]),
               *dashboard["annotations"]["list"], *dashboard["templating"]["list"]]
    named = [holder["datasource"] for holder in holders if "datasource" in holder]
    assert PROMETHEUS in named
    assert all(source in (PROMETHEUS, LOKI) for source in named)


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
        assert bool(references) == (panel["type"] != "alertlist")
        assert len(references) == len(set(references))


@dashboards
def test_a_legend_names_labels_that_its_query_keeps(dashboard):
    for panel in mixin.panels(dashboard):
        for target in panel["targets"]:
            kept = set(re.findall(r"\$?\w+", " ".join(re.findall(r"by \((.*?)\)", target["expr"]))))
            assert set(re.findall(r"{{(.*?)}}", target.get("legendFormat", ""))) <= kept, (panel["title"], target["expr"])


@dashboards
def test_queries_use_variables_that_there_are(dashboard):
    there_are = BUILT_IN | {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {name for query in mixin.queries(dashboard) for name in re.findall(r"\$(\w+)", query)}
    assert used <= there_are
    assert {"cluster", "namespace", "job", "instance"} <= used
    assert ("worker_id" in used) == ("worker_id" in there_are)


def test_each_query_by_route_names_the_label_by_the_variable():
    queries = [query for dashboard in mixin.DASHBOARDS.values() for query in mixin.queries(dashboard)]
    assert len([query for query in queries if "$route_label" in query]) > 10
    assert [query for query in queries if re.search(r"(?<!\$)endpoint\b", query)] == []


def test_dashboards_have_names_of_their_own():
    assert len({dashboard["uid"] for dashboard in mixin.DASHBOARDS.values()}) == len(mixin.DASHBOARDS) == 8
    assert all(dashboard["uid"] == name for name, dashboard in mixin.DASHBOARDS.items())
