#!/usr/bin/env python3
"""What signatures, a policy and an audit cost the agent for each task, next to an agent that is asked for none of them.

Each agent answers the same number of pings, which start no process, so that the difference is what the three cost. CPU time
is that of all threads of the agent, from /proc/PID/task/*/schedstat. The agents take turns; medians count.

    swift build -c release --static-swift-stdlib
    Benchmarks/signatures/cost.py .build/release [tasks [repetitions]]
"""

import base64
import ctypes
import datetime
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODES = ("nothing", "signatures and policy", "signatures, policy and audit")
RULES = 20  # that do not match, before the one that does
PREFIX = bytes.fromhex("302a300506032b6570032100")  # of an Ed25519 SubjectPublicKeyInfo
DEADLINE = 120
sodium = ctypes.CDLL("libsodium.so.23")


def field(kind, content):
    return bytes([kind]) + struct.pack(">Q", len(content)) + content


def value(v):
    if isinstance(v, bool):
        return field(2, bytes([v]))
    return field(3, struct.pack(">q", v)) if isinstance(v, int) else field(5, v.encode())


def optional(members, name):
    return value(members[name]) if name in members else field(0, b"")


def signed_bytes(task):
    """The bytes of docs/signatures.md, for a command without parameters."""
    auth = task["auth"]
    parts = [value("recoverd-cmd-v1"), value(task["task_id"]), value(task["timestamp"]), field(0, b"")]
    parts += [value("command"), value(task["service"]), value(task["command"]), field(0, b"")] + [value(False)] * 3
    parts += [optional(task, name) for name in ("target", "from", "reason", "cause", "needs")]
    parts += [value(auth[name]) for name in ("v", "alg", "kid", "target")]
    return b"".join(parts + [optional(auth, name) for name in ("expires", "nonce", "challenge")])


class Key:
    def __init__(self):
        self.public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_keypair(self.public, self.secret)

    def signature(self, message):
        signature = ctypes.create_string_buffer(64)
        sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return base64.b64encode(signature.raw).decode()


def tasks(count, key):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(1, count + 1):
        task = {"task_id": number, "timestamp": now, "service": "agent", "command": "ping"}
        if key:
            task["auth"] = {"v": 1, "alg": "ed25519", "kid": "ops", "target": "host/web01", "nonce": f"{number:032x}"}
            task["auth"]["sig"] = key.signature(signed_bytes(task))
        yield json.dumps(task)


def write(path, members):
    path.write_text(json.dumps(members))
    path.chmod(0o600)


def configure(place, port, mode, key):
    members = {"Host": f"127.0.0.1:{port}", "Hostname": "web01", "Services": {"t": {"commands": {"c": "/bin/true"}}}}
    if mode != MODES[0]:
        (place / "keys").mkdir(mode=0o700)
        public = base64.b64encode(PREFIX + key.public.raw).decode()
        write(place / "keys/ops.pub", {"key": public, "roles": ["operators"]})
        others = [{"action": "deny", "who": "x", "service": f"s{n}", "command": "*"} for n in range(RULES)]
        allow = {"action": "allow", "who": "role:operators", "service": "agent", "command": "*"}
        write(place / "policy.json", {"rules": others + [allow]})
        members |= {"KeyDirectory": str(place / "keys"), "PolicyFile": str(place / "policy.json")}
    if mode == MODES[2]:
        members["AuditFile"] = str(place / "audit.log")
    write(place / "main.json", members)


def cpu(process):
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6


def memory(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def measure(programs, port, mode, count):
    """Milliseconds of CPU for each task, and the KiB of the idle agent."""
    key = Key() if mode != MODES[0] else None
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        place = Path(directory)
        configure(place, port, mode, key)
        arguments = ["run", "--config", place / "main.json", "--state", place / "state", "--runtime", place / "run"]
        with open(place / "log", "w") as log:
            agent = subprocess.Popen([Path(programs) / "recoverd-agent", *arguments], stdout=log, stderr=log)
        client = ["-p", str(port), "-q", "1"]
        try:
            time.sleep(4)  # until it is idle, and has given back what only its start needs
            idle = memory(agent)
            listener = ["mosquitto_sub", *client, "-t", "recovery/web01/result", "-C", str(count), "-W", str(DEADLINE)]
            answers = subprocess.Popen(listener, stdout=subprocess.PIPE, text=True)
            time.sleep(0.5)
            before = cpu(agent)
            lines = "".join(line + "\n" for line in tasks(count, key))
            publisher = ["mosquitto_pub", *client, "-t", "recovery/web01/command", "-l"]
            subprocess.run(publisher, input=lines, text=True, check=True, timeout=DEADLINE)
            good = sum('"pong"' in line for line in answers.communicate(timeout=DEADLINE)[0].splitlines())
            time.sleep(1.5)  # the audit is brought to the disk a second later
            if good != count:
                raise SystemExit(f"{mode}: {good} of {count} tasks were answered as they should; {log.name}")
            return (cpu(agent) - before) / count, idle
        finally:
            agent.terminate()
            agent.wait(timeout=DEADLINE)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    programs = sys.argv[1] if len(sys.argv) > 1 else ".build/release"
    count, repetitions = (int(sys.argv[n]) if len(sys.argv) > n else default for n, default in ((2, 3000), (3, 5)))
    if sodium.sodium_init() < 0:
        raise SystemExit("libsodium cannot be used")
    port, found = free_port(), {mode: [] for mode in MODES}
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        file.flush()
        os.chmod(file.name, 0o644)
        broker = subprocess.Popen(["mosquitto", "-c", file.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            for _ in range(repetitions):
                for mode in MODES:
                    found[mode].append(measure(programs, port, mode, count))
        finally:
            broker.terminate()
            broker.wait(timeout=DEADLINE)
    for mode, results in found.items():
        milliseconds, idle = (statistics.median(result[n] for result in results) for n in (0, 1))
        print(f"{mode}: {milliseconds:.3f} ms of CPU a task, {idle / 1024:.1f} MiB idle (medians of {len(results)})")


if __name__ == "__main__":
    main()
