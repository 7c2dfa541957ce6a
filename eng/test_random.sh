#!/usr/bin/env bash
# Runs what make test runs with a fixed seed once more with another, and for longer, and the tests that take long on a busy machine. SEED replays a run.
set -uo pipefail
cd "$(dirname "$0")/.."
seed=${SEED:-$((RANDOM * 32768 + RANDOM + 1))}
echo "test: SEED=$seed"
export CHAOS_SEED=$seed KILL_SEED=$seed FOLDING_SEED=$seed PROPERTY_SEED=$seed DIRTY_SEED=$seed
export CHAOS_SECONDS=${CHAOS_SECONDS:-180} KILLS=${KILLS:-128} FOLDING_KILLS=${FOLDING_KILLS:-400}
export LEAK_CLASSES="sync gthread gevent uvicorn"
export DIRTY_TASKS=${DIRTY_TASKS:-10000} DIRTY_KILLS=${DIRTY_KILLS:-40}
status=0

PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=out/python env --default-signal /usr/bin/python3 -m pytest -q -p no:cacheprovider -rA \
  --show-capture no tests/python/test_chaos.py tests/python/test_choice_chaos.py \
  tests/python/test_kill_anywhere.py tests/python/test_folding.py tests/python/test_dirty_workers.py \
  tests/python/test_route_memory.py || status=1
for project in Engine.Tests Exporter.Tests; do dotnet run --project "tests/$project" || status=1; done
dotnet run -c Release --project tests/Fuzz -- run "${FUZZ_EXECUTIONS:-200000}" "$seed" || status=1

[ "$status" -eq 0 ] || echo "test: repeat it with: make test-random SEED=$seed"
exit "$status"
