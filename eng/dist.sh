#!/usr/bin/env bash
# Leaves all packages in out/dist: wheels, one of them for systems without the engine, Debian packages, the NuGet package, the Helm
# chart. Arguments: the runtime identifiers, linux-x64 and linux-arm64 if none is given.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- linux-x64 linux-arm64
version=$(dotnet msbuild src/Engine -getProperty:Version)
dist=out/dist
rm -rf "$dist"
mkdir -p "$dist"

# The newest version of glibc that any of the files asks for.
newest_glibc() { objdump -T "$@" | grep -oE 'GLIBC_2\.[0-9]+' | cut -d_ -f2 | sort -Vu | tail -n 1; }

# The wheel with a build's package, for a platform; without one, only the package's Python code, for every other system.
make_wheel() {
  local out=$1 platform=${2:-} stage=$1/wheel
  rm -rf "$stage"
  mkdir -p "$stage"
  cp -r "$out/python/gunicorn_prometheus_exporter" deploy/wheel/pyproject.toml deploy/wheel/setup.py README.md LICENSE "$stage/"
  [ -n "$platform" ] || rm -r "$stage"/*/bin "$stage"/*/*.so
  WHEEL_VERSION=$version WHEEL_PLATFORM=$platform \
    /usr/bin/python3 -m build --wheel --no-isolation --outdir "$dist" "$stage" >"$stage.log" 2>&1 || { tail -n 20 "$stage.log" >&2; return 1; }
}

make_deb() {
  local out=$1 architecture=$2 glibc=$3 name=gunicorn-prometheus-exporter stage=$1/deb
  rm -rf "$stage"
  mkdir -p "$stage/DEBIAN"
  install -Dm 755 "$out/$name" "$stage/usr/bin/$name"
  mkdir -p "$stage/usr/lib/python3/dist-packages"
  cp -r "$out/python/gunicorn_prometheus_exporter" "$stage/usr/lib/python3/dist-packages/"
  ln -sf "/usr/bin/$name" "$stage/usr/lib/python3/dist-packages/gunicorn_prometheus_exporter/bin/$name"
  find "$stage/usr/lib" -type f -exec chmod 644 {} +
  install -Dm 644 -t "$stage/lib/systemd/system" deploy/systemd/*
  install -Dm 644 deploy/debian/tmpfiles.conf "$stage/usr/lib/tmpfiles.d/$name.conf"
  install -Dm 644 deploy/debian/default "$stage/etc/default/$name"
  install -Dm 644 deploy/debian/default-hub "$stage/etc/default/$name-hub"
  mkdir -p "$stage"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
  out/$name completion bash >"$stage/usr/share/bash-completion/completions/$name"
  out/$name completion zsh >"$stage/usr/share/zsh/vendor-completions/_$name"
  out/$name completion fish >"$stage/usr/share/fish/vendor_completions.d/$name.fish"
  install -Dm 644 -t "$stage/usr/share/$name/dashboards" deploy/mixin/dashboards/*
  install -Dm 644 -t "$stage/usr/share/$name/rules" deploy/mixin/rules/*
  install -Dm 644 -t "$stage/usr/share/doc/$name" README.md
  install -Dm 644 -t "$stage/usr/share/doc/$name/docs" docs/*.*
  install -Dm 644 -t "$stage/usr/share/doc/$name/examples" deploy/debian/examples/*
  out/$name config --example >"$stage/usr/share/doc/$name/examples/exporter.yml"
  install -Dm 644 LICENSE "$stage/usr/share/doc/$name/copyright"
  mkdir -p "$stage/usr/share/man/man1"
  # The page, the completions and the example do not depend on the architecture.
  /usr/bin/python3 -B deploy/debian/man_page.py out/$name "$version" | gzip -9n >"$stage/usr/share/man/man1/$name.1.gz"
  gzip -9nc CHANGELOG.md >"$stage/usr/share/doc/$name/changelog.gz"
  sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@GLIBC@/$glibc/; s/@SIZE@/$(du -sk "$stage/usr" | cut -f1)/" \
    deploy/debian/control >"$stage/DEBIAN/control"
  install -m 644 deploy/debian/conffiles "$stage/DEBIAN/"
  install -m 755 deploy/debian/{postinst,prerm,postrm} "$stage/DEBIAN/"
  dpkg-deb --root-owner-group -Zxz --build "$stage" "$dist/${name}_${version}_$architecture.deb" >/dev/null
}

for rid in "$@"; do
  case $rid in
    linux-x64) machine=x86_64 architecture=amd64 ;;
    linux-arm64) machine=aarch64 architecture=arm64 ;;
    *) echo "dist: $rid is not linux-x64 or linux-arm64" >&2; exit 1 ;;
  esac
  out=out/build-$rid
  echo "dist: $rid"
  sysroot=$PWD/out/sysroot-$architecture
  eng/sysroot.sh "$architecture" "$sysroot" || { sysroot= && echo "dist: without Debian 11 the packages need this machine's glibc" >&2; }
  eng/build.sh "$rid" "$out" "$sysroot"
  glibc=$(newest_glibc "$out/gunicorn-prometheus-exporter" "$out"/python/*/_engine.abi3.so)
  make_wheel "$out" "manylinux_${glibc/./_}_$machine"
  make_deb "$out" "$architecture" "$glibc"
done

echo "dist: the wheel for other systems"
make_wheel "$out"
echo "dist: the NuGet package"
dotnet pack src/Engine -c Release -o "$dist" --nologo -v quiet -clp:NoSummary
echo "dist: the Helm chart"
# The rules and dashboards are links in the checkout.
tar --dereference --sort=name --owner=0 --group=0 --numeric-owner -C deploy/helm -czf "$dist/gunicorn-prometheus-exporter-$version.tgz" \
  gunicorn-prometheus-exporter
echo "dist: the bill of materials"
/usr/bin/python3 -B eng/sbom.py "$version" "$dist/gunicorn-prometheus-exporter_$version.cdx.json"
(cd "$dist" && sha256sum * >SHA256SUMS && ls -l)
