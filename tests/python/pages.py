"""The Markdown pages of the repository, taken apart."""

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
#: GitHub makes a link of an address whose host has a dot.
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
        """What names it in a list."""
        return self.text.split("\n", 1)[0]

    @property
    def file_name(self) -> str:
        """The file that it is, by a comment in its first line; empty if it is none."""
        match = _FILE_NAME.match(self.first_line)
        return match["name"] if match else ""


@dataclass(frozen=True)
class Page:
    """One Markdown file, by its name in the repository."""

    name: str

    @cached_property
    def text(self) -> str:
        """All of it."""
        return (REPOSITORY / self.name).read_text()

    @cached_property
    def blocks(self) -> list[Block]:
        """The fenced blocks, in order."""
        return [Block(match["language"], match["text"]) for match in _FENCED.finditer(self.text)]

    @cached_property
    def prose(self) -> str:
        """What is in no block."""
        return _FENCED.sub("", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """What the prose shows as code."""
        return [" ".join(match[2].split()) for match in _SPAN.finditer(self.prose)]

    @cached_property
    def replacements(self) -> list[tuple[str, str]]:
        """The queries of others that its tables name, and in the place of each what is to be asked now."""
        rows = [row.split(" | ") for match in _REPLACED.finditer(self.text) for row in match["rows"].splitlines()]
        return [(was.strip("|` "), now.strip("` ")) for was, now, _ in rows]

    @cached_property
    def queries(self) -> list[str]:
        """What it tells to ask a Prometheus."""
        blocks = [block.text for block in self.blocks if block.language == "promql"]
        return [line for block in blocks for line in block.splitlines()] + [now for _, now in self.replacements]

    @cached_property
    def links(self) -> list[str]:
        """Where its links and images lead, and every other address that is not code."""
        text = _SPAN.sub("", self.prose)
        return _LINK.findall(text) + _ADDRESS.findall(_LINK.sub("", text))

    @cached_property
    def anchors(self) -> set[str]:
        """The fragments that its headings have on GitHub."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose)}

    def leads_to(self, link: str) -> str:
        """The name in the repository of what a relative link leads to, and its fragment behind ``#``."""
        path, _, fragment = link.partition("#")
        target = (REPOSITORY / self.name).parent / path if path else REPOSITORY / self.name
        name = str(target.resolve().relative_to(REPOSITORY))
        return f"{name}#{fragment}" if fragment else name


def _files() -> list[str]:
    """The files of the repository, without what is built."""
    found = []
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = set(folders) - _BUILT
        found += [str((Path(folder) / name).relative_to(REPOSITORY)) for name in names]
    return sorted(found)


FILES = _files()

#: Every page but the API reference, whose blocks have a test of their own.
PAGES = {name: Page(name) for name in FILES if name.endswith(".md") and name != "tests/python/seed_blocks.md"}
