"""Every block of every page works unchanged."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import EXECUTABLE, PACKAGE_ROOT
from pages import PAGES, REPOSITORY, Block, Page

#: The blocks that cannot run here, by page and first line, with the reason.
NOT_TRIED = {
    ("README.md", "$ python3 -m venv --system-site-packages venv"):
        "takes the wheels of `make dist`, where eng/dist_check.sh types it in a system of its own",
    ("docs/installing.md", "$ python3 -m venv --system-site-packages venv"): "test_installing.py types it",
    ("docs/installing.md", "$ venv/bin/pip install --upgrade new/gunicorn_prometheus_exporter-*_$(uname -m).whl"):
        "test_installing.py types it",
    ("docs/installing.md", "$ venv/bin/pip install --no-index --find-links wheels gunicorn-prometheus-exporter"):
        "test_installing.py types it",
    ("docs/installing.md", "$ venv/bin/pip uninstall -y gunicorn-prometheus-exporter"): "test_installing.py types it",
    ("docs/dashboards.md", "# /etc/grafana/provisioning/dashboards/gunicorn.yml"): "there is no Grafana to be had",
    ("docs/deployment.md", "  podMetricsEndpoints: # in a ServiceMonitor: endpoints"): "test_operator.py applies the rule",
    ("docs/deployment.md", "# values.yaml"): "ManifestTests.cs renders such a chart",
    ("docs/deployment.md", "# templates/deployment.yaml"): "ManifestTests.cs renders such a chart",
    ("docs/deployment.md", "systemctl enable --now gunicorn-prometheus-exporter.socket"):
        "no systemd runs here; test_listening.py passes sockets as systemd does",
    ("docs/choosing.md", "exporter:"): "test_choice.py starts servers with these settings",
    ("docs/choosing.md", "export GUNICORN_EXPORTER_METHODS=GET,HEAD,POST,PROPFIND,PURGE"):
        "test_extra_labels.py starts servers with such variables",
    ("docs/choosing.md", "export GUNICORN_EXPORTER_EXTRA_LABELS='host,scheme,header:X-Tenant=acme|globex'"):
        "test_extra_labels.py starts servers with such variables",
    ("docs/endpoints.md", "exporter:"): "test_route_patterns.py starts a server with such a file",
    ("docs/endpoints.md", "export GUNICORN_EXPORTER_ROUTES='^/files/.* -> /files/{path}; ^/tenants/[^/]+$ -> /tenants/{tenant}'"):
        "test_route_patterns.py starts a server with such a variable",
    ("docs/hub.md", "metric_relabel_configs:"): "test_shared_fleet.py scrapes hubs with this rule",
    ("docs/otlp.md", "# exporter.yml"): "OtlpTests.cs exports to a receiver, by the variables of the same settings",
    ("docs/otlp.md", "# prometheus.yml"): "OtlpTests.cs can export to a Prometheus with this option",
    ("docs/profiling.md", "$ gunicorn-prometheus-exporter profile --seconds 30"): "test_profile.py profiles servers that have load",
    ("docs/security.md", "rate_limit:"): "test_listening.py tries such a limit",
    ("docs/security.md", "location /gunicorn/ { proxy_pass http://unix:/run/metrics/http.sock:/; }"):
        "nginx is not needed for the tests; test_listening.py connects by curl",
    ("docs/fuzzing.md", "$ dotnet run -c Release --project tests/Fuzz -- run 1000000 7"):
        "takes minutes; eng/test.sh runs it with fewer inputs",
    ("docs/top.md", "basic_auth:"): "ConfiguredExporterTests.cs connects with such files",
    ("src/Engine/README.md", "using System.Buffers;"): "PackageReadmeTests.cs runs it",
}


def is_tried(page: Page, block: Block) -> bool:
    """Returns whether a test covers the block: ``follow_page``, ``test_mixin_queries``, or a comparison with the sources."""
    if block.file_name:
        stem = Path(block.file_name).name.split(".")[0]
        return any(other.language == "console" and re.search(rf"\b{stem}\b", other.text) for other in page.blocks)
    # A Python block without an import is a configuration file, which has a name.
    return block.language in ("console", "promql", "text") or (block.language == "python" and "import " in block.text)


def skipped(page: Page) -> list[str]:
    """Returns the first lines of the page's blocks that are not run."""
    return [line for name, line in NOT_TRIED if name == page.name]


FOLLOWED = [
    page for page in PAGES.values()
    if any(block.language in ("console", "python") and block.first_line not in skipped(page) for block in page.blocks)]


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.name)
def test_a_page_does_what_it_says_when_it_is_followed_word_for_word(page, tmp_path):
    own = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make the namespaces, where it may: NO COMMAND OF THE PAGES IS TRIED")
    folder = tmp_path / "reader"
    folder.mkdir()
    # Files of a checkout that the pages refer to.
    shutil.copytree(REPOSITORY / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "examples" / "quickstart" / "app.py", folder)
    (tmp_path / "tmp").mkdir()
    variables = {
        "PATH": f"{EXECUTABLE.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(PACKAGE_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder), "TMPDIR": str(tmp_path / "tmp"), "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        [*own, "/usr/bin/python3", str(Path(__file__).parent / "follow_page.py"), page.name, str(folder), *skipped(page)],
        env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout


def test_every_block_is_tried_or_says_why_not():
    left = [
        f"{page.name}: {block.language}: {block.first_line}"
        for page in PAGES.values() for block in page.blocks
        if not (is_tried(page, block) or is_a_drawing(block)) and block.first_line not in skipped(page)
    ]
    assert left == []
    fences = {page.name: len(re.findall(r"^\s*(?:```|~~~)", page.text, re.MULTILINE)) for page in PAGES.values()}
    assert fences == {page.name: 2 * len(page.blocks) for page in PAGES.values()}, "a block begins with ``` and one word, at the margin"


def is_a_drawing(block: Block) -> bool:
    """Returns whether a block without a language contains no command."""
    return block.language == "" and re.search(r"^(\$|(make|dotnet|python3?|curl|gunicorn)\b)", block.text, re.MULTILINE) is None


def test_every_block_that_is_not_tried_is_there():
    there = {(page.name, block.first_line) for page in PAGES.values() for block in page.blocks}
    assert [block for block in NOT_TRIED if block not in there] == []
