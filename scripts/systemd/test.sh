#!/usr/bin/env bash
# Has the packages installed, used, upgraded, hurt and removed in booted containers, by root. Ends with how many of the
# cases passed; with names, only those are tried: test.sh PACKAGES [CASE…].
set -uo pipefail
cd "$(dirname "$0")/../.."

packages=${1:?usage: test.sh DIRECTORY-OF-THE-PACKAGES [CASE…]}
shift
[ "$(id -u)" -eq 0 ] || { echo "test-systemd: only root may boot a container" >&2; exit 1; }

. scripts/systemd/container.sh
. scripts/systemd/cases.sh

# Two of them would take each other's containers for their own.
mkdir -p "$place"
exec 9>"$place/lock"
flock --nonblock 9 || { echo "test-systemd: another one is at work in $place" >&2; exit 1; }

trap 'containers_clean' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

containers_prepare "$packages" || exit 1

passed=0 failed=()
[ $# -gt 0 ] || set -- "${cases[@]}"
for case in "$@"; do
    began=$SECONDS
    # Not as a condition: there a command that fails would not end the case.
    (set -e; "case_$case")
    if [ $? -eq 0 ]; then
        echo "ok $case ($((SECONDS - began)) s)"
        passed=$((passed + 1))
    else
        echo "not ok $case ($((SECONDS - began)) s)"
        containers_tell >&2
        failed+=("$case")
    fi
    containers_clean
done
echo "test-systemd: $passed passed, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} -eq 0 ]
