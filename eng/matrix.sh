#!/usr/bin/env bash
# Runs the tests of the servers with each Gunicorn that Debian carries on each CPython that there is, and writes what
# came of it, by worker class, to docs/compatibility.md. Needs: make build. What it fetches stays in out/matrix.
#
# A Gunicorn is the gunicorn/ folder of a suite's package. A CPython is the machine's, a pyenv's, or that of a suite in a
# chroot, which needs root, debootstrap and a mirror of Debian's. What cannot be had is skipped, with a line that says so.
#
# MATRIX_TESTS: the test files that run on the machine's CPython; MATRIX_QUICK: those that run on every other;
# MATRIX_JOBS: how many rows run at a time; MATRIX_AGAIN: set to keep the rows of the last run that passed, and to run the others.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
cache=$root/out/matrix
requests="test_worker_classes.py test_endings.py test_asgi.py test_http2.py test_requests.py test_waits.py"
stacks="test_stacks.py test_last_stacks.py test_slow_requests.py"
newest="test_dirty_workers.py test_control_socket.py test_newest_gunicorn.py"
tests=${MATRIX_TESTS:-$requests test_master.py test_lifecycle.py test_deaths.py test_routes.py test_exactness.py $stacks $newest}
quick=${MATRIX_QUICK:-test_worker_classes.py test_http2.py test_routes.py $stacks}
jobs=${MATRIX_JOBS:-2}
suites=(trixie sid)
[ -n "${MATRIX_AGAIN:-}" ] || rm -rf "$cache/rows"
mkdir -p "$cache/rows"
count=0

say() { echo "matrix: $*"; }

# Leaves room for a row of the table, in order, and its name in $row.
new_row() { printf -v row "%s/rows/%03d" "$cache" $((++count)); }

# A row that could not run: $1 names the Gunicorn, $2 the CPython, $3 says why.
skip() {
  echo "matrix: SKIPPED: Gunicorn $1 on CPython $2: $3" >&2
  printf '%s\t%s\t%s\n' "$@" >"$row.skipped"
}

# The mirror is whichever this machine has its own suite from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)

