/// What all programs that send a task tell about their options, for 80 columns.
package enum SharedHelp {
    /// How the broker is reached.
    package static let broker = """
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
        """

    /// Whom the task is for.
    package static let agent = """
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
        """

    /// Who vouches for it.
    package static let signature = """
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
        """

    /// Where else options may stand.
    package static let sources = """
        Options are taken from the command line first, then from the environment
        (RECOVERD_HOST, RECOVERD_KEY_FILE …), then from the options file, whose keys are
        the long names: {"host": "mqtts://broker", "password-file": "/home/me/secret"}.
        """
}
