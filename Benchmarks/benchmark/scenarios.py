"""What is measured. A scenario says who takes part and how one figure set of one of them comes about."""

import json
import os
import shlex
import statistics
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Callable

from .acceptance import ACCEPTANCE, acceptance
from .contestants import COMMAND_TOPIC, READY_SECONDS, RESULT_TOPIC, TLS
from .cpu import spent, with_supervisors
from .errors import BenchmarkError
from .process import Sampler, running
from .supervisors import SUPERVISOR, supervisor

BOTH = ("reference", "agent")
ALL = ("reference", "agent", "pipeline")

SLEEPERS = "1,000 tasks of sleep 1"
BESIDE = "short tasks beside a long one"
FLOOD = "10,000 malformed messages a second"
GIGABYTE = "a command prints 1 GB"
START = "start to ready"
# The start is over: the last threads of the probe have ended, and the agent has given back what only the start used.
SETTLING_SECONDS = 4
ROUND_TRIP = "send-command as a whole process (reference: mosquitto_rr)"


@dataclass(frozen=True)
class Size:
    """How much is done in one repetition."""

    tasks: int = 1500  # 1.5 to 2 s of work
    single_tasks: int = 800  # one at a time; p99 is then the 8th slowest
    accepted_tasks: int = 500
    pipeline_tasks: int = 400  # it does a third of them in the same time
    mixed_tasks: int = 300
    flood_seconds: int = 5
    starts: int = 3
    round_trips: int = 40
    idle_seconds: int = 30
    memory_tasks: tuple = (10_000, 100_000)


QUICK = Size(
    tasks=300, single_tasks=200, accepted_tasks=200, pipeline_tasks=100, mixed_tasks=100, flood_seconds=2, starts=1,
    round_trips=10, idle_seconds=3, memory_tasks=(1_000, 3_000))


@dataclass(frozen=True)
class Scenario:
    """`measure(bench, contestant)` gives the figures of one contestant in one repetition; `compare(figures)` completes
    them, {contestant: figures}, where one needs the other's of the same repetition. Where `together` is set,
    `together(bench, repetitions)` does all of it: {scenario: {contestant: [figures of each repetition]}}."""

    name: str
    contestants: tuple = ()
    measure: Callable = None
    compare: Callable = None
    together: Callable = None


@dataclass
class Bench:
    """What every measurement needs."""

    contestants: object
    send_command: str  # its command line, with {port}, {topic}, {result}, {service}, {command}
    size: Size


def load(bench, contestant, tasks, outstanding, command, qos):
    """A closed loop: rate, latency, what it costs of CPU."""
    if contestant == "pipeline":
        tasks = bench.size.pipeline_tasks
    with bench.contestants.start(contestant, qos) as (broker, process):
        options = {"outstanding": outstanding, "command": command, "qos": qos, "expect": "hi"}
        broker.drive(tasks=50, **options)  # caches, pools and the branch predictor are warm as in the second minute
        before = spent(process) if contestant != "pipeline" else {}  # it is many processes: none of them is it
        with Sampler(process) as sampler:
            result = broker.drive(tasks=tasks, **options)
        figures = {name: result["latency_ms"][name] for name in ("p50", "p90", "p99")}
        figures["per_second"] = result["per_second"]
        if before:
            after = spent(process)
            figures.update({name: (after[name] - before[name]) * 1000 / tasks for name in after})
            figures["threads"] = sampler.most_threads
            figures["rss_mb"] = process.rss_mb()
        return figures


def throughput(command, qos, outstanding):
    name = f"{command}, QoS {qos}, {outstanding} outstanding"
    contestants = ALL if command == "shell" and outstanding == 8 else BOTH
    return Scenario(name, contestants, lambda bench, who: load(
        bench, who, bench.size.tasks, outstanding, command, qos), compare=partial(with_supervisors, command))


def one_at_a_time(command, qos):
    contestants = ALL if command == "shell" else BOTH
    return Scenario(f"{command}, QoS {qos}, one at a time", contestants, lambda bench, who: load(
        bench, who, bench.size.single_tasks, 1, command, qos), compare=partial(with_supervisors, command))


