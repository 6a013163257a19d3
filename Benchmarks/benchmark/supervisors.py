"""What the supervisor of a running command needs of the memory."""

import subprocess
import time

from .errors import BenchmarkError
from .proc import Gone

SUPERVISOR = "the supervisor of a running command"
NAME = "recoverd-super"
INTERVAL = 0.02  # seconds between two looks


def supervisor(bench, contestant):
    """While its command sleeps, and while its command prints as fast as it can."""
    with bench.contestants.start(contestant) as (broker, process):
        return {"sleep_pss_mb": greatest_pss_mb(broker, process, "second"),
                "flood_pss_mb": greatest_pss_mb(broker, process, "gigabyte")}


def greatest_pss_mb(broker, process, command):
    if not process.runner:
        raise BenchmarkError("the agent's command line names no {runtime}: it has no supervisors")
    asking = subprocess.Popen(broker.driver_command("load", tasks=1, command=command, timeout=120),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    samples = []
    try:
        while asking.poll() is None:
            samples += pss_of_supervisors(process.runner)
            time.sleep(INTERVAL)
    finally:
        asking.kill()
        said, _ = asking.communicate()
    if asking.returncode != 0:
        raise BenchmarkError(f"{command} was not answered:\n{said}")
    if len(samples) < 5:
        raise BenchmarkError(f"{len(samples)} looks at a {NAME} below process {process.runner.pid}, too few")
    return max(samples)


def pss_of_supervisors(runner):
    samples = []
    for child in runner.children():
        try:
            if child.name() == NAME:
                samples.append(child.pss_mb())
        except Gone:
            pass  # its command ended between two looks
    return samples
