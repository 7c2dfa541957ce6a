#!/usr/bin/env bash
# Fuzzes one target for some seconds, guided by the coverage of the engine; arguments: the target, the seconds.
# What it finds stays in out/fuzz/TARGET/default/crashes; replay it with
#   dotnet run -c Release --project tests/Fuzz -- replay TARGET FILE
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1 seconds=$2
root=$PWD/out/fuzz

command -v afl-fuzz >/dev/null || { echo "fuzz: SKIPPED: there is no afl-fuzz; install afl++" >&2; exit 0; }
tool=$root/tools/sharpfuzz
if [ ! -x "$tool" ] && ! dotnet tool install SharpFuzz.CommandLine --tool-path "$root/tools" >/dev/null; then
  echo "fuzz: SKIPPED: SharpFuzz.CommandLine cannot be installed from the registry" >&2
  exit 0
fi

rm -rf "$root/bin" "$root/seeds"
dotnet build tests/Fuzz -c Release --nologo -v quiet -clp:NoSummary -o "$root/bin"
"$tool" "$root/bin/GunicornPrometheusExporter.dll"
mkdir -p "$root/seeds" "$root/$target"
cp "tests/Fuzz/corpus/$target"/* "$root/seeds/"

echo "fuzz: $target for $seconds seconds"
AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_AUTORESUME=1 \
  nice afl-fuzz -V "$seconds" -t 10000 -m none -i "$root/seeds" -o "$root/$target" \
  -- dotnet "$root/bin/Fuzz.dll" guided "$target" >"$root/$target.log" 2>&1 || { tail -n 20 "$root/$target.log"; exit 1; }
grep -E '^(execs_done|execs_per_sec|corpus_count|saved_crashes|saved_hangs|bitmap_cvg)' "$root/$target/default/fuzzer_stats"
[ -z "$(find "$root/$target/default/crashes" -name 'id*' -print -quit)" ] || { echo "fuzz: findings in $root/$target/default/crashes"; exit 1; }
