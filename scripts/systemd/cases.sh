# What is tried with the packages. Each case begins with blank containers. Sourced by test.sh.

cases=(install page credentials sleepers watchdog memory backend collectd purge)

# MESSAGE FOUND WANTED: ends the case where they differ.
same() {
    [ "$2" = "$3" ] && return 0
    printf '#   %s: expected %s, found %s\n' "$1" "$3" "$2" >&2
    return 1
}

# MESSAGE TEXT PATTERN…: ends the case where a pattern (extended) is not there.
has() {
    local message=$1 text=$2 pattern
    shift 2
    for pattern in "$@"; do
        grep -qE -- "$pattern" <<<"$text" && continue
        printf '#   %s: expected %s in:\n%s\n' "$message" "$pattern" "$text" >&2
        return 1
    done
}

# SECONDS MESSAGE COMMAND…: waits until the command succeeds.
within() {
    local limit=$1 message=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "#   not within $limit s: $message" >&2
            return 1
        fi
        sleep 0.2
    done
}

# What a service is: active, its process, how often it was started anew.
property() { inside "$1" systemctl show --value --property "$3" "$2"; }

is_active() { [ "$(property "$1" "$2" ActiveState)" = active ]; }

has_status() { property "$1" recoverd-agent StatusText | grep -q -- "$2"; }

install() {
    inside "$1" sh -c 'apt-get update -qq && apt-get install -y -qq '"$2"' >/var/tmp/apt.log 2>&1 || { cat /var/tmp/apt.log; exit 1; }'
}

# A host with an agent, a broker of its own, and the commands of these cases.
host() {
    local name=$1
    shift
    container_boot "$name" "$@"
    inside "$name" sh -c 'mkdir -p /etc/recoverd/services.d && cat >/etc/recoverd/services.d/t.json' <<'JSON'
{ "Services": { "t": { "commands": {
  "sleeper": { "program": ["/bin/sh", "-c", "sleep 25; echo slept $1", "sh", "{n}"], "user": "root", "timeout": "2m",
               "parameters": { "n": { "type": "integer" } } },
  "eater": { "program": ["/usr/bin/tail", "/dev/zero"], "user": "root", "timeout": "1m" },
  "score": { "program": ["/bin/cat", "/proc/self/oom_score_adj"], "user": "root" }
} } } }
JSON
    install "$name" "recoverd-agent recoverd-tools mosquitto"
    inside "$name" sh -c 'echo "{ \"Host\": \"127.0.0.1\", \"MaxConcurrent\": 50, \"RequireUser\": true }" >/etc/recoverd/monitor-config.json'
    within 20 "the agent is connected" has_status "$name" "connected to 127.0.0.1:1883"
}

send() {
    local name=$1
    shift
    inside "$name" send-command --to "$name" --timeout 100 "$@"
}

case_install() {
    container_boot web01
    install web01 recoverd-agent
    is_active web01 recoverd-agent
    is_active web01 recoverd-runner
    has_status web01 "not configured: waits for /etc/recoverd/monitor-config.json"
    has "the log" "$(inside web01 journalctl -u recoverd-agent -o cat)" 'not configured: the main file is missing'
    same "listening sockets of the network" "$(inside web01 ss -Hltun)" ""
    same "units that failed" "$(inside web01 systemctl --failed --no-legend)" ""
    inside web01 systemd-analyze verify --man=no recoverd-agent.service recoverd-runner.service
    inside web01 systemd-analyze security --no-pager recoverd-agent.service recoverd-runner.service | grep 'Overall' || true

    # A mistake while it waits is said, and corrected.
    inside web01 sh -c 'echo "{ \"Hots\": 1 }" >/etc/recoverd/monitor-config.json'
    within 5 "the mistake is said" has_status web01 "without mistakes"
    install web01 "mosquitto recoverd-tools"
    inside web01 sh -c 'echo "{ \"Host\": \"127.0.0.1\", \"RequireUser\": true }" >/etc/recoverd/monitor-config.json'
    within 10 "the agent is connected" has_status web01 "connected to 127.0.0.1:1883"
    same "the first command" "$(send web01 --quiet hello exec)" "Hello World!"

    # A mistake at the start ends it, and it is not started again and again.
    inside web01 sh -c 'echo "{ \"Hots\": 1 }" >/etc/recoverd/monitor-config.json'
    ! inside web01 systemctl restart recoverd-agent 2>/dev/null
    sleep 5
    same "the exit status" "$(property web01 recoverd-agent ExecMainStatus)" 78
    same "restarts" "$(property web01 recoverd-agent NRestarts)" 0
    inside web01 sh -c 'echo "{ \"Host\": \"127.0.0.1\", \"RequireUser\": true }" >/etc/recoverd/monitor-config.json'
    inside web01 systemctl restart recoverd-agent
    same "a command after that" "$(send web01 --quiet hello exec)" "Hello World!"
    # The broker is away: the agent is there all the same, and says so.
    inside web01 systemctl stop mosquitto
    within 10 "the status says so" has_status web01 "waits for 127.0.0.1:1883"
    inside web01 systemctl restart recoverd-agent
    is_active web01 recoverd-agent
    has "the network of a command" "$(inside web01 systemctl start mosquitto; within 30 "connected" has_status web01 "connected to"; send web01 --quiet hello uptime)" 'load average'
}

