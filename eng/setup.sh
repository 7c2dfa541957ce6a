#!/usr/bin/env bash
# Installs what is missing, by apt, for the uses named: build, demo, test, matrix, fuzz, bench, dist, lint, site. Says what it does.
set -euo pipefail

declare -A packages=(
  [build]="gcc zlib1g-dev"
  [demo]="gunicorn python3-prometheus-client prometheus"
  [test]="gunicorn python3-prometheus-client prometheus python3-pytest python3-pytest-xdist mypy
    python3-gevent python3-gevent-websocket python3-eventlet python3-tornado python3-uvicorn python3-flask python3-django python3-fastapi
    python3-bottle python3-falcon python3-pyramid python3-aiohttp
    python3-build python3-setuptools python3-wheel python3-venv
    python3-wsproto python3-h2 python3-requests python3-psycopg2 curl faketime openssl apache2-utils iproute2 procps redis-server redis-sentinel tmux zsh fish victoria-metrics chromium
    golang-go golang-github-masterminds-sprig-dev golang-gopkg-yaml.v3-dev jsonnet python3-jsonschema"
  [matrix]="debootstrap"
  [fuzz]="afl++"
  [bench]="gunicorn python3-prometheus-client python3-gevent wrk redis-server prometheus"
  [dist]="clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross python3-build python3-setuptools
    python3-wheel python3-venv debootstrap qemu-user-static binfmt-support iproute2 prometheus"
  [lint]="python3-pytest yamllint"
  [site]="mkdocs mkdocs-material"
)

# Part of systemd, and for systems without it a package of its own, which would take systemd's place.
command -v systemd-tmpfiles >/dev/null || packages[test]+=" systemd-standalone-tmpfiles"

[ "$*" = site ] || command -v dotnet >/dev/null || { echo "setup: the .NET SDK 10 is missing; install it and put dotnet on PATH" >&2; exit 1; }

missing=()
for use in "$@"; do
  for package in ${packages[$use]}; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
echo "setup: installing ${missing[*]}"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { $sudo apt-get update -q && $sudo apt-get install -qy --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "setup: apt could not install ${missing[*]}" >&2
  exit 1
fi
rm -f "$log"
