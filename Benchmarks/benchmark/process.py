"""A process that is started, looked at together with the runner that it starts, and stopped whatever happens."""

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchmarkError
from .proc import Seen, parent, with_text

SETTLED_SECONDS = 10  # an answered task's processes are gone within milliseconds
REST_SECONDS = 5  # the runner ends with its agent


class Process:
    """A child in a session of its own, so that a Ctrl-C in the terminal reaches only the bench, which stops it."""

    def __init__(self, command, log):
        self.command = command
        self.log = Path(log)
        with open(self.log, "ab") as output:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.pid = self._child.pid
        self.itself = Seen(self.pid)
        self.runner = None  # the program that starts its commands, where that is one of its own

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

    def find_runner(self, runtime):
        """The runner of this runtime directory. Its supervisors have the same command line, and are its children."""
        found = with_text(runtime)
        runners = [pid for pid in found if pid != self.pid and parent(pid) not in found.keys() - {self.pid}]
        if len(runners) != 1:
            lines = "\n".join(found.values())
            raise BenchmarkError(f"{len(runners)} runners with {runtime} instead of one, among\n{lines}")
        self.runner = Seen(runners[0])

    def _signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass  # the whole group is gone

    # What it costs, the runner included.

    def cpu_seconds(self):
        return sum(self._of_each(Seen.cpu_seconds))

    def children_seconds(self):
        """What commands have cost, with the supervisors around them, once the last of them is gone."""
        self._settle()
        return sum(self._of_each(Seen.children_seconds))

    def rss_mb(self):
        return sum(self._of_each(Seen.rss_mb))

    def peak_rss_mb(self):
        """Of each its own: they need not have been at the same time."""
        return sum(self._of_each(Seen.peak_rss_mb))

    def reset_peak_rss(self):
        self._of_each(Seen.reset_peak_rss)

    def threads(self):
        """Its own: the runner has one."""
        self.require_alive()
        return self.itself.threads()

    def _of_each(self, figure):
        self.require_alive()
        return [figure(seen) for seen in (self.itself, self.runner) if seen]

    def _settle(self):
        deadline = time.monotonic() + SETTLED_SECONDS
        while any(self._of_each(Seen.children)):
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{SETTLED_SECONDS} s after the last answer there are still commands")
            time.sleep(0.005)


@contextmanager
def running(command, log):
    process = Process(command, log)
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def nothing_left(*texts):
    """After the block, in which everything was stopped, no process may have one of these in its command line. Where
    the block failed, what is left is only ended: a command may have been running."""
    try:
        yield
    except BaseException:
        end_rest(texts)
        raise
    left = rest(texts)
    if left:
        end_rest(texts)
        lines = "\n".join(f"{pid} {line}" for pid, line in left.items())
        raise BenchmarkError(f"left {REST_SECONDS} s after the stop:\n{lines}")


def rest(texts):
    """What is still there after a while."""
    deadline = time.monotonic() + REST_SECONDS
    while True:
        left = with_text(*texts)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def end_rest(texts):
    """TERM first: a supervisor then ends its command with all that descends from it, and the runner itself."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in with_text(*texts):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # it was about to
        if not rest(texts):
            return


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
