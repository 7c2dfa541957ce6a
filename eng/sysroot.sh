#!/usr/bin/env bash
# Leaves the C library of Debian 11 in a folder, for eng/build.sh: a program needs the glibc that it is linked against, or a later
# one. Arguments: amd64 or arm64, and the folder. Needs a mirror that has Debian 11.
set -euo pipefail
architecture=$1 folder=$2 root=$2.new newest=28
[ ! -d "$folder" ] || exit 0
rm -rf "$root"
"$(dirname "$0")/unpack.sh" bullseye "$architecture" "$root" libc6 libc6-dev libgcc-s1 libgcc-10-dev linux-libc-dev

# Its absolute links would lead to this machine's own libraries.
find "$root" -type l -lname '/*' | while read -r link; do
  ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$root$(readlink "$link")")" "$link"
done

# Some functions of libm have a version that is newer than glibc 2.28, which has the one before. The linker sees only those.
triple=$(basename "$root"/lib/*-linux-gnu) stub=$root/libm
objdump -T "$root/lib/$triple/libm.so.6" | grep -oE 'GLIBC_2[0-9.]*\)? +[a-z][a-z0-9_]*$' | tr -d ')' | sort -k2,2 -k1,1V |
  awk -v newest="$newest" '{ split($1, part, "."); if (part[2] + 0 <= newest) version[$2] = $1 }
    END { for (name in version) print version[name], name }' | sort -V >"$stub.names"
awk '{ print "void " $2 "(void) {}" }' "$stub.names" >"$stub.c"
awk '$1 != last { if (last) print "};"; print $1 " {"; last = $1 } { print $2 ";" } END { print "};" }' "$stub.names" >"$stub.versions"
clang "--target=$triple" -w -fno-builtin -shared -nostdlib -Wl,-soname,libm.so.6 "-Wl,--version-script=$stub.versions" \
  -o "$root/usr/lib/$triple/libm.so" "$stub.c"
mv "$root" "$folder"
