"""Everything that the pages name exists: link targets, messages, settings, metrics, flags, files and values."""

import functools
import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import EXECUTABLE
from pages import FILES, PAGES, REPOSITORY, Page

#: Values in words, by page: the results file, the pattern of the value in it, and the range that the words allow.
FIGURES = {
    ("README.md", "a third of a microsecond"): ("bench/results/hot-path.md", r"3 counters \| (\d+) \|", 280, 400),
    ("docs/performance.md", "a third of the time"): ("bench/results/scrape.md", r"of dead processes .*\| (\d+) × \|", 3, 3),
    ("docs/performance.md", "6.4 times the floor"): (
        "bench/results/scrape.md", r"64 files × 1,000 counter entries.*\| ([\d.]+) × \| \d+,\d+ \| \d+ \|", 6.4, 6.4),
    ("docs/performance.md", "a 59th over"): (
        "bench/results/scrape.md", r"64 files × 1,000 counter entries, the same keys \|.*?\| (\d+) × ", 59, 59),
    **{("docs/scaling.md", words): ("bench/results/hub.md", pattern, value, value) for words, pattern, value in [
        ("0.25 s | 1.4 s | 179 MB", r"2,000 \| merged \| (\d+) \|", 247), ("1.4 s | 179 MB", r"2,000 \| merged \|.*\| ([\d,]+) \|\n", 1359),
        ("1.7 s, for 568 MB", r"2,000 \| apart \| ([\d,]+) \|", 1684), ("3.8 s | 706 MB", r"2,000 \| apart \|.*\| ([\d,]+) \|\n", 3783),
        ("answer after 4.3 s", r"\| 5 \| 1,199 .*\| ([\d,]+) \| killed", 4295),
        ("takeover takes 0.9 s", r"\| 1 \| 2,667 .*\| (\d+) \|\n", 898)]},
    ("docs/comparison.md", "counted | 3,949 |"): ("bench/results/alternatives.md", r"exporter \|[^|]*\|[^|]*\| ([\d,]+) \|", 3949, 3949),
    ("docs/comparison.md", "3,949 | 3,611 |"): ("bench/results/alternatives.md", r"statsd \|[^|]*\|[^|]*\| ([\d,]+) \|", 3611, 3611),
    ("docs/comparison.md", "3 µs | 28 µs"): ("bench/results/alternatives.md", r"statsd \| \d+ \| \+(\d+) \|", 26, 30),
    **{("docs/comparison.md", words): ("bench/results/scrape.md", pattern, least, most) for words, pattern, least, most in [
        ("1.8 ms", r"64 files × 1,000 counter entries, the same keys \| 1,000 \| ([\d.]+) \|", 1.6, 2.0),
        ("109 ms", r"64 files × 1,000 counter entries, the same keys \| 1,000 \| [\d.]+ \| (\d+) \|", 100, 118),
        ("8.7 ms", r"64 files × 10,000 counter entries, the same keys \| 10,000 \| ([\d.]+) \|", 8, 9.4),
        ("2,276 ms", r"64 files × 10,000 counter entries, the same keys \| 10,000 \| [\d.]+ \| ([\d,]+) \|", 2100, 2450),
        ("17 ms", r"a label per worker \| 100,000 \| ([\d.]+) \|", 15.5, 18.5),
        ("1,965 ms", r"a label per worker \| 100,000 \| [\d.]+ \| ([\d,]+) \|", 1800, 2150),
        ("407 ms", r"of dead processes \| (\d+) \|", 370, 445),
        ("1,319 ms", r"of dead processes \| \d+ \| ([\d,]+) \|", 1200, 1450)]},
    ("docs/comparison.md", "126 ns"): ("bench/results/metric-classes.md", r"\| counter, 1 label \| (\d+) \|", 110, 145),
    ("docs/comparison.md", "1,617 ns"): ("bench/results/metric-classes.md", r"\| counter, 1 label \| \d+ \| (\d+) \|", 1400, 1800),
    ("docs/comparison.md", "337 ns"): ("bench/results/hot-path.md", r"3 counters \| (\d+) \|", 300, 375),
    ("docs/comparison.md", "2,811 ns"): ("bench/results/hot-path.md", r"children cached \| (\d+) \|", 2500, 3100),
    ("docs/comparison.md", "5.6 %"): ("bench/results/overhead.md", r"\| sync \| [\d.]+ \| [\d.]+ \| 1\.0(\d+) \|", 50, 62),
}

#: The allowed hosts of absolute links, which no test requests.
HOSTS = {"gunicorn.org", "docs.gunicorn.org", "prometheus.io", "keepachangelog.com", "opentelemetry.io"}

SUFFIXES = re.compile(r"_(bucket|sum|count|created|total)$")
SETTING = re.compile(r"\b(?:PROMETHEUS|GUNICORN|REDIS|REMOTE_WRITE|OTLP|CLEANUP)_[A-Z_]*[A-Z]\b")
METRIC = re.compile(r"(?<![\w:/.])gunicorn_[a-z0-9_]+\*?(?![\w:./(])")
RECORDED = re.compile(r"\b\w+:gunicorn_\w+:\w+")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9.-]*")
FOLDERS = ("bench/", "deploy/", "docs/", "eng/", "examples/", "python/", "src/", "tests/")

