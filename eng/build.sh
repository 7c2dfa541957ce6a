#!/usr/bin/env bash
# Leaves out/gunicorn-prometheus-exporter and out/python/. Argument: the runtime identifier.
set -euo pipefail
cd "$(dirname "$0")/.."
rid=${1:-linux-x64}
package=out/python/gunicorn_prometheus_exporter

publish() { dotnet publish "src/$1" -c Release -r "$rid" -o "out/publish/$1" --nologo -v quiet -clp:NoSummary; }

echo "build: the extension module"
publish PythonModule
echo "build: the executable"
publish Exporter

echo "build: out/python"
rm -rf out/python
mkdir -p out/python
cp -r python/gunicorn_prometheus_exporter out/python/
find out/python -name __pycache__ -prune -exec rm -rf {} +
mkdir -p "$package/bin"
# A new file each time: a running process keeps the one it has mapped.
install -m 755 out/publish/PythonModule/_engine.so "$package/_engine.abi3.so"
install -m 755 out/publish/Exporter/gunicorn-prometheus-exporter out/gunicorn-prometheus-exporter
install -m 755 out/publish/Exporter/gunicorn-prometheus-exporter "$package/bin/gunicorn-prometheus-exporter"
