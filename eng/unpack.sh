#!/usr/bin/env bash
# Unpacks packages of a suite of Debian in a folder, without a change to the machine's apt. Arguments: the suite, the architecture,
# the folder, and the packages. DEPENDENCIES=true unpacks what they depend on too.
set -euo pipefail
suite=$1 architecture=$2 folder=$3
shift 3
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/deb/partial" "$folder"
: >"$apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
options=(
  -q -o "APT::Architecture=$architecture" -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  -o "Dir::Cache::Archives=$apt/deb" -o APT::Install-Recommends=false
)
fetch=(download)
[ -z "${DEPENDENCIES:-}" ] || fetch=(install -y --download-only)
(apt-get "${options[@]}" update && cd "$apt/deb" && apt-get "${options[@]}" "${fetch[@]}" "$@") >"$apt/log" 2>&1 ||
  { tail -n 3 "$apt/log" >&2; exit 1; }
for package in "$apt"/deb/*.deb; do dpkg -x "$package" "$folder"; done
