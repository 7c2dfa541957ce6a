"""The Python blocks of ``seed_blocks.md``."""

import re
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent / "seed_blocks.md"
_BLOCK = re.compile(
    r"^## (?P<title>.+?) \((?P<where>[\w ]+)\)\n\n```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block, and the place where it runs."""

    title: str
    where: str
    code: str


BLOCKS = [Block(**match.groupdict()) for match in _BLOCK.finditer(_FILE.read_text())]


def blocks(where: str) -> list[Block]:
    """Returns the blocks that run in this place."""
    return [block for block in BLOCKS if block.where == where]
