"""The pages that are written from the sources are current, and list every name that the package promises."""

import importlib
import re
import sys

import pytest

from pages import PAGES, REPOSITORY

sys.path.insert(0, str(REPOSITORY / "eng"))

import reference_pages

WRITTEN = reference_pages.pages()


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_is_what_make_docs_writes(name):
    assert PAGES[f"docs/{name}"].text == WRITTEN[name], "run make docs"


@pytest.mark.parametrize("module", ["", "metrics", "plugin", "forwarder", "config"])
def test_every_promised_name_is_on_the_python_page(module):
    from gunicorn_prometheus_exporter.namesake import NAMES

    place = importlib.import_module(f"gunicorn_prometheus_exporter.{module}".rstrip("."))
    # docs/migration.md lists the names for users of the package of the same name.
    promised = set(place.__all__) - set(NAMES.get(module, {}))
    named = set(re.findall(r"^### (\w+)$|^\| `(Prometheus\w+)` \|", WRITTEN["api-python.md"], re.MULTILINE))
    assert promised - {name for pair in named for name in pair} == set()


def test_every_type_of_the_public_api_is_on_the_dotnet_page():
    promised = "".join((REPOSITORY / f"src/Engine/PublicAPI.{part}.txt").read_text() for part in ("Shipped", "Unshipped"))
    members = {line.split("(")[0].split(" ")[0].rpartition(".")[2] for line in promised.splitlines() if line.startswith("Gunicorn")}
    assert len(members) > 5
    assert [name for name in members if not re.search(rf"\b{name}\b", WRITTEN["api-dotnet.md"])] == []


def test_every_event_of_the_sources_is_on_the_events_page():
    declared = [
        number for path in (REPOSITORY / "src").glob("*/**/*.cs") if not {"bin", "obj"} & set(path.parts)
        for number in re.findall(r"\[LoggerMessage\((\d+)", path.read_text())]
    assert len(declared) > 40
    assert re.findall(r"^\| (\d+) \|", WRITTEN["log-events.md"], re.MULTILINE) == sorted(declared)
