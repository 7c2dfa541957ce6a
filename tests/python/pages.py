"""The parsed Markdown pages of the repository."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

_BUILT = {".git", "out", "bin", "obj", "__pycache__", ".pytest_cache"}
_FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: GitHub turns an address into a link if its host has a dot.
_ADDRESS = re.compile(r"https?://[\w-]+\.[^\s)>]+")
_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_REPLACED = re.compile(r"^\| Was \| Is \| Note \|\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
_FILE_NAME = re.compile(r"^(?:#|//) (?P<name>[\w./-]+\.\w+)$")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0]

    @property
    def file_name(self) -> str:
        """The file name in a comment on the first line, or empty."""
        match = _FILE_NAME.match(self.first_line)
        return match["name"] if match else ""


@dataclass(frozen=True)
class Page:
    """One Markdown file, by its name in the repository."""

    name: str

    @cached_property
    def text(self) -> str:
        return (REPOSITORY / self.name).read_text()

    @cached_property
    def blocks(self) -> list[Block]:
        """The fenced blocks, in order."""
        return [Block(match["language"], match["text"]) for match in _FENCED.finditer(self.text)]

    @cached_property
    def prose(self) -> str:
        """The text outside the blocks."""
        return _FENCED.sub("", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """The inline code of the prose."""
        return [" ".join(match[2].split()) for match in _SPAN.finditer(self.prose)]

    @cached_property
    def replacements(self) -> list[tuple[str, str]]:
        """The queries for other exporters in its migration tables, each with its replacement."""
        rows = [row.split(" | ") for match in _REPLACED.finditer(self.text) for row in match["rows"].splitlines()]
        return [(was.strip("|` "), now.strip("` ")) for was, now, _ in rows]

    @cached_property
    def queries(self) -> list[str]:
        """The PromQL queries on the page. An indented line continues the query before it."""
        blocks = [block.text.replace("\n  ", " ") for block in self.blocks if block.language == "promql"]
        return [line for block in blocks for line in block.splitlines()] + [now for _, now in self.replacements]

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links and images, and every other address that is not code."""
        text = _SPAN.sub("", self.prose)
        return _LINK.findall(text) + _ADDRESS.findall(_LINK.sub("", text))

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments that its headings have on GitHub."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose)}

    def leads_to(self, link: str) -> str:
        """Returns the repository path of a relative link's target, with its fragment after ``#``."""
        path, _, fragment = link.partition("#")
        target = (REPOSITORY / self.name).parent / path if path else REPOSITORY / self.name
        name = str(target.resolve().relative_to(REPOSITORY))
        return f"{name}#{fragment}" if fragment else name


def _files() -> list[str]:
    """Returns the files of the repository, without build output."""
    found = []
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = set(folders) - _BUILT
        found += [str((Path(folder) / name).relative_to(REPOSITORY)) for name in names]
    return sorted(found)


FILES = _files()

#: Every page except the API reference, whose blocks have their own test.
PAGES = {name: Page(name) for name in FILES if name.endswith(".md") and name != "tests/python/seed_blocks.md"}
