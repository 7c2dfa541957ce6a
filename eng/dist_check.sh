#!/usr/bin/env bash
# Tries the packages of eng/dist.sh as their users would: each wheel in a fresh virtual environment of every CPython at hand
# and, as README.md says word for word, in a system that has nothing but python3-venv and gunicorn; the Debian packages;
# the service. What cannot be tried here is skipped, with a line that says so. Needs root for the chroots.
set -uo pipefail
cd "$(dirname "$0")/.."
dist=$PWD/out/dist cache=$PWD/out/chroots name=gunicorn-prometheus-exporter
version=$(dotnet msbuild src/Engine -getProperty:Version)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
native=$(dpkg --print-architecture)
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

# pip takes the wheel without the engine only where no other fits. There Gunicorn serves, with one line.
try_choice() {
  local wheel=$1 home pip=(-q --no-index --no-deps --disable-pip-version-check)
  home=$(mktemp -d)
  /usr/bin/python3 -m venv --system-site-packages "$home/venv" &&
    "$home/venv/bin/pip" install "${pip[@]}" --find-links "$dist" "$name" && ls "$home"/venv/lib/python3*/site-packages/*/_engine.abi3.so &&
    "$home/venv/bin/pip" download "${pip[@]}" --find-links "$dist" --only-binary=:all: --platform macosx_14_0_arm64 -d "$home" "$name" &&
    ls "$home/${wheel##*/}" && "$home/venv/bin/pip" install "${pip[@]}" --force-reinstall "$wheel" &&
    cp examples/quickstart/app.py "$home/" && (
      cd "$home" || exit
      venv/bin/python -m gunicorn -c python:gunicorn_prometheus_exporter.conf -b unix:app.sock app:app 2>log &
      for _ in $(seq 100); do curl -fs --unix-socket app.sock http://localhost/hello && break; sleep 0.1; done
      kill $! && wait $!
      cat log
      [ "$(grep -c 'Metrics are off' log)" = 1 ] && ! grep ERROR log
    )
  local status=$?
  rm -rf "$home"
  return "$status"
}

# The metadata of a wheel has all that an index shows.
try_metadata() {
  /usr/bin/python3 -c '
import email, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    assert wheel.testzip() is None
    text, = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
metadata = email.message_from_string(text)
assert metadata["Version"] == sys.argv[2] and metadata["License"] == "MIT" and metadata["License-File"] == "LICENSE"
assert {url.partition(",")[0] for url in metadata.get_all("Project-URL")} == {"Documentation", "Changelog"}
assert "Typing :: Typed" in metadata.get_all("Classifier") and len(metadata.get_all("Classifier")) > 10
assert metadata["Description-Content-Type"] == "text/markdown" and metadata.get_payload().startswith("# Gunicorn")
' "$1" "$version"
}

# The chart has the rules and dashboards, not links to them, and the version of the product.
try_chart() {
  local root
  root=$(mktemp -d)
  tar -xzf "$dist/$name-$version.tgz" -C "$root" &&
    diff -r deploy/mixin/dashboards "$root/$name/files/dashboards" && diff -r deploy/mixin/rules "$root/$name/files/rules" &&
    [ -z "$(find "$root" -type l)" ] && grep -qx "appVersion: $version" "$root/$name/Chart.yaml"
  local status=$?
  rm -rf "$root"
  return "$status"
}