def accepted(outstanding):
    return Scenario(ACCEPTANCE[outstanding], BOTH, lambda bench, who: acceptance(bench, who, outstanding))


def many_sleepers(bench, contestant):
    with bench.contestants.start(contestant, MaxConcurrent=1000) as (broker, process):
        with Sampler(process) as sampler:
            result = broker.drive(tasks=1000, outstanding=1000, command="second")
        return {"seconds": result["seconds"], "threads": sampler.most_threads}


def beside_a_long_one(bench, contestant):
    with bench.contestants.start(contestant) as (broker, _):
        options = {"tasks": bench.size.mixed_tasks, "expect": "hi"}
        broker.drive(tasks=50)
        alone = broker.drive(**options)
        beside = broker.drive(beside="long", **options)
        if not beside["beside_outlasted"]:
            raise BenchmarkError(f"{contestant}: the long task ended before the short ones beside it")
        alone, beside = alone["latency_ms"]["p50"], beside["latency_ms"]["p50"]
        return {"alone_ms": alone, "beside_ms": beside, "beside_to_alone": beside / alone}


def flood(bench, contestant):
    """An open loop, so that the same work is done by everybody and CPU can be compared."""
    with bench.contestants.start(contestant) as (broker, process):
        broker.drive(tasks=50)
        before, rate = process.cpu_seconds(), 50
        result = broker.drive(tasks=rate * bench.size.flood_seconds, rate=rate, flood=10_000, expect="hi")
        cpu = process.cpu_seconds() - before
        return {
            "cpu_percent": cpu / result["seconds"] * 100,
            "p50": result["latency_ms"]["p50"],
            "lost": result["lost"],
            "malformed_per_second": result["malformed_per_second"],
        }


def gigabyte(bench, contestant):
    with bench.contestants.start(contestant) as (broker, process):
        time.sleep(SETTLING_SECONDS)
        idle = process.rss_mb()
        process.reset_peak_rss()
        result = broker.drive(tasks=1, command="gigabyte", timeout=120)
        peak = process.peak_rss_mb()
        return {"idle_mb": idle, "peak_mb": peak, "growth_mb": peak - idle, "seconds": result["seconds"]}


def start_to_ready(bench, contestant):
    """From exec to the first answer, with a probe every millisecond; both clocks are the monotonic one."""
    return {"ms": statistics.median(one_start(bench, contestant) for _ in range(bench.size.starts))}


def one_start(bench, contestant):
    with bench.contestants.prepare(contestant) as setup:
        asking = setup.broker.driver_command("probe", qos=0, interval=0.001, timeout=READY_SECONDS)
        probe = subprocess.Popen(asking, stdout=subprocess.PIPE, text=True)
        try:
            probe.stdout.readline()  # "probing"
            began = time.monotonic_ns()
            with running(setup.command, setup.log) as process:
                report = json.loads(probe.stdout.readline() or "{}")
                process.require_alive()
        finally:
            probe.kill()
            probe.communicate()
        if not report.get("first_answer_ns"):
            raise BenchmarkError(f"{contestant} never answered a probe")
        return (report["first_answer_ns"] - began) / 1e6


def memory(bench, repetitions):
    """Once, however many repetitions: it takes two minutes, and a leak shows the first time."""
    first, second = bench.size.memory_tasks
    with bench.contestants.start("agent") as (broker, process):
        time.sleep(SETTLING_SECONDS)
        figures = {"idle_mb": process.rss_mb()}
        for name, tasks in (("first_mb", first), ("second_mb", second - first)):
            broker.drive(tasks=tasks, outstanding=64, command="direct", expect="hi")
            time.sleep(1)
            figures[name] = process.rss_mb()
    figures["first_growth_mb"] = figures["first_mb"] - figures["idle_mb"]
    figures["second_growth_mb"] = figures["second_mb"] - figures["idle_mb"]
    figures["between_mb"] = figures["second_mb"] - figures["first_mb"]
    return {"memory": {"agent": [figures]}}


