"""Completions for bash, zsh and fish: what can be known is written down here, what only the fleet knows is asked of
`recoverctl complete`, which reads names that `recoverctl hosts cache` kept, and asks nobody."""

# The kind of words that an option takes; any other takes what nobody can guess.
OPTIONS = {
    "--to": "hosts", "--for": "hosts", "--host-name": "hosts",
    "--service": "services",
    "--stream": ["stdout", "stderr"],
    "--qos": ["0", "1", "2"],
    "--log-level": ["err", "warn", "info", "debug"],
    "--log-device": ["stdout", "syslog"],
    **dict.fromkeys([
        "--cafile", "--cert", "--key-file", "--password-file", "--key", "--known-hosts", "--options", "--expect",
        "--known", "--out", "--keys", "--policy", "--config", "--state", "--runtime", "--from", "--ca-key", "--ca-cert",
        "--file", "--head", "--command", "--pid-file", "--directory",
    ], "files"),
}

# The kind of words that stand by themselves, by the name that the help has for them.
ARGUMENTS = {
    "host": "hosts", "hosts": "hosts", "service": "services", "command": "commands",
    "path": "files", "file": "files", "new-config-path": "files",
}


def kinds(command):
    """The kinds of the words of a command, and whether the last may come again."""
    words = [ARGUMENTS.get(argument.name) for argument in command.arguments if "=" not in argument.name]
    return words, bool(command.arguments and command.arguments[-1].repeats)


def valued(program):
    return sorted({name for command in program.all() for option in command.options if option.value for name in option.names})


def by_kind(program):
    """The names of options with a value, by the kind of it."""
    table = {}
    for command in program.all():
        for option in command.options:
            kind = OPTIONS.get(option.long)
            if option.value and kind:
                table.setdefault(tuple(kind) if isinstance(kind, list) else kind, set()).update(option.names)
    return table


def plain(text):
    return text.replace("'", "’").replace("\n", " ")


def inner(program):
    return [command for command in program.all() if command.commands]


def below(program):
    return [child for command in inner(program) for child in command.commands]


def walk(program, first, words, quote, to):
    """The loop by which bash and zsh find out where the cursor stands."""
    paths = "|".join(quote(" ".join(child.words)) for child in below(program))
    lines = [
        f"    local at={quote(program.words[0])} place=0 host= service= skip= word",
        f"    for word in {words}; do",
        "        if [[ -n $skip ]]; then",
        "            if [[ $skip == --to ]]; then host=$word; fi",
        "            skip=",
        "            continue",
        "        fi",
    ]
    if paths:
        lines += [f"        case \"$at $word\" in", f"        {paths})", '            at="$at $word"', "            continue ;;", "        esac"]
    lines += ["        case $word in"]
    if valued(program):
        lines += [f"        {'|'.join(valued(program))}) skip=$word ;;"]
    lines += [
        "        -*) ;;",
        "        *)",
        "            if ((place == 0)); then service=$word; fi",
        "            ((++place)) ;;",
        "        esac",
        "    done",
    ]
    return lines


def cases(program, offer):
    """What is offered where: by the value of an option, and by the place of a word."""
    lines = ["    case $skip in", "    '') ;;"]
    for kind, names in sorted(by_kind(program).items(), key=str):
        lines += [f"    {'|'.join(sorted(names))})", f"        {offer(kind)}", "        return ;;"]
    lines += ["    *) return ;;", "    esac"]
    return lines


def places(program, offer):
    lines = ['    case "$at $place" in']
    for command in program.all():
        if command.commands:
            continue
        words, repeats = kinds(command)
        for index, kind in enumerate(words):
            pattern = f"'{' '.join(command.words)} {index}'"
            if repeats and index == len(words) - 1:
                pattern = f"'{' '.join(command.words)} '*"
            if kind:
                lines += [f"    {pattern}) {offer(kind)} ;;"]
    return lines + ["    esac"]


ASK = {
    "hosts": "recoverctl complete hosts",
    "services": "recoverctl complete services ${host:+--to=\"$host\"}",
    "commands": "recoverctl complete commands \"$service\" ${host:+--to=\"$host\"}",
}