# Lets the kernel run programs of the architecture $1 by qemu: in a container, no service manager has.
run_foreign() {
  [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || return
  update-binfmts --enable "qemu-$(sed 's/amd64/x86_64/; s/arm64/aarch64/' <<<"$1")"
}

# Leaves a system with python3-venv, gunicorn and curl in $cache: its name, its architecture, and its suite of Debian.
make_chroot() {
  local folder=$cache/$1 architecture=$2 suite=$3
  [ "$architecture" = "$native" ] || run_foreign "$architecture" || return
  [ -d "$folder" ] && return
  mkdir -p "$cache"
  rm -rf "$folder.new"
  debootstrap --arch="$architecture" --variant=minbase --include=python3-venv,gunicorn,curl,ca-certificates "$suite" "$folder.new" "$mirror" &&
    echo '127.0.0.1 localhost' >"$folder.new/etc/hosts" && mv "$folder.new" "$folder"
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

# Types what README.md says, beside all wheels; the last but one command serves, the last one asks.
try_readme() {
  local folder=$cache/$1/root/app commands
  rm -rf "$folder" && mkdir -p "$folder" && cp "$dist"/*.whl "$folder/" && cp examples/quickstart/app.py "$folder/"
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

# systemd accepts the units and the example for Gunicorn, and rates the exposure of the services at most medium low: 2.0 of 10.
try_units() {
  local root units
  root=$(mktemp -d)
  dpkg-deb -x "$1" "$root" && units=$root/lib/systemd/system &&
    cp "$root/usr/share/doc/$name/examples/gunicorn.service" "$units/$name-example.service" &&
    sed -i "s|^ExecStart=/usr/bin/[a-z-]*|ExecStart=$root/usr/bin/$name|" "$units"/*.service &&
    systemd-analyze verify --man=no "$units"/* 2>&1 | tee "$root/verify" &&
    ! grep "$name" "$root/verify" &&
    systemd-analyze security --offline=true --threshold=20 "$units/$name.service" &&
    systemd-analyze security --offline=true --threshold=20 "$units/$name-hub.service"
  local status=$?
  rm -rf "$root"
  return "$status"
}

# The package's examples, rules and completions are valid.
try_contents() {
  local root doc
  root=$(mktemp -d) doc=$root/usr/share/doc/$name
  dpkg-deb -x "$1" "$root" &&
    "$root/usr/bin/$name" config --check --config.file "$doc/examples/exporter.yml" &&
    /usr/bin/python3 -m py_compile "$doc/examples/gunicorn.conf.py" &&
    sed "s|/usr/share/$name|$root&|" "$doc/examples/prometheus.yml" >"$root/prometheus.yml" && promtool check config "$root/prometheus.yml" &&
    diff -r deploy/mixin/dashboards "$root/usr/share/$name/dashboards" &&
    diff -r deploy/mixin/rules "$root/usr/share/$name/rules" &&
    [ -s "$doc/README.md" ] && [ -s "$doc/docs/alerts.md" ] &&
    bash -n "$root/usr/share/bash-completion/completions/$name" &&
    grep -qx "#compdef $name" "$root/usr/share/zsh/vendor-completions/_$name" &&
    grep -q "^complete .*$name" "$root/usr/share/fish/vendor_completions.d/$name.fish" &&
    ! dpkg-deb --fsys-tarfile "$1" | tar -tv | awk '$2 != "root/root"' | grep .
  local status=$?
  rm -rf "$root"
  return "$status"
}

pure=$(ls "$dist"/*-py3-none-any.whl)
check "the metadata of the wheel for other systems" try_metadata "$pure"
check "the wheel for other systems, where no other fits" try_choice "$pure"
for machine in x86_64:amd64 aarch64:arm64; do
  architecture=${machine#*:}
  wheel=$(ls "$dist"/*_"${machine%:*}".whl 2>/dev/null) deb=$(ls "$dist"/*_"$architecture".deb 2>/dev/null)
  [ -n "$wheel" ] || continue
  check "$architecture: the wheel's metadata" try_metadata "$wheel"
  if [ "$architecture" = "$native" ]; then
    for python in /usr/bin/python3 "$HOME"/.pyenv/versions/3.{9,1[0-9]}.*/bin/python3; do
      [ -x "$python" ] && check "$architecture: the wheel on $("$python" -V)" try_wheel "$python" "$wheel"
    done
    check "the units" try_units "$deb"
    check "the contents of the Debian package" try_contents "$deb"
    check "the Helm chart" try_chart
  fi
  if [ "$(id -u)" != 0 ]; then skip "$architecture: a system of its own needs root"
  elif ! make_chroot "$architecture" "$architecture" "$suite" >"$cache.$architecture.log" 2>&1; then skip "$architecture: no system could be made: $(tail -n 1 "$cache.$architecture.log")"
  else
    check "$architecture: README.md, word for word" try_readme "$architecture"
    check "$architecture: the Debian package" try_deb "$architecture" "$deb"
    if [ "$architecture" != "$native" ]; then continue
    elif make_chroot old "$architecture" bullseye >"$cache.old.log" 2>&1; then
      check "$architecture: README.md, word for word, on Debian 11" try_readme old
    else skip "$architecture: no Debian 11 could be made: $(tail -n 1 "$cache.old.log")"
    fi
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