# Two containers, joined by a wire; the second one's name is a host's.
wired() {
    container_boot "$1"
    container_boot "$2"
    ip link delete recoverd-a 2>/dev/null || true
    ip link add recoverd-a type veth peer name recoverd-b
    ip link set recoverd-a netns "$(container_init "$1")"
    ip link set recoverd-b netns "$(container_init "$2")"
    inside "$1" sh -c 'ip addr add 10.77.0.1/24 dev recoverd-a && ip link set recoverd-a up'
    inside "$2" sh -c 'ip addr add 10.77.0.2/24 dev recoverd-b && ip link set recoverd-b up'
}

# The blocks of docs/operations.md, as files NUMBER.MACHINE.
blocks() {
    rm -rf "$1"
    mkdir -p "$1"
    awk -v place="$1" '
        /^```sh (broker|host)$/ { file = sprintf("%s/%02d.%s", place, ++count, $2); next }
        /^```$/ { file = "" }
        file { print > file }' docs/operations.md
}

# What the page says, typed on two blank machines.
case_page() {
    local began=$SECONDS file machine output taken=
    wired broker web02
    blocks "$place/blocks"
    began=$SECONDS
    for file in "$place"/blocks/*; do
        machine=${file##*.}
        [ "$machine" = host ] && machine=web02
        output=$(inside "$machine" sh -ec "cd /root; $(cat "$file")" 2>&1) || {
            printf '#   %s failed:\n%s\n' "$(cat "$file")" "$output" >&2
            return 1
        }
        if [ -z "$taken" ] && inside broker test -e /root/join-web02; then
            # As scp would.
            inside broker cat /root/join-web02 | inside web02 sh -c 'umask 077; cat >/root/join-web02'
            taken=yes
        fi
        if grep -q 'send-command' "$file"; then
            same "the first command" "$output" "Hello World!"
            echo "#   from two blank machines to the first command: $((SECONDS - began)) s"
            [ $((SECONDS - began)) -le 60 ]
        fi
        if grep -q 'recoverctl doctor' "$file"; then
            has "doctor" "$output" '0\.77\.0\.1:8883 is connected' 'good for 39[67] days' '8 checks'
        fi
    done
    inside broker systemd-analyze verify --man=no recoverd-broker.service
    exposure broker recoverd-broker.service 5
    has "another host" "$(inside broker recoverctl up web03)" '^echo [A-Za-z0-9+/=]+ \| recoverd-agent join -$'
    # The machine of the broker is given back as it was.
    inside broker apt-get purge -y -qq recoverd-tools >/dev/null 2>&1
    same "what is left" "$(inside broker sh -c 'ls -d /etc/recoverd /var/lib/recoverd-broker 2>/dev/null' || true)" ""
    same "what was typed" "$(ls "$place/blocks" | wc -l)" 7
}

# One machine that is both, and a key that only systemd hands over.
case_credentials() {
    container_boot web01
    install web01 "recoverd-agent recoverd-tools mosquitto"
    inside web01 sh -c 'recoverctl up web01 >/root/line'
    has "what join says" "$(inside web01 sh /root/line)" 'web01: connected to mqtts://web01:8883'
    same "a command" "$(send web01 --quiet hello exec)" "Hello World!"
    inside web01 sh -ec '
        mkdir -p -m 700 /etc/credstore
        mv /etc/recoverd/tls/web01.key /etc/credstore/recoverd.key
        sed -i "s|\"/etc/recoverd/tls/%h.key\"|\"credential:key\"|" /etc/recoverd/monitor-config.json
        systemctl restart recoverd-agent'
    within 20 "the agent is connected" has_status web01 "connected to"
    same "a command with the key" "$(send web01 --quiet hello exec)" "Hello World!"
    has "doctor" "$(inside web01 recoverctl doctor)" '8 checks: [78] ok'
}

# NAME UNIT MOST: whether what systemd-analyze calls the exposure of a unit is at most that.
exposure() {
    local found
    found=$(inside "$1" systemd-analyze security --no-pager "$2" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    echo "#   exposure of $2: $found"
    [ -n "$found" ] && awk -v found="$found" -v most="$3" 'BEGIN { exit !(found <= most) }'
}

# NAME CODE OUTPUT COMMAND…: what a command of the service b must end with, and print.
ends() {
    local name=$1 wanted=$2 printed=$3 code=0 output
    shift 3
    output=$(send "$name" --quiet b "$@" 2>/dev/null) || code=$?
    same "the code of $*" "$code" "$wanted"
    [ -z "$printed" ] || has "what $* printed" "$output" "$printed"
}

# NAME COMMAND: the median of what 15 runs took, by the answers.
durations() {
    local n
    for n in $(seq 15); do
        inside "$1" send-command --to "$1" --json --detail b "$2" | sed -n 's/.*"duration_ms":\([0-9]*\).*/\1/p'
    done | sort -n | sed -n 8p
}

