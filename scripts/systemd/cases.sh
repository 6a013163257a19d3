# What is tried with the packages. Each case begins with blank containers. Sourced by test.sh.

cases=(install sleepers watchdog memory purge)

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

# NAME THREAD COUNT: has one thread of the agent wait for ever in its next system call, until the agent was started anew.
stand_still() {
    local name=$1 thread=$2 count=$3 agent task tracer
    agent=$(outer_agent "$name")
    task=$(grep -lx "$thread" "/proc/$agent"/task/*/comm | head -1 | cut -d/ -f5)
    [ -n "$task" ]
    strace -qq -o /dev/null -p "$task" -e trace=epoll_wait,epoll_pwait,poll,ppoll \
        -e inject=epoll_wait,epoll_pwait,poll,ppoll:delay_enter=600s &
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
    inside web01 systemctl kill --signal=STOP recoverd-agent
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
    local agent runner answer
    bounded
    host web01
    agent=$(property web01 recoverd-agent MainPID)
    runner=$(property web01 recoverd-runner MainPID)
    same "the score of a command" "$(send web01 --quiet t score)" 0
    answer=$(send web01 --quiet --detail t eater 2>&1) || true
    has "the eater's answer" "$answer" 'signal.*9|SIGKILL|killed'
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
