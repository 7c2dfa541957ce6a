#!/usr/bin/env bash
# Runs every test against what eng/build.sh left; the last line says how many passed and failed.
#
# Most tests wait for a server, so the .NET suites and the Python tests run beside each other. TEST_JOBS says how many
# Python tests run at a time.
set -uo pipefail
cd "$(dirname "$0")/.."
. eng/progress.sh
jobs=${TEST_JOBS:-3}
rm -rf out/test
mkdir -p out/test

# A command in the background ignores SIGINT, and so would the servers that its tests start.
heed() { env --default-signal "$@"; }

# Says what a runner's log says, and keeps it: $1 is its name, $2 its exit status, $3 when it began, $4 to $6 its counts.
count() {
  local p=${4:-0} f=${5:-0} s=${6:-0}
  # A runner that broke before it counted anything is one failure.
  if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  echo "$p $f $s" >"out/test/$1.count"
  echo "test: $1: $p passed, $f failed, $s skipped in $((SECONDS - $3)) s"
}

build_dotnet() {
  local log=out/test/build.log start=$SECONDS
  echo "test: building the .NET tests"
  # Without its log, show_progress takes it for ended.
  dotnet build GunicornPrometheusExporter.slnx --nologo -v quiet -clp:NoSummary >"$log" 2>&1 && rm "$log" && return
  tail -n 60 "$log"
  count build 1 "$start"
  return 1
}

run_dotnet() {
  local name=$1 log=out/test/$1.log start=$SECONDS status p f s total errors
  echo "test: $name"
  heed dotnet exec "tests/$name/bin/Debug/net10.0/$name.dll" >"$log" 2>&1
  status=$?
  # "Total: 9, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0"
  read -r total errors f s < <(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$log" | tail -n 1)
  p=$((${total:-0} - ${f:-0} - ${s:-0})) f=$((${f:-0} + ${errors:-0}))
  [ "$status" -eq 0 ] || grep -v '^\s*at ' "$log" | tail -n 60
  count "$name" "$status" "$start" "$p" "$f" "${s:-0}"
}

# Fuzzes a fixed number of inputs; FUZZ_EXECUTIONS and FUZZ_SEED may say how many and which.
run_fuzz() {
  local log=out/test/Fuzz.log start=$SECONDS status
  echo "test: Fuzz"
  heed dotnet exec tests/Fuzz/bin/Debug/net10.0/Fuzz.dll run "${FUZZ_EXECUTIONS:-20000}" "${FUZZ_SEED:-1}" >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || grep -v '^\s*at ' "$log" | tail -n 60
  count Fuzz "$status" "$start" "$((status == 0))"
}

run_pytest() {
  local log=out/test/python.log start=$SECONDS status
  echo "test: python"
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=out/python heed /usr/bin/python3 -m pytest -p no:cacheprovider \
    -n "$jobs" --dist loadgroup --durations 30 tests/python >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || tail -n 80 "$log"
  count python "$status" "$start" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) passed.*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) (failed|error).*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) skipped.*/\2/p' "$log" | tail -n 1)"
}

run_dotnet_suites() {
  local project
  build_dotnet || return
  for project in EndToEnd.Tests Published.Tests Exporter.Tests Engine.Tests; do run_dotnet "$project"; done
  run_fuzz
}

# A fetch that fails is told, and is no failure of a test.
eng/prometheus.sh || true
while pause 30; do show_progress out/test; done &
ticker=$!
run_dotnet_suites &
suites=$!
run_pytest
wait "$suites"
end_ticker "$ticker"

read -r passed failed skipped < <(cat out/test/*.count | awk '{ p += $1; f += $2; s += $3 } END { print p, f, s }')
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
echo "$summary in $SECONDS s" >&2
echo "$summary" | tee out/test/summary
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
