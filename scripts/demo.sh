#!/usr/bin/env bash
# A private broker, an agent, one remote command and its answer. Leaves nothing behind, also after Ctrl-C.
set -euo pipefail

bin=${1:?usage: demo.sh DIRECTORY-OF-THE-PROGRAMS}
umask 077
work=$(mktemp -d)
agent= broker=

clean_up() {
    # The agent first, so that it can say goodbye to the broker. However one of them ends, the rest is done.
    for process in $agent $broker; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "demo: $1; the agent said:" >&2
    cat "$work/agent.log" >&2
    exit 1
}

mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto)
# A port that nobody listens on: another program may take it between our look and our start, so we try again.
for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/mosquitto.conf"
    "$mosquitto" -c "$work/mosquitto.conf" >"$work/broker.log" 2>&1 &
    broker=$!
    for _ in $(seq 100); do
        kill -0 "$broker" 2>/dev/null || break
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break 2; fi
        sleep 0.05
    done
    wait "$broker" 2>/dev/null || true
    broker=
done
[ -n "$broker" ] || { echo "demo: no broker could be started:" >&2; cat "$work/broker.log" >&2; exit 1; }

cat >"$work/monitor-config.json" <<JSON
{
  "Host": "127.0.0.1:$port",
  "Hostname": "demo",
  "Services": {
    "hello": { "commands": { "exec": "/bin/echo \"Hello World!\"" } }
  }
}
JSON
"$bin/recoverd-agent" run --config "$work/monitor-config.json" --state "$work/state" --runtime "$work/run" >"$work/agent.log" 2>&1 &
agent=$!
mosquitto_sub -h 127.0.0.1 -p "$port" -t recovery/demo/online -C 1 -W 20 >/dev/null || fail "the agent did not connect"

echo "\$ send-command --host 127.0.0.1:$port --to demo hello exec"
"$bin/send-command" --host "127.0.0.1:$port" --to demo hello exec || fail "send-command ended with $?"
