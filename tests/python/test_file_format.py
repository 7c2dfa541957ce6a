"""docs/file-format.md has the offsets of the sources. The script on that page checks them with real files."""

import re

import pytest

from pages import PAGES, REPOSITORY

PAGE = PAGES["docs/file-format.md"].text
ENGINE = REPOSITORY / "src" / "Engine"


def offsets_under(words: str) -> set[int]:
    """Returns the offsets in the first table after these words."""
    table = re.search(r"^\| Offset.*?\n\n", PAGE[PAGE.index(words):], re.MULTILINE | re.DOTALL)
    return {int(number) for column in re.findall(r"^\| ([\d, ]+) \|", table[0], re.MULTILINE) for number in column.split(", ")}


@pytest.mark.parametrize(("words", "source", "pattern"), [
    ("## Entries", "Files/StoreFormat.cs", r"int \w+Offset = (\d+);"),
    ("can have a list of file names", "Files/CountedFiles.cs", r"int (?:\w+Offset|HeaderSize) = (\d+);"),
    ("## Requests in flight", "Flights/FlightHeader.cs", r"(?:\w+Offset = |FieldOffset\()(\d+)"),
    ("A flight record:", "Flights/FlightRecord.cs", r"FieldOffset\((\d+)"),
], ids=["entries", "names", "flights", "requests"])
def test_every_offset_of_the_source_is_on_the_page(words, source, pattern):
    stated = {int(number) for number in re.findall(pattern, (ENGINE / source).read_text())}
    assert stated and stated <= offsets_under(words)


@pytest.mark.parametrize("source", ["Files/CountedFiles.cs", "Flights/FlightFormat.cs"])
def test_the_first_bytes_of_a_file_are_those_of_the_source(source):
    (magic,) = re.findall(r"Magic = 0x(\w+);", (ENGINE / source).read_text())
    assert f"`{bytes.fromhex(magic.replace('_', ''))[::-1].decode()}`" in PAGE
