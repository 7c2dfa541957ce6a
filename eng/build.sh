#!/usr/bin/env bash
# Leaves the executable and python/ in a folder. Arguments: the runtime identifier, the folder, out if none is given, and the
# folder of the C library to link against, this machine's if none is given.
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/progress.sh
rid=${1:-linux-x64} out=${2:-out} sysroot=${3:-}
package=$out/python/gunicorn_prometheus_exporter

# For another architecture clang links, which knows them all, against that architecture's libraries.
cross=()
[ "${rid#linux-}" = "$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" ] ||
  cross=(-p:CppCompilerAndLinker=clang "-p:ObjCopyName=$(sed 's/linux-x64/x86_64/; s/linux-arm64/aarch64/' <<<"$rid")-linux-gnu-objcopy")
[ -z "$sysroot" ] || cross+=("-p:SysRoot=$sysroot" -p:CppCompilerAndLinker=clang)

# Exactly the packages of the lock files. After a change of one: dotnet restore --force-evaluate.
restore() { for project in PythonModule Exporter; do dotnet restore "src/$project" --locked-mode --nologo -v quiet || return; done; }

publish() {
  # The SDK links again only if the code has changed, and not if the C library has.
  [ -z "$sysroot" ] || rm -rf "src/$1/bin/Release/net10.0/$rid/native"
  dotnet publish "src/$1" -c Release -r "$rid" --no-restore -o "$out/publish/$1" --nologo -v quiet -clp:NoSummary "${cross[@]}"
}

with_progress "build: the packages of .NET" restore
echo "build: two programs are compiled to machine code; each takes one to four minutes on two processors"
with_progress "build: the extension module, step 1 of 2" publish PythonModule
with_progress "build: the executable, step 2 of 2" publish Exporter

echo "build: $out/python"
rm -rf "$out/python"
mkdir -p "$out/python"
cp -r python/gunicorn_prometheus_exporter "$out/python/"
find "$out/python" -name __pycache__ -prune -exec rm -rf {} +
mkdir -p "$package/bin"
# A new file each time: a running process keeps the one it has mapped.
install -m 755 "$out/publish/PythonModule/_engine.so" "$package/_engine.abi3.so"
install -m 755 "$out/publish/Exporter/gunicorn-prometheus-exporter" "$out/gunicorn-prometheus-exporter"
install -m 755 "$out/publish/Exporter/gunicorn-prometheus-exporter" "$package/bin/gunicorn-prometheus-exporter"
