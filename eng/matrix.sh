#!/usr/bin/env bash
# Runs the tests of the servers with each Gunicorn that Debian carries on each CPython that there is, and writes what
# came of it to docs/compatibility.md. Needs: make build. What it fetches stays in out/matrix.
#
# A Gunicorn is the gunicorn/ folder of a suite's package. A CPython is the machine's, a pyenv's, or that of a suite in a
# chroot, which needs root, debootstrap and a mirror of Debian's. What cannot be had is skipped, with a line that says so.
#
# MATRIX_TESTS: the test files that run on the machine's CPython; MATRIX_QUICK: those that run on every other.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
cache=$root/out/matrix
servers="test_master.py test_lifecycle.py test_deaths.py test_requests.py test_worker_classes.py test_asgi.py test_routes.py"
tests=${MATRIX_TESTS:-$servers test_exactness.py test_chaos.py}
quick=${MATRIX_QUICK:-test_deaths.py test_requests.py test_worker_classes.py}
suites=(trixie sid)
mkdir -p "$cache"
rows=$cache/rows
: >"$rows"
failed=0

say() { echo "matrix: $*"; }
skip() { echo "matrix: SKIPPED: $*" >&2; echo "$1|$2|skipped: $3" >>"$rows"; }

# The mirror is whichever this machine has its own suite from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)

# Leaves the gunicorn/ folder of a suite's package in $cache/gunicorn-SUITE, without a change to the machine's apt.
fetch_gunicorn() {
  local suite=$1 folder=$cache/gunicorn-$1 apt=$cache/apt-$1
  [ -d "$folder/gunicorn" ] && return
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
  local options=(
    -q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$apt/lists"
    -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update >"$apt/log" 2>&1 &&
    (cd "$apt" && apt-get "${options[@]}" download python3-gunicorn >>log 2>&1 && dpkg -x python3-gunicorn_*.deb package) &&
    mv "$apt/package/usr/lib/python3/dist-packages/gunicorn" "$folder/"
}

# Leaves a suite's CPython in $cache/SUITE, and the command that runs it there in $cache/python-SUITE.
make_chroot() {
  local suite=$1 folder=$cache/$1
  local packages=python3,python3-prometheus-client,python3-gevent,python3-tornado,python3-uvicorn,python3-packaging
  [ "$(id -u)" = 0 ] || return 1
  if [ ! -d "$folder" ]; then
    command -v debootstrap >/dev/null || return 1
    rm -rf "$folder.new"
    debootstrap --variant=minbase --include="$packages" "$suite" "$folder.new" "$mirror" >"$folder.log" 2>&1 || return 1
    mv "$folder.new" "$folder"
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

# Runs the tests: $1 names the Gunicorn and $2 is its folder; $3 names the Python, $4 is the command that runs it, $5 the
# folder that is its root or nothing, $6 where packages for it lie or nothing; the rest are the test files.
run() {
  local gunicorn=$1 folder=$2 python=$3 command=$4 chroot=$5 packages=$6 file files=() within=() version log status result
  shift 6
  log=$cache/log-$gunicorn-$python
  [ -z "$chroot" ] || within=(inside "$chroot")
  local path=$root/out/python${folder:+:$folder}${packages:+:$packages}
  if ! version=$(PYTHONPATH=$path "${within[@]}" "$command" -c '
import platform, gunicorn, gunicorn.app.wsgiapp, gunicorn.arbiter
print(gunicorn.__version__, platform.python_version())' 2>&1); then
    skip "$gunicorn" "$python" "Gunicorn does not start there (${version##*$'\n'})"
    return
  fi
  for file in "$@"; do [ -e "tests/python/$file" ] && files+=("tests/python/$file"); done
  GUNICORN_PYTHON=$command PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$path \
    "${within[@]}" /usr/bin/python3 -m pytest -q -p no:cacheprovider "${files[@]}" >"$log" 2>&1
  status=$?
  result=$(tail -n 1 "$log" | sed -E 's/ in [0-9.]+s.*//; s/=//g; s/^ +| +$//g')
  say "Gunicorn ${version% *}, CPython ${version#* }: $result"
  echo "${version% *}|${version#* }|$result" >>"$rows"
  [ $status -eq 0 ] || { failed=1; grep -E '^(FAILED|ERROR)' "$log"; }
}

declare -A gunicorns=()
order=(installed)
mkdir -p "$cache/gunicorn-installed" "$cache/packages"
installed=$(/usr/bin/python3 -c 'import gunicorn, os; print(os.path.dirname(gunicorn.__file__))')
cp -r "$installed" "$cache/gunicorn-installed/"
# Pure Python, for interpreters that Debian does not package anything for.
for package in prometheus_client packaging; do cp -r "/usr/lib/python3/dist-packages/$package" "$cache/packages/" 2>/dev/null; done
gunicorns[installed]=$cache/gunicorn-installed
for suite in "${suites[@]}"; do
  if fetch_gunicorn "$suite"; then
    order+=("$suite")
    gunicorns[$suite]=$cache/gunicorn-$suite
  else
    skip "of $suite" "every" "its package could not be fetched"
  fi
done

for gunicorn in "${order[@]}"; do
  run "$gunicorn" "${gunicorns[$gunicorn]}" machine /usr/bin/python3 "" "" $tests
done
for suite in "${suites[@]}"; do
  if make_chroot "$suite"; then
    for gunicorn in "${order[@]}"; do
      run "$gunicorn" "${gunicorns[$gunicorn]}" "$suite" "$cache/python-$suite" "$cache/$suite" "" $quick
    done
  else
    skip every "of $suite" "no chroot can be made here: it takes root, debootstrap and a mirror"
  fi
done
for python in "$HOME"/.pyenv/versions/3.*/bin/python3; do
  [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || continue
  for gunicorn in "${order[@]}"; do
    run "$gunicorn" "${gunicorns[$gunicorn]}" "$(basename "$(dirname "$(dirname "$python")")")" "$python" "" "$cache/packages" $quick
  done
done

{
  echo '# Compatibility'
  echo
  echo "What ran on $(date -u +%F), on $(uname -sm), as \`make test-matrix\` writes it: real servers, with the same extension"
  echo "module and the same executable everywhere. On the machine's own CPython, which comes first, ran ${tests// /, };"
  echo "on the others ${quick// /, }."
  echo
  echo '| Gunicorn | CPython | Result |'
  echo '|---|---|---|'
  while IFS='|' read -r gunicorn python result; do echo "| $gunicorn | $python | $result |"; done <"$rows"
} >docs/compatibility.md
[ "$failed" -eq 0 ] && say "everything that ran passed" || say "something failed; the logs are in out/matrix"
exit "$failed"
