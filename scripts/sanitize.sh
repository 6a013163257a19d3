#!/usr/bin/env bash
# Runs every test under a sanitizer: thread or address. Further words go to the test runner, such as --filter MQTTTests.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=${1:?usage: sanitize.sh thread|address [--filter …]}
shift
scratch=.build/$sanitizer
# Their libraries are shared ones, which a static program cannot load.
export RECOVERD_DYNAMIC_RUNNER=1
swift build --build-tests --sanitize "$sanitizer" --scratch-path "$scratch"

# Also of the programs that tests start, whose words nobody sees.
reports=$PWD/$scratch/reports
rm -rf "$reports"
mkdir -p "$reports"

# A crash with a pipe as output hangs in the backtracer, so it is switched off.
export SWIFT_BACKTRACE=enable=no
# The toolchain's own test library leaks a little at its end.
export ASAN_OPTIONS=detect_leaks=0:log_path=$reports/report
export TSAN_OPTIONS=halt_on_error=0:exitcode=66:log_path=$reports/report
if [ "$sanitizer" = thread ]; then
    clang -shared -fPIC -O1 scripts/tsan-mutex.c -o "$scratch/tsan-mutex.so"
    export LD_PRELOAD=$PWD/$scratch/tsan-mutex.so
fi
# Not by `swift test`, which would load the library into itself as well.
status=0
"$scratch/debug/recoverdPackageTests.xctest" --testing-library swift-testing "$@" </dev/null || status=$?
unset LD_PRELOAD
count=$(find "$reports" -type f | wc -l)
find "$reports" -type f -exec cat {} +
echo "sanitize: $count processes with reports ($sanitizer)"
[ "$count" -eq 0 ] || status=66
exit "$status"
