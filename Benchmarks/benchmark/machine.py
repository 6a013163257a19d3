"""On what was measured: without it no figure can be compared with another day's."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def facts(places):
    return {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kernel": f"{platform.system()} {platform.release()}",
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "mosquitto": first_line("mosquitto", "-h"),
        "load_before": os.getloadavg()[0],
        **places.facts(),
    }


def commit():
    """Of the tree that this file is in; `+` where something in it is not committed."""
    here = Path(__file__).parent
    name = first_line("git", "-C", str(here), "rev-parse", "--short=12", "HEAD")
    changes = first_line("git", "-C", str(here), "status", "--porcelain", "--untracked-files=no", ":/")
    return name + ("+" if changes else "")


def cpu():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout.splitlines() or [""])[0]
