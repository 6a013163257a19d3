#!/usr/bin/env python3
"""Makes the manual pages and the completions of the shells, from what the programs tell about themselves.

    papers.py DIRECTORY-OF-THE-PROGRAMS OUTPUT-DIRECTORY
"""

import os
import subprocess
import sys

import completion
import manual
import model

SECTIONS = {
    "recoverd-agent": 8, "recoverd-runner": 8, "recoverctl": 1, "send-command": 1, "send-config": 1, "replace-config": 1,
}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programs, output = sys.argv[1:]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    version = subprocess.run(
        [f"{programs}/recoverd-agent", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    for name, section in SECTIONS.items():
        program = model.read(programs, name)
        write(f"{output}/man/{name}.{section}", manual.page(program, section, version))
        if name == "recoverd-runner":
            # Nobody types it.
            continue
        write(f"{output}/bash/{name}", completion.bash(program))
        write(f"{output}/zsh/_{name}", completion.zsh(program))
        write(f"{output}/fish/{name}.fish", completion.fish(program))
    write(f"{output}/man/monitor-config.json.5", manual.configuration(f"{root}/docs/configuration.md", version))


main()
