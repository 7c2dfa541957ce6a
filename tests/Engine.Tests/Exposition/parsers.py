"""The stock parsers of prometheus_client as a service: an exposition in, its samples out.

A question is a line "FORMAT LENGTH" and the bytes; an answer is a line of JSON, of the samples' values by name and labels,
each value as Python writes it; or of the error that the parser raised.
"""
import io
import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

PARSERS = {"Text": parser.text_fd_to_metric_families, "OpenMetrics": openmetrics_parser.text_fd_to_metric_families}


def parse(name, text):
    samples, types, units = {}, {}, {}
    for family in PARSERS[name](io.StringIO(text)):
        types[family.name] = family.type
        if family.unit:
            units[family.name] = family.unit
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            exemplar = ""
            if sample.exemplar:
                exemplar = f" {sample.exemplar.labels} {sample.exemplar.value} {sample.exemplar.timestamp}"
            samples[f"{sample.name}{{{labels}}}"] = repr(float(sample.value)) + exemplar
    return {"samples": samples, "types": types, "units": units}


for line in sys.stdin.buffer:
    name, length = line.split()
    text = sys.stdin.buffer.read(int(length)).decode("utf-8")
    try:
        answer = parse(name.decode(), text)
    except ValueError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
