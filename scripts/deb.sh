#!/usr/bin/env bash
# Packs what was built: recoverd-agent and recoverd-tools for Debian, and an archive for everybody else.
# Into .build/packages; looks at them with lintian and at what they need of the C library.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$(realpath "${1:?usage: deb.sh DIRECTORY-OF-THE-PROGRAMS}")
# The oldest C library that the packages run on, that of Ubuntu 22.04; Debian 12 has 2.36.
oldest_glibc=2.35

out=.build/packages
stage=$out/stage
rm -rf "$out"
mkdir -p "$stage"

version=$("$programs/recoverd-agent" --version)
version=${version##* }
scripts/papers/papers.py "$programs" "$out/papers"

newest_symbol() { objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -1; }
for program in recoverd-agent recoverctl send-command send-config replace-config; do
    needed=$(newest_symbol "$programs/$program")
    if [ "$(printf '%s\n' "$needed" "$oldest_glibc" | sort -V | tail -1)" != "$oldest_glibc" ]; then
        echo "deb: $program needs glibc $needed; the packages promise $oldest_glibc" >&2
        exit 1
    fi
done
if objdump -p "$programs/recoverd-runner" | grep -q NEEDED; then
    echo "deb: recoverd-runner needs shared libraries" >&2
    exit 1
fi

# The archive: below /usr/local, with the same script.
archive=recoverd-$version-linux-$(uname -m)
PAPERS=$out/papers PREFIX=/usr/local DESTDIR=$stage/$archive scripts/install.sh "$programs"
tar -C "$stage" --owner=root:0 --group=root:0 --sort=name -czf "$out/$archive.tar.gz" "$archive"

# The packages.
tree=$stage/recoverd-$version
mkdir -p "$tree"
cp -r packaging conf docs scripts "$tree/"
mv "$tree/packaging/debian" "$tree/debian"
cp -r "$out/papers" "$tree/papers"
{
    echo "recoverd ($version) unstable; urgency=medium"
    echo
    echo "  * See CHANGELOG.md of the source."
    echo
    echo " -- The recoverd developers <recoverd@example.net>  $(git log -1 --format=%cD 2>/dev/null || date -R)"
} >"$tree/debian/changelog"
(cd "$tree" && RECOVERD_PROGRAMS=$programs PAPERS=papers dpkg-buildpackage -b -us -uc >../../dpkg-buildpackage.log 2>&1) || {
    tail -20 "$out/dpkg-buildpackage.log" >&2
    exit 1
}
mv "$stage"/*.deb "$out/"
lintian --fail-on error --tag-display-limit 0 "$out"/*.deb
rm -rf "$stage"
ls -l "$out"/*.deb "$out"/*.tar.gz
for package in "$out"/*.deb; do
    echo "$(dpkg-deb -f "$package" Package): $(dpkg-deb -f "$package" Installed-Size) KiB installed"
done
