import TaskSending

/// What the program tells about itself.
enum HelpText {
    /// How it is called, in one line.
    static let usage = "Usage: send-config [<option> …] <path>"

    /// All of it, for 80 columns.
    static let help = """
        Sends another configuration for a service to an agent over MQTT. The agent has
        it checked, puts it in place of the old one, and puts that back if the service
        does not run or no broker is reached any more.

        \(usage)

          <path>                   The file; or a directory, whose files have the names
                                   that the agent's catalog gives them.
              --service <name>     Whose configuration it is; default collectd. "agent"
                                   is the agent itself, with its services.d.
              --dry-run            Have it checked, and nothing touched.
              --diff               Tell what is different from what is in force, secrets
                                   left out.

        \(SharedHelp.broker)

        \(SharedHelp.agent)

        \(SharedHelp.signature)

        Answer:
              --timeout <time>     How long to wait in all: seconds, or 30s, 2m …;
                                   default 180s. So long, and 60 s at least, it may still
                                   begin.
              --detail             Tell all that the agent knows of the task.
              --cancel-on-interrupt
                                   Ctrl-C has the agent go back to the old one; without
                                   this it leaves the agent alone.
              --json               Print one JSON object and nothing else.
              --quiet              Print only the agent's answer.

              --options <file>     A JSON file with these options; default
                                   ~/.config/recoverd/send-command.json.
              --help               Show this.
              --version            Show the version.

        \(SharedHelp.sources)

        Exit status: 0 the new configuration is in force, or passes the check; 124 no
        answer in time, so that nobody knows what is in force; 125 other.

        """
}
