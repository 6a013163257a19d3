#!/usr/bin/env bash
# Runs every test with counters in the programs, and prints which part of the regions of the sources was reached. Further
# words go to the test runner, such as --filter PolicyTests. Ends with 1 where a part has less than it should.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=.build/coverage
# The counters' library is not for a program without a library's start.
export RECOVERD_DYNAMIC_RUNNER=1
export SWIFT_BACKTRACE=enable=no
swift build --build-tests --enable-code-coverage --scratch-path "$scratch"

# Also of the programs that tests start and end; who is killed counts nothing. Four files for each program.
profiles=$PWD/$scratch/profiles
rm -rf "$profiles"
mkdir -p "$profiles"
tests=$scratch/debug/recoverdPackageTests.xctest
status=0
LLVM_PROFILE_FILE=$profiles/%4m.profraw "$tests" --testing-library swift-testing "$@" </dev/null || status=$?

tools=$(dirname "$(readlink -f "$(command -v swift)")")
# A process that was killed while it wrote leaves a file that cannot be read.
"$tools/llvm-profdata" merge --failure-mode=all -sparse "$profiles"/*.profraw -o "$scratch/all.profdata"
"$tools/llvm-cov" export -summary-only -instr-profile="$scratch/all.profdata" "$tests" >"$scratch/summary.json"
python3 - "$scratch/summary.json" "$PWD/Sources/" <<'PYTHON' || status=1
import json, sys

summary, sources = sys.argv[1:]
parts = [
    ("parser", 95, ("JSON/", "CommandCatalog/Messages/", "CommandCatalog/Reading/", "ConfigurationReader/")),
    ("state machine", 95, ("RemoteExecutor/Tasks/TaskTable",)),
    ("signature", 95, ("Signatures/",)),
    ("policy", 95, ("Policy/",)),
    ("overall", 85, ("",)),
]
files = {}
for file in json.load(open(summary))["data"][0]["files"]:
    if file["filename"].startswith(sources):
        regions = file["summary"]["regions"]
        files[file["filename"][len(sources):]] = (regions["count"], regions["covered"])
print("\n| part | regions | reached | at least |\n|---|---|---|---|")
missed = []
for name, least, folders in parts:
    chosen = [counts for path, counts in files.items() if path.startswith(folders)]
    count, covered = sum(c for c, _ in chosen), sum(r for _, r in chosen)
    share = 100 * covered / max(1, count)
    print(f"| {name} | {count} | {share:.1f} % | {least} % |")
    if share < least:
        missed.append(name)
print("\nThe files with the most regions that were not reached:")
for path, (count, covered) in sorted(files.items(), key=lambda f: f[1][1] - f[1][0])[:10]:
    print(f"  {count - covered} of {count}  {path}")
if missed:
    sys.exit("coverage: too little of " + ", ".join(missed))
PYTHON
exit "$status"
