/// What help says besides the options.
enum HelpText {
    static let discussion = """
        Options are also taken from the environment (RECOVERD_HOST for --host, RECOVERD_KEY_FILE for --key-file and \
        so on), and behind that from a JSON object in ~/.config/recoverd/send-command.json, whose keys are the long \
        names: {"host": "mqtts://broker", "user": "me"}.

        Exit status: that of the command (0 to 255); 124 no answer in time; 125 everything else.
        """
}

/// Which version this is.
enum Version {
    static let text = "0.1.0"
}
