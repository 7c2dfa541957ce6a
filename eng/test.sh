#!/usr/bin/env bash
# Runs every test against what eng/build.sh left; the last line says how many passed and failed.
#
# Most tests wait for a server, so the .NET suites and the Python tests run beside each other. TEST_JOBS says how many
# Python tests run at a time. A test that failed is run once more when all others have ended: what then passes starved
# beside the others. Both runs are told, with the first one's message.
set -uo pipefail
cd "$(dirname "$0")/.."
. eng/progress.sh
jobs=${TEST_JOBS:-3}
suites=(EndToEnd.Tests Published.Tests Exporter.Tests Engine.Tests)
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

# Runs the suite $1 into the log out/test/$2.log, and counts it as $2; what follows goes to the runner.
run_dotnet() {
  local name=$1 as=$2 log=out/test/$2.log start=$SECONDS status p f s total errors
  shift 2
  echo "test: $as"
  heed dotnet exec "tests/$name/bin/Debug/net10.0/$name.dll" -noColor "$@" >"$log" 2>&1
  status=$?
  # "Total: 9, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0"
  read -r total errors f s < <(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$log" | tail -n 1)
  p=$((${total:-0} - ${f:-0} - ${s:-0})) f=$((${f:-0} + ${errors:-0}))
  [ "$status" -eq 0 ] || grep -v '^\s*at ' "$log" | tail -n 60
  count "$as" "$status" "$start" "$p" "$f" "${s:-0}"
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

# Runs the Python tests into the log out/test/$1.log, and counts them as $1; what follows goes to pytest.
run_pytest() {
  local as=$1 log=out/test/$1.log start=$SECONDS status
  shift
  echo "test: $as"
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=out/python heed /usr/bin/python3 -m pytest \
    -o cache_dir="$PWD/out/test/pytest" "$@" tests/python >"$log" 2>&1
  status=$?
  [ "$status" -eq 0 ] || tail -n 80 "$log"
  count "$as" "$status" "$start" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) passed.*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) (failed|error).*/\2/p' "$log" | tail -n 1)" \
    "$(sed -nE 's/(.*[ =]|^)([0-9]+) skipped.*/\2/p' "$log" | tail -n 1)"
}

run_dotnet_suites() {
  local project
  build_dotnet || return
  for project in "${suites[@]}"; do run_dotnet "$project" "$project"; done
  run_fuzz
}

# The runner's arguments for the methods of the suite $1 that failed; none where a fixture failed too.
failed_methods() {
  local log=out/test/$1.log
  grep -q ', Errors: 0,' "$log" || return
  sed -nE 's/^ +([^ (]+)(\(.*)? \[FAIL\]$/\1/p' "$log" | sort -u | sed 'i -method'
}

# Runs once more what failed in $1, by the command that follows, and corrects its count.
# More than ten failures are no matter of a busy machine.
run_again() {
  local name=$1 p f s still
  shift
  read -r p f s <"out/test/$name.count"
  [ "$f" -gt 0 ] && [ "$f" -le 10 ] || return
  "$@"
  read -r _ still _ <"out/test/$name-again.count"
  rm "out/test/$name-again.count"
  echo "$((p + f - still)) $still $s" >"out/test/$name.count"
}

run_failed_again() {
  local name methods
  [ ! -e out/test/build.count ] || return
  for name in "${suites[@]}"; do
    mapfile -t methods < <(failed_methods "$name")
    [ ${#methods[@]} -eq 0 ] || run_again "$name" run_dotnet "$name" "$name-again" "${methods[@]}"
  done
  ! grep -qE '^(FAILED|ERROR) ' out/test/python.log || run_again python run_pytest python-again --last-failed
}

# Names what failed in each log, with the first lines of its message.
tell_failures() {
  local log said
  for log in out/test/*.log; do
    said=$(sed -nE '/^ +.* \[FAIL\]$/,/^ +Stack Trace:$/{/Stack Trace:$/!p}; /^(E   |FAILED |ERROR )/p' "$log" | cut -c 1-300 | head -n 40)
    [ -z "$said" ] || printf 'test: failed in %s:\n%s\n' "$(basename "$log" .log)" "$said"
  done
}

# A fetch that fails is told, and is no failure of a test.
eng/prometheus.sh || true
while pause 30; do show_progress out/test; done &
ticker=$!
run_dotnet_suites &
dotnet=$!
run_pytest python -n "$jobs" --dist loadgroup --durations 30
wait "$dotnet"
end_ticker "$ticker"
run_failed_again
tell_failures

read -r passed failed skipped < <(cat out/test/*.count | awk '{ p += $1; f += $2; s += $3 } END { print p, f, s }')
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
echo "$summary in $SECONDS s" >&2
echo "$summary" | tee out/test/summary
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
