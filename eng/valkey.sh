#!/usr/bin/env bash
# Runs the tests of Redis with the Valkey of a suite of Debian in place of Redis. Arguments: the suite, trixie if none is given.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:-trixie} root=$PWD/out/valkey-${1:-trixie}
[ -d "$root" ] || eng/unpack.sh "$suite" "$(dpkg --print-architecture)" "$root" \
  valkey-server valkey-tools libc6 libatomic1 libcap2 libgcc-s1 libjemalloc2 liblzf1 libssl3t64 libsystemd0 libzstd1 zlib1g
libraries=$(ls -d "$root"/usr/lib/*-linux-gnu)
mkdir -p "$root/path"
for program in server cli; do
  # The suite's own loader and C library run it.
  printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
    "$(ls "$libraries"/ld-linux-*.so.*)" "$libraries" "$root/usr/bin/valkey-$program" >"$root/path/redis-$program"
  chmod 755 "$root/path/redis-$program"
done
PATH=$root/path:$PATH
redis-server --version
dotnet run --project tests/Engine.Tests -- -class "*.Redis.*"
