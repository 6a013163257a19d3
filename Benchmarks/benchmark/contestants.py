"""Who is measured: the agent, the reference in C, the shell pipeline."""

import json
import shlex
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .broker import Broker, running_broker
from .errors import BenchmarkError
from .process import nothing_left, running

SHELL_LINE = "/bin/echo hi; :"  # needs the shell, which then executes echo: two execs
COMMANDS = {
    "shell": SHELL_LINE,
    "direct": "/bin/echo hi",  # plain words: the agent needs no shell for them
    "second": "sleep 1",
    "long": "sleep 4",  # outlasts the short tasks beside it many times over
    "gigabyte": "yes recoverd | head -c 1000000000",
}

TLS = {"Secure": True}
COMMAND_TOPIC = "bench/command"
RESULT_TOPIC = "bench/result"
READY_SECONDS = 10  # it takes milliseconds; whoever needs longer will not come


@dataclass(frozen=True)
class Setup:
    """All that is needed to start one of them."""

    broker: Broker
    command: list
    log: Path
    runtime: Path


class Contestants:
    """Starts each of them by name, with a broker of its own and fresh state; a name is what the results call it."""

    def __init__(self, programs, agent, places):
        self.programs = programs  # where the C programs are
        self.agent = agent  # its command line, with {config}, {state} and {runtime}
        self.places = places  # where state and runtime directories are made

    @contextmanager
    def start(self, name, qos=1, **keys):
        """Yields (broker, process) when it has answered once and is idle. `keys` go into its configuration."""
        with self.prepare(name, qos, **keys) as setup, running(setup.command, setup.log) as process:
            answers(setup.broker, process, name)
            if name == "agent" and "{runtime}" in self.agent:
                process.find_runner(str(setup.runtime))
            yield setup.broker, process

    @contextmanager
    def prepare(self, name, qos=1, **keys):
        """Yields its Setup. Whoever starts it stops it, too; then nothing of it may be left."""
        with directory_in(self.places.state) as directory, directory_in(self.places.runtime) as runtime:
            secure = keys.get("Secure", False)
            with running_broker(directory, str(self.programs / "driver"), tls=secure) as broker:
                file = directory / "config.json"
                file.write_text(json.dumps(configuration(broker, qos, keys), indent=2))
                file.chmod(0o600)
                with nothing_left(str(file), str(runtime)):
                    yield Setup(broker, self.command(name, broker, file, runtime, qos), directory / f"{name}.log",
                                runtime)

    def command(self, name, broker, file, runtime, qos):
        if name == "reference":
            return [str(self.programs / "reference-agent"), str(file)]
        if name == "pipeline":
            script = Path(__file__).parent.parent / "shell-pipeline" / "shell-pipeline.sh"
            return ["/bin/sh", str(script), str(broker.port), str(qos), COMMAND_TOPIC, RESULT_TOPIC, SHELL_LINE]
        state = broker.directory / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        return [part.format(config=file, state=state, runtime=runtime) for part in shlex.split(self.agent)]


@contextmanager
def directory_in(parent):
    with tempfile.TemporaryDirectory(prefix="recoverd-bench-", dir=parent, ignore_cleanup_errors=True) as directory:
        yield Path(directory)


def answers(broker, process, name):
    """Waits until it has answered a probe."""
    try:
        broker.drive("probe", timeout=READY_SECONDS)
    except BenchmarkError:
        process.require_alive()
        raise BenchmarkError(f"{name} answered nothing within {READY_SECONDS} s:\n{process.log_tail()}") from None


def configuration(broker, qos, keys):
    """The file that reference and agent share. Limits are the agent's defaults where a scenario names none: what is
    measured is what is installed."""
    secure = keys.get("Secure", False)
    return {
        "Hostname": "bench",
        "Host": f"127.0.0.1:{broker.tls_port if secure else broker.port}",
        **({"CAFile": str(broker.ca_file)} if secure else {}),
        "QoS": qos,
        "CommandTopic": COMMAND_TOPIC,
        "CommandResultTopic": RESULT_TOPIC,
        "Root": "",  # own topics off: the reference has none
        "LogDevice": "stderr",
        **keys,
        "Services": {"bench": {"commands": COMMANDS}},
    }
