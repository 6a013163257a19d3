#!/bin/sh
# The same as a pipeline of stock programs: what an administrator would write in five minutes, one task after another.
#
#     shell-pipeline.sh PORT QOS COMMAND_TOPIC RESULT_TOPIC LINE
#
# Runs LINE for every task, whatever service and command it names; takes the task_id to be a number.
port=$1 qos=$2 command_topic=$3 result_topic=$4 line=$5

mosquitto_sub --nodelay -h 127.0.0.1 -p "$port" -q 1 -t "$command_topic" |
    while read -r task; do
        id=${task#*\"task_id\":}
        id=${id%%[!0-9]*}
        [ -n "$id" ] || continue
        text=$(/bin/sh -c "$line")
        printf '{"task_id":%s,"timestamp":"","message":"%s","code":%d}\n' "$id" "$text" "$?"
    done |
    mosquitto_pub --nodelay -h 127.0.0.1 -p "$port" -q "$qos" -t "$result_topic" -l
