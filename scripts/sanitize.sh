#!/usr/bin/env bash
# Runs every test under a sanitizer: thread or address.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=${1:?usage: sanitize.sh thread|address}
# A crash with a pipe as output hangs in the backtracer, so it is switched off.
export SWIFT_BACKTRACE=enable=no
# glibc and libmosquitto keep some memory until the end of the process; leaks are looked for by the tests themselves.
export ASAN_OPTIONS=detect_leaks=0
exec swift test --sanitize "$sanitizer" --scratch-path ".build/$sanitizer" --disable-xctest </dev/null
