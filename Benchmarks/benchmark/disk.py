"""Where state directories are, on a disk: in memory a journal would cost nothing, and prove nothing."""

import os
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchmarkError

IN_MEMORY = ("tmpfs", "ramfs")
APPENDS = 200
APPENDED = b"\0" * 256  # less than a page, as a small commit


@dataclass(frozen=True)
class Places:
    """The directories below which every contestant gets its own."""

    state: str
    runtime: str

    def require_disk(self):
        kind = file_system(self.state)
        if kind in IN_MEMORY:
            raise BenchmarkError(f"{self.state} is on {kind}, where a journal costs nothing: --directory DIR on a disk")

    def facts(self):
        return {
            "state_file_system": file_system(self.state),
            "runtime_file_system": file_system(self.runtime),
            "fsync_ms": fsync_ms(self.state),
        }


def runtime_parent(state):
    """In memory, as /run is wherever an agent is installed; where this machine's /run is none, another file system in
    memory stands in for it. Else beside the state, which costs more than what is meant."""
    for directory in ("/run", os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):
        if os.path.isdir(directory) and os.access(directory, os.W_OK) and file_system(directory) == "tmpfs":
            return directory
    return state


def file_system(path):
    """Its type, by the longest mount point above it; of several mounted on each other the last is seen."""
    path, found = os.path.realpath(path), ("", "unknown")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4])
        above = path == point or path.startswith(point.rstrip("/") + "/")
        if above and len(point) >= len(found[0]):
            found = (point, after.split()[0])
    return found[1]


def fsync_ms(directory):
    """The median of small appends, each followed by fdatasync."""
    times = []
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        for _ in range(APPENDS):
            began = time.monotonic_ns()
            file.write(APPENDED)
            os.fdatasync(file.fileno())
            times.append((time.monotonic_ns() - began) / 1e6)
    return statistics.median(times)