# Unpacks packages of a suite in $cache/unpacked-SUITE, without a change to the machine's apt.
unpack() {
  local suite=$1 apt=$cache/apt-$1
  shift
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/deb"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
  local options=(
    -q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$apt/lists"
    -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update >"$apt/log" 2>&1 && (cd "$apt/deb" && apt-get "${options[@]}" download "$@" >>../log 2>&1) || return 1
  local package
  for package in "$apt"/deb/*.deb; do dpkg -x "$package" "$cache/unpacked-$suite"; done
}

# Leaves the gunicorn/ folder of a suite's package in $cache/gunicorn-SUITE.
fetch_gunicorn() {
  [ -d "$cache/gunicorn-$1/gunicorn" ] && return
  mkdir -p "$cache/gunicorn-$1"
  unpack "$1" python3-gunicorn && cp -r "$cache/unpacked-$1/usr/lib/python3/dist-packages/gunicorn" "$cache/gunicorn-$1/"
}

# Leaves in $cache/packages what servers need of other packages, as far as any CPython can run it.
fetch_packages() {
  [ -d "$cache/packages" ] && return
  unpack trixie python3-prometheus-client python3-packaging python3-tornado python3-uvicorn python3-h11 python3-click \
    python3-typing-extensions python3-h2 python3-hpack python3-hyperframe python3-wsproto || return 1
  rm -rf "$cache/unpacked-trixie/usr/lib/python3/dist-packages/gunicorn"
  mv "$cache/unpacked-trixie/usr/lib/python3/dist-packages" "$cache/packages"
}

# Leaves a suite's CPython in $cache/SUITE, and the command that runs it there in $cache/python-SUITE.
make_chroot() {
  local suite=$1 folder=$cache/$1
  local packages=python3,python3-prometheus-client,python3-gevent,python3-tornado,python3-uvicorn,python3-packaging
  packages+=,python3-eventlet,python3-h2,python3-wsproto
  # Web frameworks, each at the newest version of the suite.
  packages+=,python3-flask,python3-django,python3-fastapi,python3-bottle,python3-falcon,python3-pyramid,python3-aiohttp
  [ "$(id -u)" = 0 ] || return 1
  if [ "$(cat "$folder.packages" 2>/dev/null)" != "$packages" ]; then
    command -v debootstrap >/dev/null || return 1
    rm -rf "$folder" "$folder.new"
    debootstrap --variant=minbase --include="$packages" "$suite" "$folder.new" "$mirror" >"$folder.log" 2>&1 || return 1
    mv "$folder.new" "$folder"
    echo "$packages" >"$folder.packages"
  fi
  # The process keeps its pid, its folder and its environment; only the root is another.
  printf '#!/bin/sh\nexec chroot %s /usr/bin/env -C "$PWD" /usr/bin/python3 "$@"\n' "$folder" >"$cache/python-$suite"
  chmod 755 "$cache/python-$suite"
}

# Runs a command where a chroot sees this tree and the tests' folders, in a mount namespace that ends with it.
inside() {
  local chroot=$1
  shift
  unshare -m sh -ec '
    chroot=$1 root=$2
    shift 2
    mkdir -p "$chroot$root"
    for folder in /proc /dev /tmp "$root/out" "$root/tests"; do mkdir -p "$chroot$folder"; mount --rbind "$folder" "$chroot$folder"; done
    exec "$@"' sh "$chroot" "$root" "$@"
}

version_of() { sed -nE 's/^version_info = \(([0-9]+), ([0-9]+), ([0-9]+).*/\1.\2.\3/p' "$1/gunicorn/__init__.py"; }

# Runs the tests for the row $row: $1 is the Gunicorn's folder, $2 the command that runs the Python, $3 the folder that is
# its root or nothing, $4 where packages for it lie or nothing; the rest are the test files.
run() {
  local row=$row folder=$1 command=$2 chroot=$3 packages=$4 file files=() within=() gunicorn python error
  shift 4
  [ -e "$row.passed" ] && return
  rm -f "$row".*
  [ -z "$chroot" ] || within=(inside "$chroot")
  local path=$root/out/python:$folder${packages:+:$packages}
  gunicorn=$(version_of "$folder")
  python=$("${within[@]}" "$command" -c 'import platform; print(platform.python_version())')
  if ! error=$(PYTHONPATH=$path "${within[@]}" "$command" -c 'import gunicorn.app.wsgiapp, gunicorn.arbiter' 2>&1); then
    skip "$gunicorn" "$python" "Gunicorn does not start there (${error##*$'\n'})"
    return
  fi
  for file in "$@"; do [ -e "tests/python/$file" ] && files+=("tests/python/$file"); done
  GUNICORN_PYTHON=$command PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$path "${within[@]}" /usr/bin/python3 -m pytest -q -p no:cacheprovider \
    -o junit_family=xunit1 --junit-xml="$row.xml" "${files[@]}" >"$row.log" 2>&1 && touch "$row.passed" ||
    grep -aE '^(FAILED|ERROR)' "$row.log"
  printf '%s\t%s\n' "$gunicorn" "$python" >"$row.ran"
  say "Gunicorn $gunicorn, CPython $python: $(tail -n 1 "$row.log")"
}

# Runs one Python's rows, one for each Gunicorn, as many at a time as there may be; the arguments are those of run, but the first.
run_each() {
  local suite
  for suite in "${order[@]}"; do
    new_row
    while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do wait -n; done
    run "$cache/gunicorn-$suite" "$@" &
  done
}

order=(installed)
mkdir -p "$cache/gunicorn-installed"
cp -r "$(/usr/bin/python3 -c 'import gunicorn, os; print(os.path.dirname(gunicorn.__file__))')" "$cache/gunicorn-installed/"
for suite in "${suites[@]}"; do
  if fetch_gunicorn "$suite"; then order+=("$suite"); else new_row; skip "of $suite" every "its package could not be fetched"; fi
done

run_each /usr/bin/python3 "" "" $tests
for suite in "${suites[@]}"; do
  if make_chroot "$suite"; then
    run_each "$cache/python-$suite" "$cache/$suite" "" $quick
  else
    new_row
    skip every "of $suite" "no chroot can be made here: it takes root, debootstrap and a mirror"
  fi
done
fetch_packages || say "no packages for the CPythons of pyenv: their rows have fewer worker classes" >&2
for python in "$HOME"/.pyenv/versions/3.*/bin/python3; do
  [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || continue
  run_each "$python" "" "$cache/packages" $quick
done
wait

/usr/bin/python3 eng/matrix_table.py "$cache/rows" "$tests" "$quick" >"$cache/table"
failed=$?
mv "$cache/table" docs/compatibility.md
[ "$failed" -eq 0 ] && say "everything that ran passed" || say "something failed; the logs are in out/matrix/rows"
exit "$failed"
