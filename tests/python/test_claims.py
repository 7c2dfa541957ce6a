"""What the pages say is so: their commands work, their links lead somewhere, and what they name exists."""

import functools
import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import EXECUTABLE, PACKAGE_ROOT
from pages import FILES, PAGES, REPOSITORY, Block, Page

#: The blocks that cannot be tried here, by page and first line, and why.
NOT_TRIED = {
    ("README.md", "$ python3 -m venv --system-site-packages venv"):
        "takes the wheels of `make dist`, where eng/dist_check.sh types it in a system of its own",
    ("docs/dashboards.md", "# /etc/grafana/provisioning/dashboards/gunicorn.yml"): "there is no Grafana to be had",
    ("docs/fuzzing.md", "$ dotnet run -c Release --project tests/Fuzz -- run 1000000 7"):
        "takes minutes; eng/test.sh runs it with fewer inputs",
    ("src/Engine/README.md", 'using var aggregator = new StoreAggregator("/run/app/metrics", NullLogger.Instance);'):
        "PackageReadmeTests.cs runs it",
    ("src/Engine/README.md", 'var store = SlotStore.Open("/run/app/metrics", SlotKind.Worker, EntryLayout.Timestamped);'):
        "PackageReadmeTests.cs runs it",
}

#: Figures in words, by page: the results that have them, and from what to what they may be.
FIGURES = {
    ("README.md", "a third of a microsecond"): ("bench/results/hot-path.md", r"3 counters \| (\d+) \|", 280, 400),
    ("docs/performance.md", "a sixth of the time"): ("bench/results/scrape.md", r"of dead processes .*\| (\d+) × \|", 5, 7),
}

#: Where absolute links may lead: no test goes there.
HOSTS = {"gunicorn.org", "docs.gunicorn.org", "prometheus.io", "keepachangelog.com"}

#: Flags and variables of others that are not asked for theirs.
OF_OTHERS = {
    "--no-index", "--system-site-packages", "--unix-socket", "--enable-feature",
    "GUNICORN_CMD_ARGS",
}

SUFFIXES = re.compile(r"_(bucket|sum|count|created|total)$")
SETTING = re.compile(r"\b(?:PROMETHEUS|GUNICORN|REDIS|REMOTE_WRITE|CLEANUP)_[A-Z_]*[A-Z]\b")
METRIC = re.compile(r"(?<![\w:/.])gunicorn_[a-z0-9_]+\*?(?![\w:./(])")
RECORDED = re.compile(r"\b\w+:gunicorn_\w+:\w+")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9.-]*")
FOLDERS = ("bench/", "deploy/", "docs/", "eng/", "examples/", "python/", "src/", "tests/")

EVERY_PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def is_tried(page: Page, block: Block) -> bool:
    """Whether something is done with it: by ``follow_page``, by a Prometheus in ``test_mixin_queries``, or by a look at the sources."""
    if block.file_name:
        stem = Path(block.file_name).name.split(".")[0]
        return any(other.language == "console" and re.search(rf"\b{stem}\b", other.text) for other in page.blocks)
    # What imports nothing is a configuration, and has a name.
    return block.language in ("console", "promql", "text") or (block.language == "python" and "import " in block.text)


def skipped(page: Page) -> list[str]:
    """The first lines of the page's blocks that are not tried."""
    return [line for name, line in NOT_TRIED if name == page.name]


