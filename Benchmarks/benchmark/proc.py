"""What /proc says of a process, and which processes there are."""

import os
import time
from pathlib import Path

from .errors import BenchmarkError

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Seen:
    """One process. What its children cost is in none of these figures but `children_seconds`."""

    def __init__(self, pid):
        self.pid = pid

    def cpu_seconds(self):
        """utime + stime of all its threads, ended ones too, by the process's CPU clock: as in /proc/PID/stat, but in
        nanoseconds instead of ticks of 10 ms (clock_getcpuclockid(3): the number is made of the process id)."""
        try:
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            raise self._gone() from None

    def children_seconds(self):
        """cutime + cstime: the children that it has waited for, with all that those had waited for. The kernel adds
        nanoseconds and shows ticks of 10 ms: nothing of a thousand short lives is lost."""
        fields = self._read("stat").rpartition(")")[2].split()  # the name before it may hold anything
        return (int(fields[13]) + int(fields[14])) / TICKS_PER_SECOND

    def children(self):
        """The processes of which it is the parent now."""
        return [Seen(pid) for pid in all_pids() if parent(pid) == self.pid]

    def name(self):
        return self._read("comm").rstrip("\n")

    def rss_mb(self):
        return self._status("VmRSS") / 1024

    def peak_rss_mb(self):
        return self._status("VmHWM") / 1024

    def reset_peak_rss(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def pss_mb(self):
        """Its memory with its share of what it has in common with others."""
        try:
            return self._field("smaps_rollup", "Pss") / 1024
        except PermissionError:
            raise BenchmarkError(f"only root may see the memory of {self.name()} (smaps_rollup)") from None

    def threads(self):
        return self._status("Threads")

    def _status(self, name):
        return self._field("status", name)

    def _field(self, file, name):
        for line in self._read(file).splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise BenchmarkError(f"/proc/{self.pid}/{file} has no {name}")

    def _read(self, file):
        try:
            return Path(f"/proc/{self.pid}/{file}").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            raise self._gone() from None

    def _gone(self):
        return Gone(f"process {self.pid} has ended meanwhile")


class Gone(BenchmarkError):
    """It was there, and is no more."""


def all_pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def parent(pid):
    """None where there is no such process (any more)."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def command_line(pid):
    """As one text; empty where there is no such process, and for a zombie, which is nobody's worry but its parent's."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def with_text(*texts):
    """Every process whose command line contains one of these, in no order: {pid: command line}."""
    lines = {pid: command_line(pid) for pid in all_pids()}
    return {pid: line for pid, line in lines.items() if any(text in line for text in texts)}
