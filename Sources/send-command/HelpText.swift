import TaskSending

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

        \(SharedHelp.broker)

        \(SharedHelp.agent)

        \(SharedHelp.signature)

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

        \(SharedHelp.sources)

        Exit status: that of the command (0 to 255); 124 no answer in time, so that
        nobody knows what became of the task; 125 other.

        """
}
