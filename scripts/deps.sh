#!/usr/bin/env bash
# Installs what is missing of the Debian packages that building and testing need; with a word, of those for the packages
# or the container as well. Does nothing when all are there.
set -euo pipefail

packages=(
    libjansson-dev libmosquitto-dev libssl-dev libmd-dev libsodium-dev libsqlite3-dev zlib1g-dev libsystemd-dev pkg-config   # the doors to C
    mosquitto mosquitto-clients openssl                      # a real broker and real certificates for demo and tests
    rabbitmq-server                                          # another broker that the tests start privately
    collectd-core                                            # a daemon whose configuration is really replaced
    lowdown man-db zsh fish                                  # manual pages, and the shells of the completions
    procps util-linux diffutils strace faketime python3      # what the tests look at processes with; the benchmark
)

case ${1:-} in
packages) packages+=(binutils debhelper dpkg-dev lintian) ;;
systemd) packages+=(debootstrap systemd-container iproute2 apt-utils) ;;
esac

missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
        missing+=("$package")
    fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "deps: missing: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi

# Debian starts a broker on the fixed port as soon as its package is installed. We bring our own on ports of our
# choosing, so for the time of the installation nothing may be started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
