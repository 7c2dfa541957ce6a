#!/usr/bin/env bash
# Leaves the newest Prometheus and VictoriaMetrics that Debian has in out/prometheus, without a change to the machine's apt.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/out/prometheus
[ ! -x "$folder/usr/bin/victoria-metrics" ] || exit 0
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
: >"$folder/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$folder/apt/sources.list"
options=(
  -q -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::State::status=$folder/apt/status" -o "Dir::Cache=$folder/apt/cache"
  -o APT::Sandbox::User=root
)
cd "$folder/apt"
if apt-get "${options[@]}" update >log 2>&1 && apt-get "${options[@]}" download prometheus victoria-metrics >>log 2>&1; then
  for package in *.deb; do dpkg -x "$package" "$folder"; done
  "$folder/usr/bin/prometheus" --version 2>&1 | head -n 1
else
  echo "prometheus: SKIPPED: the newest could not be fetched; the tests use the machine's" >&2
fi
