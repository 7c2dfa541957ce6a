#!/usr/bin/env bash
# Runs every test against what eng/build.sh left; the last line says how many passed and failed.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p out/test
passed=0 failed=0 skipped=0

# Adds up what a runner's log says: $1 is its name, $2 its exit status, $3 to $5 its counts.
count() {
  local p=${3:-0} f=${4:-0} s=${5:-0}
  # A runner that broke before it counted anything is one failure.
  if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  echo "test: $1: $p passed, $f failed, $s skipped"
}

run_dotnet() {
  local name=$1 log=out/test/$1.log status p f s
  echo "test: $name"
  dotnet build "tests/$name" --nologo -v quiet -clp:NoSummary >"$log" 2>&1 && dotnet run --no-build --project "tests/$name" >>"$log" 2>&1
  status=$?
  # "Total: 9, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0"
  read -r total errors f s < <(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$log" | tail -n 1)
  p=$((${total:-0} - ${f:-0} - ${s:-0})) f=$((${f:-0} + ${errors:-0}))
  [ "$status" -eq 0 ] || grep -v '^\s*at ' "$log" | tail -n 60
  count "$name" "$status" "$p" "$f" "${s:-0}"
}

# Fuzzes a fixed number of inputs; FUZZ_EXECUTIONS and FUZZ_SEED may say how many and which.
run_fuzz() {
  local log=out/test/Fuzz.log status
  echo "test: Fuzz"
  dotnet run -c Release --project tests/Fuzz -- run "${FUZZ_EXECUTIONS:-20000}" "${FUZZ_SEED:-1}" >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || grep -v '^\s*at ' "$log" | tail -n 60
  count Fuzz "$status" "$((status == 0))"
}

run_pytest() {
  local log=out/test/python.log status
  echo "test: python"
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=out/python /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/python >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || tail -n 80 "$log"
  count python "$status" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) passed.*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) failed.*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) skipped.*/\2/p' "$log" | tail -n 1)"
}

# A fetch that fails is told, and is no failure of a test.
eng/prometheus.sh || true
for project in Engine.Tests Exporter.Tests Published.Tests EndToEnd.Tests; do run_dotnet "$project"; done
run_fuzz
run_pytest

summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
echo "$summary" | tee out/test/summary
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
