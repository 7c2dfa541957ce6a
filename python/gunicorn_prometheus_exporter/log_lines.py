"""Escapes texts of other code in log lines, so that none can end a line, forge one or change how a line is displayed."""

from collections.abc import Mapping


def one_line(text: object) -> str:
    """Returns the text with escapes for line breaks, control characters and everything else that is not printable."""
    return "".join(map(_escaped, str(text)))


def with_fields(message: object, fields: Mapping[str, object]) -> str:
    """Returns a message in one line, followed by its fields in logfmt."""
    return " ".join([one_line(message), *(f"{name}={_value(str(value))}" for name, value in fields.items())])


def _value(text: str) -> str:
    escaped = "".join("\\" + c if c in '"\\' else _escaped(c) for c in text)
    return text if text and escaped == text and not set(text) & set(" =") else f'"{escaped}"'


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
