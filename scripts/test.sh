#!/usr/bin/env bash
# Builds and runs every test; the last line is the test runner's own summary.
set -euo pipefail
cd "$(dirname "$0")/.."

# Warnings of the linker about C libraries are not ours; everything else stays visible.
swift build --build-tests
# Each reader of foreign input is tried for so long; `swift test` alone does it for two seconds.
export RECOVERD_FUZZ_SECONDS=${RECOVERD_FUZZ_SECONDS:-30}
exec swift test --skip-build --disable-xctest "$@"
