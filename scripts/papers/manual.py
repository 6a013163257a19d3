"""Manual pages, by way of Markdown and lowdown(1)."""

import re
import subprocess

SEE_ALSO = {
    "recoverd-agent": ["recoverd-runner(8)", "monitor-config.json(5)", "recoverctl(1)", "send-command(1)"],
    "recoverd-runner": ["recoverd-agent(8)"],
    "recoverctl": ["send-command(1)", "send-config(1)", "recoverd-agent(8)"],
    "send-command": ["recoverctl(1)", "send-config(1)", "recoverd-agent(8)"],
    "send-config": ["send-command(1)", "replace-config(1)", "recoverd-agent(8)"],
    "replace-config": ["send-config(1)", "recoverd-agent(8)"],
}

FILES = {
    "recoverd-agent": [
        ("/etc/recoverd/monitor-config.json", "The main file, see monitor-config.json(5)."),
        ("/etc/recoverd/services.d/*.json", "Services that packages bring."),
        ("/var/lib/recoverd", "The journal, kept output, versions of configurations, the control socket."),
        ("/run/recoverd", "The socket of the runner, and the records of what runs."),
    ],
    "recoverd-runner": [("/run/recoverd", "Its socket, and the records of the runs.")],
    "recoverctl": [
        ("~/.config/recoverd/send-command.json", "Options of the broker, as for send-command(1)."),
        ("~/.config/recoverd/known-hosts.json", "The keys by which hosts sign."),
        ("~/.cache/recoverd/names.json", "Names for the completion of the shell, see `recoverctl hosts cache`."),
    ],
    "send-command": [("~/.config/recoverd/send-command.json", "Options that nobody wants to type every time.")],
    "send-config": [("~/.config/recoverd/send-command.json", "Options that nobody wants to type every time.")],
}

ENVIRONMENT = {
    "recoverd-agent": [
        ("RECOVERD_RUNNER", "`external`: somebody else starts recoverd-runner, such as its unit."),
        ("NOTIFY_SOCKET, WATCHDOG_USEC", "A service manager that wants to know how the agent is, see sd_notify(3)."),
        ("CREDENTIALS_DIRECTORY", "Where `credential:NAME` is found, see systemd.exec(5)."),
    ],
    "recoverd-runner": [("NOTIFY_SOCKET", "A service manager that wants to know when the socket is there.")],
}


def escaped(text):
    return re.sub(r"([<>*_|\[\]#])", r"\\\1", text)


def definitions(items):
    return "\n".join(f"{term}\n\n: {text}\n" for term, text in items)


def options(command):
    return definitions(
        (", ".join(f"**{name}**" for name in option.names) + (f" *{escaped(option.value)}*" if option.value else ""),
         escaped(option.help)) for option in command.options)


def arguments(command):
    return definitions((f"*{escaped(argument.name)}*", escaped(argument.help)) for argument in command.arguments)


def synopsis(command):
    words = " ".join(f"**{word}**" for word in command.words)
    for argument in command.arguments:
        name = f"*{escaped(argument.name)}*" + (" …" if argument.repeats else "")
        words += f" [{name}]" if argument.optional else f" {name}"
    return words + (" [*option* …]" if command.options else "")


def page(program, section, version):
    leaves = [command for command in program.all() if not command.commands]
    # What every subcommand has is told once.
    common = [
        option for option in program.options
        if all(option.long in [other.long for other in leaf.options] for leaf in leaves)]
    text = f"# NAME\n\n{program.words[0]} - {escaped(program.abstract.rstrip('.'))}\n\n# SYNOPSIS\n\n"
    text += "\n\n".join(synopsis(leaf) for leaf in leaves) + "\n\n# DESCRIPTION\n\n"
    text += escaped(program.abstract) + "\n\n" + escaped(program.discussion) + "\n\n"
    if leaves == [program]:
        text += arguments(program) + ("\n# OPTIONS\n\n" + options(program) if program.options else "")
    else:
        text += "# COMMANDS\n\n"
        for leaf in leaves:
            own = [option for option in leaf.options if option.long not in [other.long for other in common]]
            text += f"## {' '.join(leaf.words[1:])}\n\n{escaped(leaf.abstract)}\n\n"
            if leaf.discussion:
                text += escaped(leaf.discussion) + "\n\n"
            text += arguments(leaf) + "\n"
            leaf.options, kept = own, leaf.options
            text += options(leaf) + "\n"
            leaf.options = kept
        if common:
            program.options, kept = common, program.options
            text += "# OPTIONS\n\n" + options(program)
            program.options = kept
    name = program.words[0]
    for title, table in [("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)]:
        if name in table:
            text += f"\n# {title}\n\n" + definitions((f"`{term}`", text) for term, text in table[name])
    text += "\n# SEE ALSO\n\n" + ", ".join(SEE_ALSO[name]) + "\n"
    return roff(text, name, section, version)


def roff(markdown, title, section, version):
    return subprocess.run(
        ["lowdown", "-s", "-tman", "--out-no-smarty", "-M", f"title={title}", "-M", f"section={section}", "-M", f"source=recoverd {version}"],
        input=markdown, capture_output=True, text=True, check=True).stdout


def listed(table):
    """The rows of a table as a list: a terminal has no room for columns of sentences."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table[0].splitlines()[2:]]
    return definitions((f"**{row[0]}** *{row[1]}*" if len(row) > 2 else f"**{row[0]}**", row[-1]) for row in rows)


def configuration(path, version):
    """monitor-config.json(5): the page of the documentation under the titles that a manual page has."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.partition("\n")[2]
    text = re.sub(r"^##(#*) ", r"#\1 ", text, flags=re.MULTILINE)
    # Links lead nowhere here; their words remain.
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    text = re.sub(r"^```(\w+) .*$", r"```\1", text, flags=re.MULTILINE)
    text = re.sub(r"(?:^\|.*\n)+", listed, text, flags=re.MULTILINE)
    head = "# NAME\n\nmonitor-config.json - the main file of recoverd-agent\n\n# DESCRIPTION\n"
    return roff(head + text + "\n# SEE ALSO\n\nrecoverd-agent(8), recoverctl(1)\n", "monitor-config.json", 5, version)