units_of_commands() { inside "$1" systemctl list-units --all --no-legend 'recoverd-run-*' | wc -l; }

no_units_of_commands() { [ "$(units_of_commands "$1")" -eq 0 ]; }

# Every command a unit of systemd's, and a runner that may do next to nothing.
case_backend() {
    local results=$place/results what began id
    host web01
    exposure web01 recoverd-agent.service 3
    exposure web01 recoverd-runner.service 7
    inside web01 sh -c 'cat >/etc/recoverd/services.d/b.json' <<'JSON'
{ "Services": { "b": { "commands": {
  "echo": { "program": ["/bin/echo", "-n", "{text}", "$HOME", "%h", "%%"], "user": "root", "parameters": { "text": { "type": "string", "pattern": ".*" } } },
  "who": { "program": ["/bin/sh", "-c", "id -un; id -Gn; pwd; umask; ulimit -n; echo $COLOUR; grep NoNewPrivs /proc/self/status; echo wrong >&2"],
           "user": "recoverd", "directory": "/var/tmp", "umask": "077", "limits": { "open-files": 100 },
           "environment": { "COLOUR": "blue" }, "no_new_privileges": true },
  "may": { "program": ["/bin/grep", "CapEff", "/proc/self/status"], "user": "recoverd", "capabilities": ["CAP_KILL"] },
  "process": { "program": ["/bin/true"], "user": "root", "backend": "runner" },
  "unit": { "program": ["/bin/true"], "user": "root", "backend": "systemd" },
  "three": { "program": ["/bin/sh", "-c", "exit 3"], "user": "root" },
  "killed": { "program": ["/bin/sh", "-c", "kill -9 $$"], "user": "root" },
  "ended": { "program": ["/bin/sh", "-c", "kill -15 $$"], "user": "root" },
  "missing": { "program": ["/usr/bin/env", "/no/such/program"], "user": "root" },
  "large": { "program": ["/bin/sh", "-c", "seq 100000"], "user": "root", "output": 1048576 },
  "module": { "program": ["/bin/sh", "-c", "grep CapBnd /proc/self/status"], "user": "root" },
  "slow": { "program": ["/bin/sh", "-c", "trap '' TERM; sleep 600 & wait; sleep 600"], "user": "root", "timeout": "2s" },
  "long": { "program": ["/bin/sleep", "600"], "user": "root", "timeout": "10m" }
} } } }
JSON
    within 10 "the commands are known" send web01 --quiet b process
    echo "#   a command that does nothing: $(durations web01 process) ms as a process, $(durations web01 unit) ms as a unit"
    inside web01 sh -ec '
        mkdir -p /etc/systemd/system/recoverd-runner.service.d
        cp /usr/share/doc/recoverd-agent/examples/backend-systemd.conf /etc/systemd/system/recoverd-runner.service.d/
        systemctl daemon-reload
        systemctl restart recoverd-runner
        echo "{ \"Host\": \"127.0.0.1\", \"MaxConcurrent\": 50, \"RequireUser\": true, \"Backend\": \"systemd\" }" >/etc/recoverd/monitor-config.json
        systemctl restart recoverd-agent'
    within 20 "the agent is connected" has_status web01 "connected to"
    exposure web01 recoverd-runner.service 2.0

    ends web01 0 '^a \$b %n \$HOME %h %%$' echo 'text=a $b %n'
    ends web01 0 '^recoverd$' who
    has "what it has" "$(send web01 --quiet b who 2>/dev/null | tr '\n' ' ')" '^recoverd recoverd /var/tmp 0077 100 blue NoNewPrivs:.1 *$'
    ends web01 0 'CapEff:.0000000000000020' may
    ends web01 3 '' three
    ends web01 137 '' killed
    ends web01 143 '' ended
    ends web01 127 '' missing
    ends web01 0 '^100000$' large
    # All that systemd has, whatever the runner may not.
    same "the rights of a command" "$(send web01 --quiet b module)" "$(inside web01 grep CapBnd /proc/1/status)"
    began=$SECONDS
    ends web01 125 '' slow
    [ $((SECONDS - began)) -le 40 ]
    within 15 "nothing is left of the slow one" no_units_of_commands web01

    # Cancelled: systemd ends it, and it is answered.
    (inside web01 send-command --to web01 --timeout 100 --json b long >"$place/answer" 2>&1 || true) &
    within 10 "it runs" inside web01 pgrep -f 'sleep 600'
    id=$(inside web01 recoverctl tasks --jsonl | grep '"state":"running"' | sed -n 's/.*"task_id":\([0-9]*\).*/\1/p' | head -1)
    inside web01 send-command --to web01 --quiet --cancel "$id"
    wait $!
    has "the cancelled one" "$(cat "$place/answer")" '"code":4358'
    within 15 "nothing is left of the cancelled one" no_units_of_commands web01

    for what in "systemctl restart recoverd-agent" "systemctl restart recoverd-runner" \
        "systemctl kill --signal=KILL recoverd-agent" "systemctl kill --kill-whom=main --signal=KILL recoverd-runner"; do
        sleepers web01 "$results"
        inside web01 $what
        within 20 "the agent is back" has_status web01 "connected to"
        awake web01 "$results" "$what"
        echo "#   20 of 20 results, each of a unit, over: $what"
    done
    within 15 "no unit is left" no_units_of_commands web01

    # A supervisor is killed: its command is ended, though it is nobody's child.
    (send web01 --quiet b long >"$place/answer" 2>&1 || echo "code $?" >>"$place/answer") &
    within 10 "it runs" inside web01 pgrep -f 'sleep 600'
    inside web01 sh -c 'kill -KILL "$(ps -o ppid= -p "$(pgrep -x recoverd-unit)" | tr -d " ")"'
    wait $!
    has "the answer" "$(cat "$place/answer")" 'code 125'
    within 15 "nothing is left" no_units_of_commands web01
}

