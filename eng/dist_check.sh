#!/usr/bin/env bash
# Tries what eng/dist.sh left as those would who get it: each wheel in a fresh virtual environment of every CPython at hand
# and, as README.md says word for word, in a system that has nothing but python3-venv and gunicorn; the Debian packages;
# the service. What cannot be tried here is skipped, with a line that says so. Needs root for the chroots.
set -uo pipefail
cd "$(dirname "$0")/.."
dist=$PWD/out/dist cache=$PWD/out/chroots name=gunicorn-prometheus-exporter
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
passed=0 failed=0

# Runs a check and counts it: $1 says what it is, the rest is the command.
check() {
  local what=$1 log
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then passed=$((passed + 1)) && echo "dist: ok: $what"; else
    failed=$((failed + 1)) && echo "dist: FAILED: $what" && tail -n 20 "$log"
  fi
  rm -f "$log"
}

skip() { echo "dist: SKIPPED: $1" >&2; }

# A wheel in a fresh environment of a CPython: the command runs, and what the engine counts the executable shows.
try_wheel() {
  local python=$1 wheel=$2 home
  home=$(mktemp -d)
  "$python" -m venv "$home/venv" && "$home/venv/bin/pip" install -q --no-index --no-deps --disable-pip-version-check "$wheel" &&
    "$home/venv/bin/$name" ensure --dir "$home/store" >/dev/null &&
    PROMETHEUS_MULTIPROC_DIR=$home/store "$home/venv/bin/python" -c '
from gunicorn_prometheus_exporter.metrics import WorkerRequests
WorkerRequests().inc(worker_id="process_1")' &&
    "$home/venv/bin/$name" dump --dir "$home/store" | grep -F 'gunicorn_worker_requests_total{worker_id="process_1"} 1'
  local status=$?
  rm -rf "$home"
  return "$status"
}

# Leaves a system of an architecture with python3-venv, gunicorn and curl in $cache.
make_chroot() {
  local folder=$cache/$1
  [ -d "$folder" ] && return
  mkdir -p "$cache"
  rm -rf "$folder.new"
  debootstrap --arch="$1" --variant=minbase --include=python3-venv,gunicorn,curl,ca-certificates "$suite" "$folder.new" "$mirror" &&
    mv "$folder.new" "$folder"
}

# Runs a script in a chroot, with /proc and a loopback network, in namespaces that end with it.
inside() {
  unshare --mount --pid --net --fork sh -ec '
    ip link set lo up
    mount -t proc proc "$1/proc"
    exec chroot "$1" sh -ec "$2"' sh "$cache/$1" "$2"
}

# What README.md says under a heading to type, as a script.
readme() { sed -n "/^## $1/,/^## /p" README.md | sed -n '/^```console/,/^```/s/^\$ //p'; }

# Types what README.md says; the last but one command serves, the last one asks.
try_readme() {
  local folder=$cache/$1/root/app commands
  rm -rf "$folder" && mkdir -p "$folder" && cp "$2" "$folder/" && cp examples/quickstart/app.py "$folder/"
  commands=$(readme Install)
  [ "$(wc -l <<<"$commands")" -ge 4 ] || return 1
  inside "$1" "cd /root/app
$(head -n -2 <<<"$commands")
$(tail -n 2 <<<"$commands" | head -n 1) &
for _ in \$(seq 100); do curl -fs localhost:8000/ >/dev/null && curl -fs localhost:9091/-/ready >/dev/null && break; sleep 0.3; done
$(tail -n 1 <<<"$commands") | grep '^gunicorn_worker_requests_total{.*} [1-9]'
kill %1 2>/dev/null || kill \$!
wait"
}

# The package installs, shows its page, and goes again without a trace.
try_deb() {
  cp "$2" "$cache/$1/root/package.deb"
  inside "$1" "dpkg -i /root/package.deb
$name --version
zcat /usr/share/man/man1/$name.1.gz | grep -q 'SH COMMANDS'
rm -rf /tmp/s
$name ensure --dir /tmp/s
PROMETHEUS_MULTIPROC_DIR=/tmp/s python3 -c 'from gunicorn_prometheus_exporter.metrics import WorkerRequests; WorkerRequests().inc(worker_id=\"process_1\")'
$name dump --dir /tmp/s | grep -F 'gunicorn_worker_requests_total{worker_id=\"process_1\"} 1'
dpkg --purge $name
test ! -e /usr/bin/$name && test ! -e /usr/lib/python3/dist-packages/gunicorn_prometheus_exporter"
}

# systemd takes the units as they are, and calls the service's exposure at most medium low: 2.0 of 10.
try_unit() {
  local root exposure
  root=$(mktemp -d)
  dpkg-deb -x "$1" "$root" &&
    sed -i "s|/usr/bin/$name|$root/usr/bin/$name|" "$root/lib/systemd/system/$name.service" &&
    systemd-analyze verify --man=no "$root/lib/systemd/system/$name".{service,socket} 2>&1 | tee "$root/verify" &&
    ! grep -E "$name.(service|socket)" "$root/verify" &&
    systemd-analyze security --offline=true --threshold=20 "$root/lib/systemd/system/$name.service"
  local status=$?
  rm -rf "$root"
  return "$status"
}

native=$(dpkg --print-architecture)
for machine in x86_64:amd64 aarch64:arm64; do
  architecture=${machine#*:}
  wheel=$(ls "$dist"/*_"${machine%:*}".whl 2>/dev/null) deb=$(ls "$dist"/*_"$architecture".deb 2>/dev/null)
  [ -n "$wheel" ] || continue
  check "$architecture: the wheel's metadata" /usr/bin/python3 -m zipfile -t "$wheel"
  if [ "$architecture" = "$native" ]; then
    for python in /usr/bin/python3 "$HOME"/.pyenv/versions/3.{9,1[0-9]}.*/bin/python3; do
      [ -x "$python" ] && check "$architecture: the wheel on $("$python" -V)" try_wheel "$python" "$wheel"
    done
    check "the service" try_unit "$deb"
  fi
  if [ "$(id -u)" != 0 ]; then skip "$architecture: a system of its own needs root"
  elif ! make_chroot "$architecture" >"$cache.$architecture.log" 2>&1; then skip "$architecture: no system could be made: $(tail -n 1 "$cache.$architecture.log")"
  else
    check "$architecture: README.md, word for word" try_readme "$architecture" "$wheel"
    check "$architecture: the Debian package" try_deb "$architecture" "$deb"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
