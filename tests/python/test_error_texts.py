"""Errors are parts of log lines and of other errors: they do not begin like a sentence, and end without a full stop."""

import re
from typing import Iterator

from pages import FILES, REPOSITORY

#: The beginning of an exception whose message a user reads.
THROWN = re.compile(r"new (?:Store|Configuration|Listen|Reading|Forwarding)Exception\(|raise (?:Metrics|Configuration)Error\(")
#: The words of a sentence that are not the name of another program, such as Redis.
SENTENCE = re.compile(r"""\A\s*[$f]?"(?:A|An|The|This|Another|No|Cannot) |\w\."\s*(?:,|\Z)""")


def arguments(source: str) -> "Iterator[str]":
    """Yields the arguments of each such exception in a source."""
    for match in THROWN.finditer(source):
        depth, is_text, end = 1, False, match.end()
        while depth and end < len(source):
            character = source[end]
            if is_text and character == "\\":
                end += 1
            elif character == '"':
                is_text = not is_text
            elif not is_text:
                depth += {"(": 1, ")": -1}.get(character, 0)
            end += 1
        yield source[match.end():end - 1]


def test_no_error_is_a_sentence_of_its_own():
    found = [
        (name, text) for name in FILES if name.startswith(("src/", "python/")) and name.endswith((".cs", ".py"))
        for text in arguments((REPOSITORY / name).read_text())]
    assert len(found) > 90
    assert [error for error in found if SENTENCE.search(error[1])] == []
