"""The documentation as a site: every page is there, every link leads somewhere, nothing comes from another host."""

import functools
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Iterator, Optional
from urllib.parse import unquote, urlsplit

import pytest

from pages import PAGES, REPOSITORY

#: The elements that a browser loads, and the attribute with the address.
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


class Html(HTMLParser):
    """What the tests need of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        #: The texts of its paragraphs, without code.
        self.paragraphs: list[str] = [""]
        self.neighbours: set[str] = set()
        self._open: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attributes: "list[tuple[str, Optional[str]]]") -> None:
        given = dict(attributes)
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}
        if tag == "a" and (link := given.get("href")):
            self.links.append(link)
            self.neighbours |= {kind for kind in ("prev", "next") if f"md-footer__link--{kind}" in (given.get("class") or "")}
        if tag in LOADED and (address := given.get(LOADED[tag])):
            self.loaded.append(address)
        if tag == "p":
            self.paragraphs.append("")
        if tag in ("p", "code"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.paragraphs[-1] += "" if "code" in self._open else data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    if shutil.which("mkdocs") is None:
        pytest.skip("mkdocs is not installed, run eng/setup.sh site: THE SITE IS NOT BUILT")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        ["mkdocs", "build", "--strict", "--site-dir", folder], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@functools.lru_cache(None)
def read(path: Path) -> Html:
    return Html(path)


def navigation() -> list[str]:
    """Returns the pages of the navigation in order, with their paths in the repository."""
    text = (REPOSITORY / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    names = re.findall(r"^ *- (?:[^:\n]+: )?(\S+\.md)$", text, re.MULTILINE)
    return [f"docs/{name}" if (REPOSITORY / "docs" / name).exists() else name for name in names]


def place(page: str) -> str:
    """Returns the path of a page in the site."""
    name = page[:-3].removeprefix("docs/")
    return f"{re.sub('README$', 'index', name)}.html"


def test_every_page_of_the_documentation_is_in_the_navigation_once():
    wanted = {name for name in PAGES if name.startswith(("docs/", "bench/results/"))}
    named = navigation()
    assert sorted(wanted - set(named)) == []
    assert len(named) == len(set(named))


def test_the_start_page_links_to_every_page_of_the_documentation():
    start = PAGES["docs/index.md"]
    linked = {start.leads_to(link).partition("#")[0] for link in start.links if "://" not in link}
    assert [name for name in navigation() if name.startswith("docs/") and name not in linked | {"docs/index.md"}] == []


def test_every_page_has_its_contents_and_its_neighbours(site):
    named = navigation()
    for index, name in enumerate(named):
        html = read(site / place(name))
        assert PAGES[name].anchors <= html.anchors, name
        wanted = {"prev"} if index else set()
        wanted |= {"next"} if index + 1 < len(named) else set()
        assert html.neighbours == wanted, name


def test_every_link_of_the_site_leads_to_a_file_and_an_anchor(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(navigation())
    broken = [f"{path.relative_to(site)}: {link}" for path in pages for link in read(path).links if not leads_somewhere(path, link)]
    assert broken == []


def leads_somewhere(path: Path, link: str) -> bool:
    """Returns whether a link of a page leads to another host, or to a file and an anchor that exist."""
    url = urlsplit(link)
    # The page of unknown addresses has absolute links to the root.
    if url.scheme or (path.name == "404.html" and url.path.startswith("/")):
        return True
    target = (path.parent / unquote(url.path)).resolve() if url.path and url.path != "." else path
    target = target / "index.html" if target.is_dir() else target
    return target.is_file() and (not url.fragment or target.suffix != ".html" or unquote(url.fragment) in read(target).anchors)


def test_the_site_loads_nothing_from_other_hosts(site):
    pages = sorted(site.rglob("*.html"))
    foreign = [f"{path.name}: {address}" for path in pages for address in read(path).loaded if urlsplit(address).netloc]
    foreign += [
        f"{path.name}: {address}" for path in sorted(site.rglob("*.css"))
        for address in re.findall(r"url\([\"']?(?:https?:)?//[^)]*|@import[^;]*", path.read_text())]
    assert foreign == []


def test_no_markdown_is_left_in_the_text(site):
    """GitHub and the site read lists and tables by different rules: what one takes for a list, the other may take for text."""
    assert list(left_in(site)) == []


def left_in(site: Path) -> "Iterator[str]":
    for name in navigation():
        for text in read(site / place(name)).paragraphs:
            if re.search(r"^\s*(?:[-*] |\d+\. \w|\|.*\|$|```)|\]\(", text, re.MULTILINE):
                yield f"{name}: {text[:200]}"