EVERY_PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@functools.lru_cache(None)
def messages() -> list[str]:
    """Returns the product's sources, with adjacent string literals joined."""
    texts = [
        (REPOSITORY / name).read_text() for name in FILES
        if name.startswith(("src/", "python/")) and name.endswith((".cs", ".py"))]
    return [re.sub(r'"\s*(?:\+\s*)?[$f]?"', "", text.replace('\\"', "\0")).replace("\0", '"') for text in texts]


@EVERY_PAGE
def test_every_message_that_a_page_quotes_is_in_the_sources(page):
    lines = [line for block in page.blocks if block.language == "text" for line in block.text.splitlines()]
    assert [line for line in lines if not is_message(line)] == []


def is_message(line: str) -> bool:
    """Returns whether a source has the parts of the line between ``…`` and ``;`` close together and in order."""
    parts = [re.escape(part.strip()) for part in re.split("…|; ", line) if part.strip()]
    return any(re.search(".{0,200}?".join(parts), text, re.DOTALL) for text in messages())


@EVERY_PAGE
def test_every_link_leads_somewhere(page):
    assert [link for link in page.links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    """Returns whether a link resolves, or leads to an allowed host."""
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
    # A link to a folder covers all files in it.
    folders = {PAGES[name].leads_to(link) for name in reached for link in PAGES[name].links if not urlsplit(link).scheme}
    left = [name for name in PAGES if name.startswith(("docs/", "bench/results/", "deploy/")) and name not in reached]
    assert [name for name in left if str(Path(name).parent) not in folders] == []


@functools.lru_cache(None)
def settings() -> set[str]:
    """Returns every setting of the product, from its own output."""
    printed = subprocess.run([EXECUTABLE, "config", "--format", "json"], capture_output=True, check=True).stdout
    return {name.upper() for name in json.loads(printed)["config"]}


@functools.lru_cache(None)
def metrics() -> set[str]:
    """Returns every metric of the product, from its reference."""
    return set(re.findall(r"^\| `(\w+)`", PAGES["docs/metrics.md"].text, re.MULTILINE))


@functools.lru_cache(None)
def sources() -> str:
    """Returns the text of all files of the repository that are not pages."""
    kept = (".cs", ".py", ".sh", ".yaml", ".yml", ".json", ".props", ".csproj", "Makefile", "Dockerfile", ".service", "default")
    names = [name for name in FILES if name.endswith(kept) and not name.endswith(("pages.py", "test_claims.py"))]
    return "\n".join((REPOSITORY / name).read_text(errors="replace") for name in names)


def is_in_the_sources(word: str) -> bool:
    """Returns whether a source contains it as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", sources()) is not None


@EVERY_PAGE
def test_every_setting_that_a_page_names_exists(page):
    named = set(SETTING.findall(page.text)) - settings()
    # The tests have their own variables.
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
    """Returns whether it is the name of a family, of a sample of one, or of a package."""
    if name.startswith(("gunicorn_prometheus_exporter", "gunicorn_mixin", "gunicorn_h1c")):
        return True
    if name.endswith("*"):
        return any(fnmatch(family, name) for family in metrics())
    return name in metrics() or f"{name}_total" in metrics() or SUFFIXES.sub("", name) in metrics()


@functools.lru_cache(None)
def flags() -> set[str]:
    """Returns every flag of the executable and of other programs that the pages name."""
    own = help_of(EXECUTABLE, "--help")
    commands = re.findall(r"^  ([a-z]+) ", own, re.MULTILINE)
    assert "serve" in commands
    texts = [own, *(help_of(EXECUTABLE, command, "--help") for command in commands)]
    texts += [help_of("gunicorn", "--help"), help_of("prometheus", "--help"), help_of("curl", "--help", "all")]
    texts += [help_of(sys.executable, "-m", "venv", "--help"), help_of(sys.executable, REPOSITORY / "deploy/mixin/generate.py", "--help")]
    return set(FLAG.findall("\n".join(texts)))


def help_of(*command: object) -> str:
    """Returns the help text of a command, from standard output and standard error."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@EVERY_PAGE
def test_every_flag_that_a_page_names_exists(page):
    code = "\n".join([*page.spans, *(block.text for block in page.blocks if block.language == "console")])
    named = set(FLAG.findall(code)) - flags()
    assert [flag for flag in named if not is_in_the_sources(flag)] == []


@pytest.mark.parametrize(("page", "words"), FIGURES)
def test_a_figure_that_a_page_rounds_is_near_the_measured_one(page, words):
    results, pattern, least, most = FIGURES[page, words]
    assert words in " ".join(PAGES[page].text.split())
    (measured,) = re.findall(pattern, PAGES[results].text)
    assert least <= float(measured.replace(",", "")) <= most


@EVERY_PAGE
def test_every_file_and_target_that_a_page_names_exists(page):
    paths = [span.rstrip("/") for span in page.spans if span.startswith(FOLDERS) and re.fullmatch(r"[\w./*-]+", span)]
    files = [span for span in page.spans if re.fullmatch(r"\w+\.(cs|py|sh)", span)]
    targets = [target for text in [*page.spans, *(block.text for block in page.blocks)] for target in re.findall(r"^\W*make ([a-z-]+)", text)]
    missing = [path for path in paths if not any(file == path or file.startswith(f"{path}/") or fnmatch(file, path) for file in FILES)]
    missing += [name for name in files if not any(Path(file).name == name for file in FILES)]
    makefile = (REPOSITORY / "Makefile").read_text()
    assert missing + [target for target in targets if f"\n{target}:" not in makefile] == []
