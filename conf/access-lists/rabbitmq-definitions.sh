#!/bin/sh
# Prints RabbitMQ's definitions for agents and senders: users, permissions, topic permissions.
#
#   rabbitmq-definitions.sh SENDER ... <hosts.txt >definitions.json
#   rabbitmqctl import_definitions definitions.json
#
# The users have no password: they prove who they are by certificates, whose CN is the name (rabbitmq.conf beside this
# file). `rabbitmqctl change_password USER` gives them one. hosts.txt is that of `recoverctl enroll`.
#
# An agent (user name = host) reads its own command topic and writes its own topics; it cannot take another one's session,
# because its queue has its own name. Senders write command topics and read the rest.
#
# The predecessor's two topics: add `|recovery-tasks` to `command` and `|recovery-results` to the others, without
# `recovery\\.{username}\\.` before them; whoever is in such a list reads all commands, and can answer in anybody's name.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 SENDER ... <hosts.txt" >&2; exit 64; }
exec awk -v senders="$*" '
function add(user, queue, write, read,    own) {
    if (user !~ /^[A-Za-z0-9][A-Za-z0-9_-]*$/ || seen[user]++) {
        print "line " NR ": " user ": no name, or there already" >"/dev/stderr"
        failed = 1
        return
    }
    own = "mqtt-subscription-" queue "qos[01]"
    users = users sep "\n    {\"name\": \"" user "\", \"password_hash\": \"\", \"hashing_algorithm\": \"rabbit_password_hashing_sha256\", \"tags\": \"\"}"
    permissions = permissions sep "\n    {\"user\": \"" user "\", \"vhost\": \"/\", \"configure\": \"^" own "$\", \"write\": \"^(amq\\\\.topic|" own ")$\", \"read\": \"^(amq\\\\.topic|" own ")$\"}"
    topics = topics sep "\n    {\"user\": \"" user "\", \"vhost\": \"/\", \"exchange\": \"amq.topic\", \"write\": \"^recovery\\\\." write "$\", \"read\": \"^recovery\\\\." read "$\"}"
    sep = ","
}
BEGIN { others = "(result|event|online|status|catalog)" }
{ sub(/#.*/, ""); gsub(/[ \t\r]/, "") }
$0 != "" { add($0, "recoverd-agent-" $0, "{username}\\\\." others, "{username}\\\\.command") }
END {
    count = split(senders, names, " ")
    # What these programs call themselves, with twelve digits of chance.
    for (i = 1; i <= count; i++)
        add(names[i], "(sendcommand|recoverctl)[0-9a-f]+", "[^.]+\\\\.command", "[^.]+\\\\." others)
    if (failed) exit 78
    print "{\n  \"vhosts\": [{\"name\": \"/\"}],"
    print "  \"users\": [" users "\n  ],\n  \"permissions\": [" permissions "\n  ],\n  \"topic_permissions\": [" topics "\n  ]\n}"
}'
