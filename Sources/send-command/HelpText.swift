/// What the program tells about itself.
enum HelpText {
    /// How it is called, in one line.
    static let usage = "Usage: send-command [<option> …] <service> <command> [<name>=<value> …]"

    /// All of it, for 80 columns.
    static let help = """
        Sends one recovery command to an agent over MQTT, waits for its answer, and
        exits with its code.

        \(usage)

          <service>                The service, as the agent's catalog names it.
          <command>                The command of the service.
          <name>=<value>           Parameters of the command.

        Broker:
          -h, --host <host>        host, host:port, [IPv6]:port, mqtt://… or mqtts://…;
                                   default localhost.
              --port <number>      Its port; default 1883, with TLS 8883.
          -u, --user <name>        User name.
          -p, --password <text>    Password; every user of this machine can see it.
              --password-file <file>
                                   A file that holds the password and nothing else, not
                                   readable by everybody.
          -s, --secure             Connect with TLS.
              --cafile <file>      Trusted authorities (PEM); default the system's.
              --cert <file>        Our certificate (PEM), where the broker asks for one.
              --key-file <file>    The private key of it (PEM).
          -q, --qos <level>        Quality of service, 0 to 2; default 2.

        Agent:
              --to <host>          The host; its topics are <root>/<host>/command and
                                   <root>/<host>/result.
              --root <topic>       What they begin with; default recovery.
          -t, --topic <topic>      In place of --to: the topic the agent listens on.
          -r, --result-topic <topic>
                                   With --topic: where it answers; else nobody waits.
              --reason <text>      Why; for the log of the agent.

        Answer:
              --timeout <time>     How long to wait in all: seconds, or 30s, 2m …;
                                   default 30s.
              --json               Print one JSON object and nothing else.
              --quiet              Print only what the command printed.

              --options <file>     A JSON file with these options; default
                                   ~/.config/recoverd/send-command.json.
              --help               Show this.
              --version            Show the version.

        Options are taken from the command line first, then from the environment
        (RECOVERD_HOST, RECOVERD_KEY_FILE …), then from the options file, whose keys are
        the long names: {"host": "mqtts://broker", "password-file": "/home/me/secret"}.

        Exit status: that of the command (0 to 255); 124 no answer in time; 125 other.

        """
}