def idle(bench, repetitions):
    """All repetitions at the same time: processes that do nothing do not disturb each other, and half a minute each
    would add up."""
    with ExitStack() as stack:
        instances = []
        for scenario, keys in (("idle", {}), ("idle, mqtts", TLS)):
            for contestant in BOTH * repetitions:
                started = stack.enter_context(bench.contestants.start(contestant, **keys))
                instances.append((scenario, contestant, *started))
        time.sleep(SETTLING_SECONDS)
        figures = [at_rest(process) for *_, process in instances]
        processes = [process for *_, process in instances]
        for figure, percent in zip(figures, cpu_percents(processes, bench.size.idle_seconds)):
            figure["cpu_percent"] = percent
        for _, _, broker, _ in instances:
            broker.process.stop()
        for figure, percent in zip(figures, cpu_percents(processes, bench.size.idle_seconds)):
            figure["away_cpu_percent"] = percent
    results = {}
    for (scenario, contestant, *_), figure in zip(instances, figures):
        results.setdefault(scenario, {}).setdefault(contestant, []).append(figure)
    return results


def at_rest(process):
    figures = {"rss_mb": process.rss_mb(), "threads": process.threads()}
    if process.runner:
        figures["runner_rss_mb"] = process.runner.rss_mb()
    return figures


def cpu_percents(processes, seconds):
    before = [process.cpu_seconds() for process in processes]
    began = time.monotonic()
    time.sleep(seconds)
    after = [process.cpu_seconds() for process in processes]
    passed = time.monotonic() - began
    return [(late - early) / passed * 100 for early, late in zip(before, after)]


def round_trip(bench, repetitions):
    """Whole processes that ask the same agent, in turn."""
    records = {"reference": [], "agent": []}
    for _ in range(repetitions):
        with bench.contestants.start("agent") as (broker, _):
            times = {name: [] for name in records}
            for number in range(bench.size.round_trips):
                times["reference"].append(process_ms(mosquitto_rr(broker, number)))
                times["agent"].append(process_ms(send_command(bench, broker)))
        for name, values in times.items():
            records[name].append({"p50": statistics.median(values), "max": max(values)})
    return {ROUND_TRIP: records}


def mosquitto_rr(broker, number):
    task = {"task_id": number, "timestamp": "2026-01-01T00:00:00Z", "service": "bench", "command": "direct"}
    return ["mosquitto_rr", "-h", "127.0.0.1", "-p", str(broker.port), "--nodelay", "-q", "1", "-W", "10",
            "-t", COMMAND_TOPIC, "-e", RESULT_TOPIC, "-m", json.dumps(task)]


def send_command(bench, broker):
    places = {"port": broker.port, "topic": COMMAND_TOPIC, "result": RESULT_TOPIC, "service": "bench",
              "command": "direct"}
    return [part.format(**places) for part in shlex.split(bench.send_command)]


def process_ms(command):
    """Without the options that the person who measures may have in files and variables of his own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
    began = time.monotonic_ns()
    done = subprocess.run(command, env={**kept, "HOME": "/nonexistent"}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, timeout=60)
    passed = (time.monotonic_ns() - began) / 1e6
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} ended with {done.returncode}")
    return passed


def all_scenarios():
    qualities = (0, 1, 2)
    return [
        *(throughput(command, qos, outstanding)
          for command in ("shell", "direct") for qos in qualities for outstanding in (8, 64)),
        *(one_at_a_time(command, qos) for command in ("shell", "direct") for qos in qualities),
        *(accepted(outstanding) for outstanding in ACCEPTANCE),
        Scenario(SLEEPERS, BOTH, many_sleepers),
        Scenario(BESIDE, BOTH, beside_a_long_one),
        Scenario(FLOOD, BOTH, flood),
        Scenario(START, BOTH, start_to_ready),
        Scenario(GIGABYTE, ("agent",), gigabyte),
        Scenario(SUPERVISOR, ("agent",), supervisor),
        Scenario(ROUND_TRIP, together=round_trip),
        Scenario("idle", together=idle),
        Scenario("memory", together=memory),
    ]