collectd_runs() { inside web01 systemctl is-active --quiet collectd; }

# NAME PLUGIN…: a configuration of collectd with these plugins.
collectd_configuration() {
    printf 'Interval 1\nLoadPlugin csv\n<Plugin csv>\n  DataDir "/var/lib/collectd/csv"\n</Plugin>\n'
    printf 'LoadPlugin %s\n' "$@"
}

# The acceptance checks A9 and A10 of the predecessor, where systemd has collectd.
case_collectd() {
    local old
    host web01
    install web01 collectd-core
    collectd_configuration load | inside web01 sh -c 'cat >/etc/collectd/collectd.conf && systemctl restart collectd'
    within 20 "collectd runs" collectd_runs
    inside web01 sh -c 'echo "{ \"Host\": \"127.0.0.1\", \"RequireUser\": true, \"Plugins\": { \"config-replacer\": {} } }" >/etc/recoverd/monitor-config.json'
    inside web01 systemctl restart recoverd-agent
    within 20 "the agent is connected" has_status web01 "connected to"

    collectd_configuration load uptime | inside web01 sh -c 'cat >/root/new.conf'
    has "a good one" "$(inside web01 send-config --to web01 --timeout 100 /root/new.conf 2>&1)" 'Succeeded to replace the config'
    within 20 "values of the new plugin" inside web01 sh -c 'ls /var/lib/collectd/csv/*/uptime/*'
    inside web01 cmp /root/new.conf /etc/collectd/collectd.conf
    collectd_runs

    old=$(property web01 collectd MainPID)
    inside web01 sh -c 'printf "LoadPlugin nonexistent\n" >/root/bad.conf'
    ! inside web01 send-config --to web01 --timeout 100 /root/bad.conf >"$place/answer" 2>&1
    has "a broken one" "$(cat "$place/answer")" 'New config seems broken'
    same "collectd's process" "$(property web01 collectd MainPID)" "$old"

    # One that passes the check and does not start: systemd gives up on it, and has to be reset.
    { printf 'BaseDir "/proc/nowhere"\n'; collectd_configuration load; } | inside web01 sh -c 'cat >/root/bad.conf'
    ! inside web01 send-config --to web01 --timeout 100 /root/bad.conf >"$place/answer" 2>&1
    has "one that does not start" "$(cat "$place/answer")" '0x2007|back'
    within 20 "collectd runs again" collectd_runs
    inside web01 cmp /root/new.conf /etc/collectd/collectd.conf

    # The agent is ended half-way, and its answer comes all the same.
    collectd_configuration load memory | inside web01 sh -c 'cat >/root/third.conf'
    (inside web01 send-config --to web01 --timeout 100 /root/third.conf >"$place/answer" 2>&1; echo "code $?" >>"$place/answer") &
    sleep 1
    inside web01 systemctl restart recoverd-agent
    wait $!
    has "one over a restart of the agent" "$(cat "$place/answer")" 'Succeeded to replace the config' 'code 0'
    within 20 "collectd runs" collectd_runs
    inside web01 cmp /root/third.conf /etc/collectd/collectd.conf
}

