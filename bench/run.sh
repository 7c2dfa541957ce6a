#!/usr/bin/env bash
# Runs every benchmark against what make build left, one after the other; each writes its page of bench/results.
set -euo pipefail
cd "$(dirname "$0")"
for benchmark in hot_path stacks metric_classes overhead alternatives scan scrape scrape_growth exporter redis remote_write otlp hub profiling; do
  echo "bench: $benchmark"
  /usr/bin/python3 -B "$benchmark.py"
done
