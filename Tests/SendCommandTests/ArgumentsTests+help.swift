extension ArgumentsTests {
    /// The whole help: who changes it looks at all of it.
    static let help = """
        OVERVIEW: Sends one recovery command to an agent over MQTT, waits for its
        answer, and exits with its code.

        Options are also taken from the environment (RECOVERD_HOST for --host,
        RECOVERD_KEY_FILE for --key-file and so on), and behind that from a JSON object
        in ~/.config/recoverd/send-command.json, whose keys are the long names:
        {"host": "mqtts://broker", "user": "me"}.

        Exit status: that of the command (0 to 255); 124 no answer in time; 125
        everything else.

        USAGE: send-command [<option> …] <service> <command> [<name>=<value> …]

        ARGUMENTS:
          <service>               The service, as the agent's catalog names it.
          <command>               The command of the service.
          <name=value>            Parameters of the command.

        OPTIONS:
          -h, --host <host>       The broker: host, host:port, [IPv6]:port, mqtt://… or
                                  mqtts://…; default localhost.
          --port <number>         Its port; default 1883, with TLS 8883.
          -u, --user <name>       User name for the broker.
          -p, --password <text>   Password; every user of this machine can see it.
          --password-file <file>  A file that holds the password, not readable by
                                  everybody.
          -s, --secure            Connect with TLS.
          --cafile <file>         Trusted authorities (PEM); default those of the
                                  system.
          --cert <file>           Our certificate (PEM), for brokers that ask for one.
          --key-file <file>       The private key of it (PEM).
          -q, --qos <level>       Quality of service, 0 to 2; default 2.
          -t, --topic <topic>     The topic that the agent listens on.
          -r, --result-topic <topic>
                                  The topic on which it answers; without it nobody
                                  waits.
          --to <host>             The host, in place of both topics.
          --root <topic>          With --to: what the topics begin with; default
                                  recovery.
          --reason <text>         Why; for the log of the agent.
          --timeout <time>        How long to wait in all: seconds, or 30s, 2m …;
                                  default 30s.
          --json                  Print one JSON object and nothing else.
          --quiet                 Print only what the command printed.
          --options <file>        A JSON file with these options.
          --version               Show the version.
          --help                  Show help information.
        """
}
