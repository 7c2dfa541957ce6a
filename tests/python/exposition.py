"""A parsed text exposition."""

import re

_SAMPLE = re.compile(r"^(?P<name>[^\s{]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Exposition:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        """Parses a text exposition."""
        self.text = text
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in text.splitlines():
            match = None if line.startswith("#") else _SAMPLE.match(line)
            if match is not None:
                labels = dict(_LABEL.findall(match["labels"] or ""))
                self.samples.append((match["name"], labels, float(match["value"])))

    def total(self, name: str) -> float:
        """Returns the sum of the samples of this name, 0 if there are none."""
        return sum(value for sample, _, value in self.samples if sample == name)

    def value(self, name: str, **labels: str) -> float:
        """Returns the sum of the samples of this name that have at least these labels; fails if there are none."""
        found = [value for sample, its, value in self.samples if sample == name and labels.items() <= its.items()]
        assert found, f"no sample {name} with {labels} in:\n{self.text}"
        return sum(found)

    def has(self, name: str, **labels: str) -> bool:
        """Returns whether a sample of this name has at least these labels."""
        return any(sample == name and labels.items() <= its.items() for sample, its, _ in self.samples)

    def by(self, name: str, label: str) -> dict[str, float]:
        """Returns the sums of the samples of this name, by the values of a label."""
        sums: dict[str, float] = {}
        for sample, its, value in self.samples:
            if sample == name:
                sums[its[label]] = sums.get(its[label], 0.0) + value
        return sums
