#!/usr/bin/env bash
# Runs the tests of OTLP with an OpenTelemetry collector between the exporter and the receiver.
#
# Debian has the collector only as source: the first run fetches 350 MB of packages, and builds for some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/progress.sh
folder=$PWD/out/collector root=$PWD/out/collector/root
eng/prometheus.sh
if [ ! -x "$folder/otelcol" ]; then
  [ -d "$root" ] || DEPENDENCIES=true with_progress "collector: fetching its source and Go" \
    eng/unpack.sh sid "$(dpkg --print-architecture)" "$root" golang-go golang-opentelemetry-collector-dev
  GOROOT=$(ls -d "$root"/usr/lib/go-*) GOPATH=$root/usr/share/gocode GOCACHE=$folder/cache GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0
  export GOROOT GOPATH GOCACHE GO111MODULE GOTOOLCHAIN CGO_ENABLED
  with_progress "collector: building" "$GOROOT/bin/go" build -ldflags=-s -o "$folder/otelcol" eng/collector/main.go
fi
export OTEL_COLLECTOR=$folder/otelcol
zcat "$root/usr/share/doc/golang-opentelemetry-collector-dev/changelog.Debian.gz" | head -n 1
dotnet run --project tests/EndToEnd.Tests -- -class "*.OtlpTests"