FOLLOWED = [
    page for page in PAGES.values()
    if any(block.language in ("console", "python") and block.first_line not in skipped(page) for block in page.blocks)]


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.name)
def test_a_page_does_what_it_says_when_it_is_followed_word_for_word(page, environment, tmp_path):
    own = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make the namespaces, where it may: NO COMMAND OF THE PAGES IS TRIED")
    folder = tmp_path / "reader"
    folder.mkdir()
    # What a checkout has where the pages say so.
    shutil.copytree(REPOSITORY / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "examples" / "quickstart" / "app.py", folder)
    (tmp_path / "tmp").mkdir()
    variables = {
        "PATH": f"{EXECUTABLE.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(PACKAGE_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder), "TMPDIR": str(tmp_path / "tmp"), "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        [*own, "/usr/bin/python3", str(Path(__file__).parent / "follow_page.py"), page.name, str(folder), *skipped(page)],
        env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
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
    """Whether a block without a language has nothing that one could type."""
    return block.language == "" and re.search(r"^(\$|(make|dotnet|python3?|curl|gunicorn)\b)", block.text, re.MULTILINE) is None


def test_every_block_that_is_not_tried_is_there():
    there = {(page.name, block.first_line) for page in PAGES.values() for block in page.blocks}
    assert [block for block in NOT_TRIED if block not in there] == []


@functools.lru_cache(None)
def messages() -> list[str]:
    """The sources of the product, their strings in one piece each."""
    texts = [
        (REPOSITORY / name).read_text() for name in FILES
        if name.startswith(("src/", "python/")) and name.endswith((".cs", ".py"))]
    return [re.sub(r'"\s*(?:\+\s*)?[$f]?"', "", text.replace('\\"', "\0")).replace("\0", '"') for text in texts]


@EVERY_PAGE
def test_every_message_that_a_page_quotes_is_in_the_sources(page):
    lines = [line for block in page.blocks if block.language == "text" for line in block.text.splitlines()]
    assert [line for line in lines if not is_message(line)] == []


def is_message(line: str) -> bool:
    """Whether one source has the parts of the line between its ``…``, and reason and remedy, near each other."""
    parts = [re.escape(part.strip()) for part in re.split("…|; ", line) if part.strip()]
    return any(re.search(".{0,200}?".join(parts), text, re.DOTALL) for text in messages())


@EVERY_PAGE
def test_every_link_leads_somewhere(page):
    assert [link for link in page.links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    """Whether a link resolves, or leads to a host that we know."""
    url = urlsplit(link)
    if url.scheme:
        return url.scheme == "https" and url.hostname in HOSTS
    name, _, fragment = page.leads_to(link).partition("#")
    if fragment:
        return name in PAGES and fragment in PAGES[name].anchors
    return any(file == name or file.startswith(f"{name}/") for file in FILES)


def test_every_page_for_users_is_reached_from_the_readme():
    reached, next_ones = set(), ["README.md"]
    while next_ones:
        name = next_ones.pop()
        if name not in reached:
            reached.add(name)
            page = PAGES[name]
            next_ones += [target for link in page.links if (target := page.leads_to(link).partition("#")[0]) in PAGES]
    # A link to a folder shows all that is in it.
    folders = {PAGES[name].leads_to(link) for name in reached for link in PAGES[name].links if not urlsplit(link).scheme}
    left = [name for name in PAGES if name.startswith(("docs/", "bench/results/", "deploy/")) and name not in reached]
    assert [name for name in left if str(Path(name).parent) not in folders] == []


@functools.lru_cache(None)
def settings() -> set[str]:
    """Every setting of the product, as it names them itself."""
    printed = subprocess.run([EXECUTABLE, "config", "--format", "json"], capture_output=True, check=True).stdout
    return {name.upper() for name in json.loads(printed)["config"]}


@functools.lru_cache(None)
def metrics() -> set[str]:
    """Every metric of the product, as its reference has them."""
    return set(re.findall(r"^\| `(\w+)`", PAGES["docs/metrics.md"].text, re.MULTILINE))


@functools.lru_cache(None)
def sources() -> str:
    """All text of the repository that is no page."""
    kept = (".cs", ".py", ".sh", ".yaml", ".yml", ".json", ".props", ".csproj", "Makefile", "Dockerfile", ".service", "default")
    names = [name for name in FILES if name.endswith(kept) and not name.endswith(("pages.py", "test_claims.py"))]
    return "\n".join((REPOSITORY / name).read_text(errors="replace") for name in names)


def is_in_the_sources(word: str) -> bool:
    """Whether some source has it as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", sources()) is not None


@EVERY_PAGE
def test_every_setting_that_a_page_names_exists(page):
    named = set(SETTING.findall(page.text)) - settings() - OF_OTHERS
    # The tests have variables of their own.
    assert [name for name in named if not is_in_the_sources(name)] == []


@EVERY_PAGE
def test_every_metric_that_a_page_names_exists(page):
    text = page.text
    for was, _ in page.replacements:
        text = text.replace(f"`{was}`", "")
    wrong = [name for name in METRIC.findall(text) if not is_metric(name)]
    recorded = (REPOSITORY / "deploy/mixin/rules/gunicorn-recording.yml").read_text()
    assert wrong + [name for name in RECORDED.findall(page.text) if f"record: {name}\n" not in recorded] == []


def is_metric(name: str) -> bool:
    """Whether a family has this name, or a sample of one, or the name of the package is meant."""
    if name.startswith(("gunicorn_prometheus_exporter", "gunicorn_mixin")):
        return True
    if name.endswith("*"):
        return any(fnmatch(family, name) for family in metrics())
    return name in metrics() or f"{name}_total" in metrics() or SUFFIXES.sub("", name) in metrics()


@functools.lru_cache(None)
def flags() -> set[str]:
    """Every flag of the executable, of Gunicorn, of Prometheus and of the scripts that the pages name."""
    commands = re.findall(r"^  (\w+)  ", help_of(EXECUTABLE), re.MULTILINE)
    assert "serve" in commands
    texts = [help_of(EXECUTABLE), *(help_of(EXECUTABLE, command) for command in commands)]
    texts += [help_of("/usr/bin/gunicorn"), help_of("prometheus"), help_of(sys.executable, REPOSITORY / "deploy/mixin/generate.py")]
    return set(FLAG.findall("\n".join(texts)))


def help_of(*command: object) -> str:
    """What a command says when it is asked for help."""
    done = subprocess.run([*map(str, command), "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@EVERY_PAGE
def test_every_flag_that_a_page_names_exists(page):
    code = "\n".join([*page.spans, *(block.text for block in page.blocks if block.language == "console")])
    named = set(FLAG.findall(code)) - flags() - OF_OTHERS
    assert [flag for flag in named if not is_in_the_sources(flag)] == []


@pytest.mark.parametrize(("page", "words"), FIGURES)
def test_a_figure_that_a_page_rounds_is_near_the_measured_one(page, words):
    results, pattern, least, most = FIGURES[page, words]
    assert words in " ".join(PAGES[page].text.split())
    (measured,) = re.findall(pattern, PAGES[results].text)
    assert least <= float(measured) <= most


@EVERY_PAGE
def test_every_file_and_target_that_a_page_names_exists(page):
    paths = [span.rstrip("/") for span in page.spans if span.startswith(FOLDERS) and re.fullmatch(r"[\w./*-]+", span)]
    files = [span for span in page.spans if re.fullmatch(r"\w+\.(cs|py|sh)", span)]
    targets = [target for text in [*page.spans, *(block.text for block in page.blocks)] for target in re.findall(r"^\W*make ([a-z-]+)", text)]
    missing = [path for path in paths if not any(file == path or file.startswith(f"{path}/") or fnmatch(file, path) for file in FILES)]
    missing += [name for name in files if not any(Path(file).name == name for file in FILES)]
    makefile = (REPOSITORY / "Makefile").read_text()
    assert missing + [target for target in targets if f"\n{target}:" not in makefile] == []
