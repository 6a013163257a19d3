#!/usr/bin/env bash
# Gives every body of Tests/FuzzBodies to libFuzzer for FUZZ_SECONDS (600), with the address sanitizer; further words choose
# bodies. What crashes is kept in .build/fuzz/BODY. Then 100,000 changes of signed messages.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-600}
scratch=.build/fuzz
export RECOVERD_FUZZ=1
# The usual linker fails on the coverage tables.
swift build --scratch-path "$scratch" --product recoverd-fuzz -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld

# A crash with a pipe as output hangs in the backtracer, so it is switched off.
export SWIFT_BACKTRACE=enable=no
bodies=("$@")
[ $# -gt 0 ] || bodies=(task configuration signature journal topic policy)
for body in "${bodies[@]}"; do
    mkdir -p "$scratch/$body/corpus"
    echo "fuzz: $body for $seconds s"
    RECOVERD_FUZZ_BODY=$body "$scratch/debug/recoverd-fuzz" -max_total_time="$seconds" -max_len=32768 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$scratch/$body/" "$scratch/$body/corpus" "Fuzz/Corpora/$body" \
        </dev/null >"$scratch/$body/log" 2>&1 || {
        tail -60 "$scratch/$body/log"
        echo "fuzz: $body failed; see $scratch/$body"
        exit 1
    }
    grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss' "$scratch/$body/log"
done
rm -rf /dev/shm/recoverd-fuzz-* /tmp/recoverd-fuzz-*
[ $# -gt 0 ] && exit
unset RECOVERD_FUZZ
swift build --build-tests
RECOVERD_MUTATIONS=100000 swift test --skip-build --disable-xctest --filter MutationTests
