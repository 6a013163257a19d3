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
          -q, --qos <level>        Quality of service, 0 to 2; default 1 where the task
                                   is sent again, else 2.

        Agent:
              --to <host>          The host; its topics are <root>/<host>/command and
                                   <root>/<host>/result.
              --root <topic>       What they begin with; default recovery.
          -t, --topic <topic>      In place of --to: the topic the agent listens on.
          -r, --result-topic <topic>
                                   With --topic: where it answers; else nobody waits.
              --reason <text>      Why; for the log of the agent.
              --retry              Send the task again until it is answered, as with
                                   --to. An agent of the predecessor would run it again
                                   each time.

        Signature:
              --key <file>         Sign the task with this private key (PEM); the file
                                   is called as the key, with .pem. The answer must then
                                   be signed by the host.
              --target host/<host> With --topic: the host that the task is for.
              --challenge <text>   The challenge of the host's status, in place of the
                                   time, for a host whose clock is wrong.
              --known-hosts <file>
                                   The keys of the hosts; default
                                   ~/.config/recoverd/known-hosts.json.

        Instead of running the command:
              --check              Ask what would be run, and run nothing.
              --cancel <id>        End the task of this id, or take it from the queue.
              --fetch <id>         Print what its command printed, as kept on the host.
              --stream <name>      With --fetch: stdout or stderr; default stdout.
              --offset <bytes>     With --fetch: where to begin; default 0.
              --length <bytes>     With --fetch: how much at most; default all.
          An id of digits is a number; a text of digits is written '"17"'.

        Answer:
              --timeout <time>     How long to wait in all: seconds, or 30s, 2m …;
                                   default 30s. So long, and 60 s at least, the task may
                                   still start. With --fetch: for every piece.
              --detail             Tell all that the agent knows of the task.
              --follow             Print the output while the command runs; needs --to.
              --cancel-on-interrupt
                                   Ctrl-C ends the command; without this it leaves the
                                   command alone.
              --json               Print one JSON object and nothing else.
              --quiet              Print only what the command printed.

              --options <file>     A JSON file with these options; default
                                   ~/.config/recoverd/send-command.json.
              --help               Show this.
              --version            Show the version.

        Options are taken from the command line first, then from the environment
        (RECOVERD_HOST, RECOVERD_KEY_FILE …), then from the options file, whose keys are
        the long names: {"host": "mqtts://broker", "password-file": "/home/me/secret"}.

        Exit status: that of the command (0 to 255); 124 no answer in time, so that
        nobody knows what became of the task; 125 other.

        """
}
