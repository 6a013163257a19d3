"""What the programs tell about themselves: from the parser's own dump, or from the help text of those that have none."""

import json
import re
import subprocess
from dataclasses import dataclass, field


@dataclass
class Option:
    names: list  # "-h", "--host"
    value: str  # "" for a flag
    help: str

    @property
    def long(self):
        return next((name for name in self.names if name.startswith("--")), self.names[0])


@dataclass
class Argument:
    name: str
    help: str
    repeats: bool = False
    optional: bool = False


@dataclass
class Command:
    words: list  # the program, and the subcommands that lead here
    abstract: str
    discussion: str = ""
    options: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    commands: list = field(default_factory=list)

    def all(self):
        yield self
        for command in self.commands:
            yield from command.all()


def read(directory, program):
    path = f"{directory}/{program}"
    dump = subprocess.run([path, "--experimental-dump-help"], capture_output=True, text=True)
    if dump.returncode == 0 and dump.stdout.startswith("{"):
        return from_dump(json.loads(dump.stdout)["command"], [])
    text = subprocess.run([path, "--help"], capture_output=True, text=True, check=True).stdout
    return from_help(program, text)


def from_dump(dump, above):
    command = Command(above + [dump["commandName"]], dump.get("abstract", ""), dump.get("discussion", ""))
    for argument in dump.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        help = argument.get("abstract", "")
        if argument.get("defaultValue") and "default" not in help:
            help = f"{help.rstrip('.')}; default {argument['defaultValue']}."
        if argument["kind"] == "positional":
            command.arguments.append(Argument(
                argument.get("valueName", "value"), help, argument.get("isRepeating", False),
                argument.get("isOptional", False)))
            continue
        names = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument["names"]]
        names.sort(key=lambda name: name.startswith("--"))
        command.options.append(Option(names, argument.get("valueName", "") if argument["kind"] == "option" else "", help))
    for inner in dump.get("subcommands", []):
        if inner.get("shouldDisplay", True) and inner["commandName"] != "help":
            command.commands.append(from_dump(inner, command.words))
    return command


def bare(text):
    """A name without the brackets around it."""
    inside = text[1:-1]
    return inside if text == f"<{inside}>" and "<" not in inside else text


OPTION = re.compile(
    r"^ {2,6}(?:(?P<short>-\w), )?(?P<long>--[a-z-]+)(?: (?P<value>\S*[<A-Z]\S*))?(?: +(?P<help>.*))?$")
ARGUMENT = re.compile(r"^ {2}(?P<name><\S+)(?: {2,}(?P<help>.*))?$")
FURTHER = re.compile(r"^ {12,}(?P<help>\S.*)$")


def from_help(program, text):
    """Options and arguments with their texts, and every other paragraph as discussion, but for the usage."""
    paragraphs = text.strip().split("\n\n")
    if paragraphs[0].startswith("Usage:"):
        paragraphs[0] = paragraphs[0].partition("\n")[2]
    command = Command([program], "")
    prose = []
    for paragraph in paragraphs:
        rest, last = [], None
        for line in paragraph.split("\n"):
            option, argument, further = OPTION.match(line), ARGUMENT.match(line), FURTHER.match(line)
            if option:
                names = [name for name in (option["short"], option["long"]) if name]
                last = Option(names, bare(option["value"] or ""), option["help"] or "")
                command.options.append(last)
            elif argument:
                last = Argument(bare(argument["name"]), argument["help"] or "")
                command.arguments.append(last)
            elif further and last:
                last.help = f"{last.help} {further['help']}".strip()
            elif not line.startswith("Usage:") and not line.endswith(":"):
                rest.append(line.strip())
        if rest:
            prose.append(" ".join(rest))
    command.abstract, command.discussion = prose[0], "\n\n".join(prose[1:])
    return command
