"""Writes the table of what the matrix ran: ``matrix_table.py FOLDER TESTS QUICK``. Its status is 1 if a test failed.

The folder holds three kinds of files for a row: ``.skipped`` says what could not run and why, ``.ran`` which versions
did, and ``.xml`` is what pytest tells of its tests.
"""

import platform
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python"))
from worker_classes import STOCK  # noqa: E402

#: The column of the tests that are about no worker class in particular.
REST = "the rest"

COLUMNS = (*STOCK, REST)

#: Of a line of prose.
WIDTH = 120


class Row:
    """The tests that ran with one Gunicorn on one CPython."""

    def __init__(self, gunicorn: str, python: str, results: Path) -> None:
        """Reads pytest's results; without any, the row has failed."""
        self.name = f"| {gunicorn} | {python} "
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        if not results.exists():
            self.failed[REST] = 1
            return
        for case in ElementTree.parse(results).iter("testcase"):
            names = [each.get("value", "") for each in case.iter("property") if each.get("name") == "worker_class"]
            column = names[0] if names else REST
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed[column] += 1
            elif skipped is not None:
                self.skipped[column] += 1
                self.reasons[skipped.get("message", "")] += 1
            else:
                self.passed[column] += 1

    def __str__(self) -> str:
        """Returns the row as it stands in the table."""
        return self.name + "".join(f"| {self._cell(column)} " for column in COLUMNS) + "|"

    def _cell(self, column: str) -> str:
        told = [str(self.passed[column])] if self.passed[column] else []
        told += [f"**{self.failed[column]} failed**"] if self.failed[column] else []
        # A class of which nothing ran is not there.
        told += [f"{self.skipped[column]} skipped"] if told and self.skipped[column] else []
        return ", ".join(told) or "–"


def main(folder: Path, tests: str, quick: str) -> int:
    """Prints the table."""
    rows: list[Row] = []
    lines: list[str] = []
    for file in sorted(folder.iterdir()):
        if file.suffix == ".skipped":
            gunicorn, python, reason = file.read_text().rstrip("\n").split("\t")
            lines.append(f"| {gunicorn} | {python} | skipped: {reason} " + "| " * (len(COLUMNS) - 1) + "|")
        elif file.suffix == ".ran":
            rows.append(Row(*file.read_text().rstrip("\n").split("\t"), results=file.with_suffix(".xml")))
            lines.append(str(rows[-1]))
    what = (
        f"This page lists the tested versions of Gunicorn and CPython. `make test-matrix` wrote it on {time.strftime('%F')}, on "
        f"{platform.system()} {platform.machine()}. The tests ran real servers, all with the same extension module and executable. A "
        "cell has the number of tests of a worker class that passed; a dash means that the class is not available there.")
    files = (
        f"The machine's own CPython, whose rows come first, ran {tests.replace(' ', ', ')}; the others ran {quick.replace(' ', ', ')}.")
    print("# Compatibility", textwrap.fill(what, WIDTH), textwrap.fill(files, WIDTH), sep="\n\n", end="\n\n")
    print(f"| Gunicorn | CPython | {' | '.join(COLUMNS)} |")
    print("|" + "---|" * (len(COLUMNS) + 2))
    print("\n".join(lines))
    reasons = sum((row.reasons for row in rows), Counter())
    if reasons:
        print("\nSkipped tests in these rows, by reason:\n")
        print("\n".join(f"- {count} × {reason}" for reason, count in sorted(reasons.items())))
    return 1 if any(row.failed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
