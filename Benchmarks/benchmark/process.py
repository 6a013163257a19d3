"""A process that is started, looked at through /proc, and stopped again whatever happens."""

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path


class BenchmarkError(Exception):
    """What makes a figure worthless: says what was wanted and what was found."""


class Process:
    """A child in a session of its own, so that a Ctrl-C in the terminal reaches only the runner, which stops it."""

    def __init__(self, command, log):
        self.command = command
        self.log = Path(log)
        with open(self.log, "ab") as output:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.pid = self._child.pid

    def stop(self, patience=15):
        """TERM to the group, and KILL to what remains; the agent has 10 s for its own stop."""
        if self._child.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        self._signal(signal.SIGKILL)
        self._child.wait()

    def require_alive(self):
        if self._child.poll() is not None:
            raise BenchmarkError(f"{self.command[0]} ended with {self._child.returncode}:\n{self.log_tail()}")

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])

    def _signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass  # the whole group is gone

    # What /proc says of it. Its children are never in these figures.

    def cpu_seconds(self):
        """utime + stime of all its threads, ended ones too, by the process's CPU clock: as in /proc/PID/stat, but in
        nanoseconds instead of ticks of 10 ms (clock_getcpuclockid(3): the number is made of the process id)."""
        self.require_alive()
        return time.clock_gettime((~self.pid << 3) | 2)

    def rss_mb(self):
        return self._status("VmRSS") / 1024

    def peak_rss_mb(self):
        return self._status("VmHWM") / 1024

    def reset_peak_rss(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def threads(self):
        return self._status("Threads")

    def _status(self, name):
        self.require_alive()
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise BenchmarkError(f"/proc/{self.pid}/status has no {name}")


@contextmanager
def running(command, log):
    process = Process(command, log)
    try:
        yield process
    finally:
        process.stop()


class Sampler:
    """The greatest number of threads while a block runs: a pool may grow under load and shrink after it."""

    INTERVAL = 0.1  # seconds; costs less than 0.1 % of a core

    def __init__(self, process):
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.most_threads = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _sample(self):
        while not self._done.is_set():
            try:
                self.most_threads = max(self.most_threads, self._process.threads())
            except (BenchmarkError, OSError):
                return  # it ended: whoever asked it for something will say so
            self._done.wait(self.INTERVAL)
