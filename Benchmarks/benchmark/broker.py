"""A private broker on a free loopback port, and the driver that talks through it."""

import json
import os
import pwd
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchmarkError
from .process import running

START_SECONDS = 10  # mosquitto needs 20 ms; a machine that needs more than this measures nothing
DRIVER_SECONDS = 600  # the longest run (90,000 tasks) takes two minutes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """One mosquitto for one measurement: nothing of an earlier one can be queued in it."""

    def __init__(self, directory, driver):
        self.directory = Path(directory)
        self.port = free_port()
        self.tls_port = None
        self.ca_file = self.directory / "ca.pem"
        self.process = None
        self._driver = driver

    def configuration(self, tls):
        lines = [
            f"user {pwd.getpwuid(os.getuid()).pw_name}",  # not `mosquitto`, which could not read our directory
            "allow_anonymous true",
            "set_tcp_nodelay true",
            "max_queued_messages 0",  # its limit is not what we measure
            "log_type error",
            "log_type warning",
            f"listener {self.port} 127.0.0.1",
        ]
        if tls:
            self.tls_port = free_port()
            key = self.directory / "key.pem"
            make_certificate(self.ca_file, key)
            lines += [f"listener {self.tls_port} 127.0.0.1", f"certfile {self.ca_file}", f"keyfile {key}"]
        return "\n".join(lines) + "\n"

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.process.require_alive()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.005)
        raise BenchmarkError(f"mosquitto did not listen within {START_SECONDS} s:\n{self.process.log_tail()}")

    def driver_command(self, mode, **options):
        arguments = [self._driver, mode, "--port", str(self.port)]
        for name, value in options.items():
            arguments += ["--" + name.replace("_", "-"), str(value)]
        return arguments

    def drive(self, mode="load", **options):
        """Runs the driver to its end; every task must have been answered, once, and rightly."""
        command = self.driver_command(mode, **options)
        done = subprocess.run(command, capture_output=True, text=True, timeout=DRIVER_SECONDS)
        if done.returncode != 0:
            options = " ".join(command[1:])
            raise BenchmarkError(f"not every task was answered: driver {options}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])


def make_certificate(certificate, key):
    """Signed by itself, so that it is its own authority."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )


@contextmanager
def running_broker(directory, driver, tls=False):
    broker = Broker(directory, driver)
    file = broker.directory / "mosquitto.conf"
    file.write_text(broker.configuration(tls))
    with running(["mosquitto", "-c", str(file)], broker.directory / "mosquitto.log") as broker.process:
        broker.wait_until_ready()
        yield broker