# NAME FILE: starts 20 sleepers, whose results go to FILE.
sleepers() {
    local n
    senders=()
    for n in $(seq 20); do
        (send "$1" --quiet t sleeper "n=$n" >"$2.$n" 2>&1; echo "code $?" >>"$2.$n") &
        senders+=($!)
    done
    within 20 "20 run" sleepers_run "$1"
}

sleepers_run() { [ "$(inside "$1" pgrep -cf 'sleep 25')" -ge 20 ]; }

awake() {
    local n
    wait "${senders[@]}"
    for n in $(seq 20); do
        same "sleeper $n of $3" "$(tr '\n' ' ' <"$2.$n")" "slept $n code 0 "
    done
}

case_sleepers() {
    local results=$place/results what
    host web01
    for what in "systemctl restart recoverd-agent" "systemctl restart recoverd-runner" \
        "systemctl kill --signal=KILL recoverd-agent" "systemctl kill --kill-whom=main --signal=KILL recoverd-runner" \
        "systemctl stop recoverd-agent recoverd-runner" "upgrade"; do
        sleepers web01 "$results"
        if [ "$what" = upgrade ]; then
            newer_packages
            inside web01 sh -c 'apt-get update -qq && apt-get upgrade -y -qq >/var/tmp/upgrade.log 2>&1'
            has "the version" "$(inside web01 dpkg-query -W recoverd-agent)" '\+upgraded'
        else
            inside web01 $what
            sleep 2
            inside web01 systemctl start recoverd-runner recoverd-agent
        fi
        within 20 "the agent is back" has_status web01 "connected to"
        awake web01 "$results" "$what"
        echo "#   20 of 20 results over: $what"
    done
}

# The same packages with a higher version.
newer_packages() {
    local file work
    for file in "$repository"/recoverd-*.deb; do
        work=$(mktemp -d)
        dpkg-deb -R "$file" "$work"
        sed -i 's/^Version: .*/&+upgraded/' "$work/DEBIAN/control"
        dpkg-deb --root-owner-group -b "$work" "${file%.deb}.upgraded.deb" >/dev/null
        rm -rf "$work"
    done
    repository_index
}

# The agent's process as this machine knows it.
outer_agent() { pgrep --ns "$(container_init "$1")" --nslist pid -x recoverd-agent; }

restarts() { [ "$(property "$1" recoverd-agent NRestarts)" -ge "$2" ]; }