def bash(program):
    name = program.words[0]
    function = "_" + name.replace("-", "_")

    def offer(kind):
        if kind == "files":
            return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")'
        if isinstance(kind, tuple):
            return f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(kind)}" -- "$cur")'
        return f'mapfile -t COMPREPLY < <(compgen -W "$({ASK[kind]} 2>/dev/null)" -- "$cur")'

    lines = [f"# Completion of {name} for bash; made by scripts/papers.", f"{function}() {{", '    local cur=${COMP_WORDS[COMP_CWORD]}']
    lines += walk(program, 1, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"', lambda text: f"'{text}'", "--to")
    lines += cases(program, offer)
    lines += ["    if [[ $cur == -* ]]; then", "        case $at in"]
    for command in program.all():
        names = " ".join(name for option in command.options for name in option.names if name.startswith("--"))
        lines += [f"        '{' '.join(command.words)}') mapfile -t COMPREPLY < <(compgen -W \"{names}\" -- \"$cur\") ;;"]
    lines += ["        esac", "        return", "    fi"]
    if inner(program):
        lines += ["    case $at in"]
        for command in inner(program):
            names = " ".join(child.words[-1] for child in command.commands)
            lines += [f"    '{' '.join(command.words)}') mapfile -t COMPREPLY < <(compgen -W \"{names}\" -- \"$cur\") ;;"]
        lines += ["    esac"]
    lines += places(program, offer) + ["}", f"complete -F {function} {name}", ""]
    return "\n".join(lines)


def zsh(program):
    name = program.words[0]

    def offer(kind):
        if kind == "files":
            return "_files"
        if isinstance(kind, tuple):
            return f"compadd -- {' '.join(kind)}"
        return f"compadd -- ${{(f)\"$({ASK[kind]} 2>/dev/null)\"}}"

    def described(pairs):
        return " ".join(f"'{plain(word).replace(':', chr(92) + ':')}:{plain(text)}'" for word, text in pairs)

    lines = [f"#compdef {name}", f"# Completion of {name} for zsh; made by scripts/papers.", f"_{name}() {{", "    local -a found"]
    lines += walk(program, 2, '"${(@)words[2,CURRENT-1]}"', lambda text: f"'{text}'", "--to")
    lines += cases(program, offer)
    lines += ["    if [[ $PREFIX == -* ]]; then", "        case $at in"]
    for command in program.all():
        pairs = [(option.long, option.help) for option in command.options]
        lines += [f"        '{' '.join(command.words)}') found=({described(pairs)}) ;;"]
    lines += ["        esac", "        _describe option found", "        return", "    fi"]
    if inner(program):
        lines += ["    case $at in"]
        for command in inner(program):
            pairs = [(child.words[-1], child.abstract) for child in command.commands]
            lines += [f"    '{' '.join(command.words)}') found=({described(pairs)}); _describe command found ;;"]
        lines += ["    esac"]
    lines += places(program, offer) + ["}", f"_{name} \"$@\"", ""]
    return "\n".join(lines)


def fish(program):
    name = program.words[0]
    function = "__" + name.replace("-", "_")
    paths = " ".join(f"'{' '.join(child.words)}'" for child in below(program))
    skip = [f"            case {' '.join(valued(program))}", "                set skip $word"] if valued(program) else []
    deeper = [
        f"        if contains -- \"$at $word\" {paths}", "            set at \"$at $word\"", "            continue", "        end",
    ] if paths else []

    def walk(on_value, on_word):
        return [
            f"    set -l at {name}",
            "    set -l place 0",
            "    set -l skip",
            "    set -l host",
            "    set -l service",
            "    for word in (commandline -opc)[2..]",
            "        if test -n \"$skip\"",
            *on_value,
            "            set skip",
            "            continue",
            "        end",
            *deeper,
            "        switch $word",
            *skip,
            "            case '-*'",
            "            case '*'",
            *on_word,
            "        end",
            "    end",
        ]

    lines = [
        f"# Completion of {name} for fish; made by scripts/papers.",
        f"function {function}_at --description 'Whether so many words stand behind this command'",
        *walk([], ["                set place (math $place + 1)"]),
        "    string match -q -- $argv[1] \"$at $place\"",
        "end",
        f"function {function}_names --description 'Names of a kind, for the host and the service that stand there'",
        *walk(
            ["            test \"$skip\" = --to; and set host --to=$word"],
            ["                test -z \"$service\"; and set service $word"]),
        "    switch $argv[1]",
        "        case hosts",
        "            recoverctl complete hosts 2>/dev/null",
        "        case services",
        "            recoverctl complete services $host 2>/dev/null",
        "        case commands",
        "            recoverctl complete commands \"$service\" $host 2>/dev/null",
        "    end",
        "end",
        f"complete -c {name} -f",
    ]

    def words(kind):
        if kind == "files":
            return "-F"
        if isinstance(kind, (tuple, list)):
            return f"-x -a '{' '.join(kind)}'"
        return f"-x -a '({function}_names {kind})'"

    for command in program.all():
        at = " ".join(command.words)
        for child in command.commands:
            lines += [f"complete -c {name} -n \"{function}_at '{at} 0'\" -a {child.words[-1]} -d '{plain(child.abstract)}'"]
        for option in command.options:
            letters = " ".join(f"-s {n[1:]}" for n in option.names if not n.startswith("--"))
            kind = OPTIONS.get(option.long) if option.value else None
            value = words(kind) if kind else ("-x" if option.value else "")
            lines += [" ".join(part for part in [
                f"complete -c {name} -n \"{function}_at '{at} *'\"", letters, f"-l {option.long[2:]}", value,
                f"-d '{plain(option.help)}'"] if part)]
        if command.commands:
            continue
        given, repeats = kinds(command)
        for index, kind in enumerate(given):
            place = "*" if repeats and index == len(given) - 1 else index
            if kind:
                lines += [f"complete -c {name} -n \"{function}_at '{at} {place}'\" {words(kind)}"]
    return "\n".join(lines) + "\n"
