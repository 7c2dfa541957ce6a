"""The table of changes in CONTRIBUTING.md names files and tests that exist, at most four files for a change."""

import re

import pytest

from pages import FILES, PAGES, REPOSITORY

HEADING = "| To add | Change | Tests |"
ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in PAGES["CONTRIBUTING.md"].text.partition(HEADING)[2].partition("\n\n")[0].strip().splitlines()[1:]]

EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])


def test_the_table_has_ten_changes():
    assert len(ROWS) == 10


@EVERY_ROW
def test_each_change_names_at_most_four_places_that_exist(row):
    places = re.findall(r"`([\w.-]+/[\w./-]+)`", row[1])
    assert [place for place in places if not any(file == place or file.startswith(f"{place}/") for file in FILES)] == []
    assert 2 <= len(places) <= 4


@EVERY_ROW
def test_each_change_names_tests_that_exist(row):
    tests = re.findall(r"`(\w+(?:\.py)?)`", row[2])
    names = {file.rsplit("/", 1)[-1] for file in FILES if file.startswith("tests/")}
    assert tests and [test for test in tests if not {test, f"{test}.cs"} & names] == []


def test_the_table_of_versions_has_each_gunicorn_of_the_matrix():
    suites = re.search(r"^suites=\((.*)\)$", (REPOSITORY / "eng" / "matrix.sh").read_text(), re.MULTILINE)[1].split()
    versions = set(re.findall(r"^\| (\d+\.\d+\.\d+|of \w+) \|", PAGES["docs/compatibility.md"].text, re.MULTILINE))
    # One of the machine, and one of each suite.
    assert len(versions) == 1 + len(suites)


def test_each_source_of_samples_is_added():
    # A primary constructor may put the base on another line than the name.
    declared = re.compile(r"class (\w+)(?:\((?:[^()]|\([^()]*\))*\))? : ISampleSource\b")
    sources = {name for file in FILES if file.startswith("src/") and file.endswith(".cs")
               for name in declared.findall((REPOSITORY / file).read_text())}
    added = "".join((REPOSITORY / file).read_text() for file in (
        "src/Engine/Aggregation/StoreAggregator.cs", "src/Exporter/Commands/ServeCommand.cs"))
    assert len(sources) >= 7
    assert {name for name in sources if f"new {name}(" not in added} == set()