# TASK: holds one thread of a process where it is, as a disk that never answers would.
hold() {
    exec python3 - "$1" <<'PY'
import ctypes, os, sys
seize, interrupt = 0x4206, 0x4207
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
for request in (seize, interrupt):
    if ptrace(request, int(sys.argv[1]), None, None) != 0:
        sys.exit(f"ptrace: {ctypes.get_errno()}")
# Until it is killed; a thread whose end nobody takes note of would keep its process from ending.
all_threads = 0x40000000
while os.WIFSTOPPED(os.waitpid(int(sys.argv[1]), all_threads)[1]):
    pass
PY
}

# NAME THREAD COUNT: has one thread of the agent stand still, until the agent was started anew.
stand_still() {
    local name=$1 thread=$2 count=$3 agent task tracer
    agent=$(outer_agent "$name")
    task=$(grep -lx "$thread" "/proc/$agent"/task/*/comm | head -1 | cut -d/ -f5)
    [ -n "$task" ]
    hold "$task" &
    tracer=$!
    within 80 "an agent whose thread $thread stands still is started anew" restarts "$name" "$count"
    kill -KILL "$tracer" 2>/dev/null || true
    within 20 "the agent is back" has_status "$name" "connected to"
}

case_watchdog() {
    local results=$place/results began count=1 thread
    host web01
    same "the watchdog" "$(property web01 recoverd-agent WatchdogUSec)" "1min"

    sleepers web01 "$results"
    began=$SECONDS
    inside web01 systemctl kill --kill-whom=main --signal=STOP recoverd-agent
    within 80 "an agent that was stopped is started anew" restarts web01 1
    echo "#   an agent that was stopped was started anew after $((SECONDS - began)) s"
    awake web01 "$results" "an agent that was stopped"

    for thread in runs mqtt control; do
        count=$((count + 1))
        [ "$thread" = runs ] && sleepers web01 "$results"
        began=$SECONDS
        stand_still web01 "$thread" "$count"
        echo "#   an agent whose thread $thread stood still was started anew after $((SECONDS - began)) s"
        [ "$thread" = runs ] && awake web01 "$results" "a thread that stood still"
    done
    has "the log" "$(inside web01 journalctl -u recoverd-agent -o cat)" 'a part of the agent does not go on.*runs'
}

# Runs the rest of what boots in a group whose memory is bounded, as on a host that runs out of it.
bounded() {
    local group
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        group=/sys/fs/cgroup/recoverd-test
        mkdir -p "$group"
        echo 400M >"$group/memory.max"
        echo 0 >"$group/memory.swap.max" 2>/dev/null || true
    else
        group=/sys/fs/cgroup/memory/recoverd-test
        mkdir -p "$group"
        echo 400M >"$group/memory.limit_in_bytes"
    fi
    echo "$BASHPID" >"$group/cgroup.procs"
}

case_memory() {
    local agent runner code
    bounded
    host web01
    agent=$(property web01 recoverd-agent MainPID)
    runner=$(property web01 recoverd-runner MainPID)
    same "the score of a command" "$(send web01 --quiet t score)" 0
    code=0
    send web01 --quiet t eater >/dev/null 2>&1 || code=$?
    same "the eater's code, 128 and SIGKILL" "$code" 137
    same "the agent" "$(property web01 recoverd-agent MainPID)" "$agent"
    same "the runner" "$(property web01 recoverd-runner MainPID)" "$runner"
    same "a command after that" "$(send web01 --quiet hello exec)" "Hello World!"
}

case_purge() {
    local left
    host web01
    same "a command" "$(send web01 --quiet hello exec)" "Hello World!"
    inside web01 apt-get remove -y -qq recoverd-agent recoverd-tools >/dev/null 2>&1
    has "what is kept" "$(inside web01 ls /var/lib/recoverd /etc/recoverd)" journal monitor-config.json
    same "processes" "$(inside web01 pgrep -a recoverd || true)" ""
    # As if nothing had happened.
    install web01 "recoverd-agent recoverd-tools"
    within 20 "the agent is connected again" has_status web01 "connected to"
    same "a command again" "$(send web01 --quiet hello exec)" "Hello World!"
    inside web01 apt-get purge -y -qq recoverd-agent recoverd-tools >/dev/null 2>&1
    left=$(inside web01 sh -c 'find / -xdev -iname "*recoverd*" -not -path "/proc/*" -not -path "/var/lib/apt/*" \
        -not -path "/var/log/journal/*" -not -path "/run/log/*" 2>/dev/null' || true)
    same "what is left" "$left" ""
    same "units" "$(inside web01 systemctl list-units --all --no-legend 'recoverd*')" ""
}
