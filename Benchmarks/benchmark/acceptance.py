"""From a task's arrival to its acknowledgement: what the journal makes a broker wait."""

import math

from .one_client_broker import OneClientBroker
from .process import running

ACCEPTANCE = {1: "acceptance, one at a time", 64: "acceptance, 64 outstanding"}


def acceptance(bench, contestant, outstanding):
    """Its own broker is asked nothing: the contestant is connected to the one that takes the time."""
    with OneClientBroker() as client, bench.contestants.prepare(
            contestant, Host=f"127.0.0.1:{client.port}") as setup, running(setup.command, setup.log) as process:
        client.wait_for_client()
        process.require_alive()
        client.drive(50, outstanding, "direct")
        times = sorted(client.drive(bench.size.accepted_tasks, outstanding, "direct"))
    return {"p50": percentile(times, 50), "p99": percentile(times, 99), "max": times[-1]}


def percentile(times, rank):
    """Nearest rank, of sorted values, as in the driver."""
    return times[math.ceil(rank / 100 * len(times)) - 1]
