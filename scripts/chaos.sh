#!/usr/bin/env bash
# Runs the fault suite in full size and writes its table into docs/reliability.md. It takes about two and a half hours,
# one of which is the random mixture; RECOVERD_CHAOS_MONKEY=SECONDS shortens that. RECOVERD_CHAOS_SEED=N repeats a run.
# Further words go to the test runner, such as --filter Kills; then the page is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is built now is what is run, whatever changes meanwhile.
commit=$(git rev-parse --short=12 HEAD)
git diff --quiet HEAD -- Sources Tests Package.swift || commit="$commit with changes"
swift build --build-tests

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RECOVERD_CHAOS=full
export RECOVERD_CHAOS_SEED=${RECOVERD_CHAOS_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
export RECOVERD_CHAOS_REPORT=$work/rows
export RECOVERD_CHAOS_KEEP=${RECOVERD_CHAOS_KEEP:-$PWD/.build/chaos}
touch "$work/rows"
echo "chaos: seed $RECOVERD_CHAOS_SEED; what failed scenarios leave is kept in $RECOVERD_CHAOS_KEEP"

status=0
filter=(--filter '^ChaosTests\.')
[ $# -eq 0 ] || filter=("$@")
# What hangs is ended: every scenario has its own limit, and all of them have this one.
timeout --kill-after=60 "${RECOVERD_CHAOS_LIMIT:-14400}" swift test --skip-build --disable-xctest "${filter[@]}" || status=$?
[ $# -eq 0 ] || exit "$status"

{
    echo "<!-- chaos:begin -->"
    echo "Run on $(date -u +%Y-%m-%dT%H:%M:%SZ) at commit \`$commit\`, seed $RECOVERD_CHAOS_SEED:" \
        "$(nproc) cores, Linux $(uname -r | cut -d. -f1-2), $(mosquitto -h | head -1 || true)." \
        "$([ "$status" -eq 0 ] && echo "All passed." || echo "**Not all passed.**")"
    echo
    echo "| scenario | commands | faults | lost | twice | interrupted | unanswered | seconds | outcome |"
    echo "|---|---:|---:|---:|---:|---:|---:|---:|---|"
    cat "$work/rows"
    echo "<!-- chaos:end -->"
} >"$work/table"
awk -v table="$work/table" '
    /<!-- chaos:begin -->/ { while ((getline line < table) > 0) print line; inside = 1 }
    !inside { print }
    /<!-- chaos:end -->/ { inside = 0 }
' docs/reliability.md >"$work/page"
cat "$work/page" >docs/reliability.md
sed -n '/chaos:begin/,/chaos:end/p' docs/reliability.md
exit "$status"
