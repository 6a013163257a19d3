#!/usr/bin/env python3
"""Measures the agent and its runner against a minimal agent in C and a shell pipeline; see README.md beside this file.

    Benchmarks/bench.py --quick                                    a first look, two minutes
    Benchmarks/bench.py --markdown docs/performance.md             what `make bench` does
    Benchmarks/bench.py --only 'shell, QoS 1' --repetitions 3      some scenarios
"""

import argparse
import json
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from benchmark import machine, report  # noqa: E402  (the path must be set first)
from benchmark.contestants import Contestants  # noqa: E402
from benchmark.disk import Places, fsync_ms, runtime_parent  # noqa: E402
from benchmark.errors import BenchmarkError  # noqa: E402
from benchmark.scenarios import QUICK, Bench, Size, all_scenarios  # noqa: E402

PROGRAMS = {"reference-agent": "reference-agent/reference-agent.c", "driver": "driver/driver.c"}
NEEDED = ("cc", "git", "mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto_rr", "openssl", "pkg-config")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--bin", default=".build/release", help="directory of the programs (%(default)s)")
    add("--agent", default="{bin}/recoverd-agent run --config {config} --state {state} --runtime {runtime}",
        help="command line of the agent (%(default)s)")
    add("--send-command", help="command line of the sender (%(default)s)",
        default="{bin}/send-command -h 127.0.0.1 --port {port} -q 1 -t {topic} -r {result} {service} {command}")
    add("--directory", default="/var/tmp", help="where state directories are made: on a disk (%(default)s)")
    add("--repetitions", type=int, default=5, help="of every measurement (%(default)s)")
    add("--quick", action="store_true", help="one repetition of small scenarios")
    add("--only", metavar="REGEX", default="", help="only scenarios whose name matches")
    add("--json", metavar="FILE", default=str(HERE / ".build" / "results.json"), help="default Benchmarks/.build/")
    add("--markdown", metavar="FILE", help="write the tables between the markers of this file")
    add("--strict", action="store_true", help="exit 1 when a target is missed")
    arguments = parser.parse_args()
    if arguments.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    if arguments.markdown and arguments.only:
        parser.error("--markdown writes the whole table: leave --only out")
    if arguments.quick:
        arguments.repetitions = 1
    return arguments


def check(arguments):
    """Everything that can be wrong is found before the first measurement."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        raise BenchmarkError(f"not installed: {', '.join(missing)}")
    for line in (arguments.agent, arguments.send_command):
        program = shlex.split(line)[0]
        if not shutil.which(program):
            raise BenchmarkError(f"no program {program}: build it (swift build -c release), or name it by --bin")
    if arguments.markdown:
        report.around_markers(arguments.markdown)


def build():
    """Compiles what is older than its source."""
    target = HERE / ".build"
    target.mkdir(exist_ok=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libmosquitto", "jansson"],
                           capture_output=True, text=True, check=True).stdout.split()
    for name, source in PROGRAMS.items():
        program, source = target / name, HERE / source
        if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
            continue
        subprocess.run(["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", str(source), "-o",
                        str(program), *flags], check=True)
    return target


def measure(bench, scenarios, repetitions):
    """Repetition by repetition, and within it contestant by contestant: what the machine does meanwhile meets all.
    Gives (results, failures); a scenario that failed once has no results."""
    results, failures = {}, {}
    for repetition in range(repetitions):
        for scenario in scenarios:
            if scenario.measure and scenario.name not in failures:
                with collecting(failures, scenario):
                    in_turn(bench, scenario, repetition, results.setdefault(scenario.name, {}))
    for scenario in scenarios:
        if scenario.together:
            tell(f"{scenario.name}, all repetitions")
            with collecting(failures, scenario):
                results.update(scenario.together(bench, repetitions))
    return {name: result for name, result in results.items() if name not in failures}, failures


def in_turn(bench, scenario, repetition, results):
    """One repetition of each contestant; who is first changes from one to the next."""
    turn = repetition % len(scenario.contestants)
    measured = {}
    for contestant in scenario.contestants[turn:] + scenario.contestants[:turn]:
        measured[contestant] = scenario.measure(bench, contestant)
    if scenario.compare:
        scenario.compare(measured)
    for contestant, figures in measured.items():
        results.setdefault(contestant, []).append(figures)
        tell(f"[{repetition + 1}] {scenario.name}, {contestant}: {brief(figures)}")


@contextmanager
def collecting(failures, scenario):
    """What failed is named in the report, and the rest is measured all the same: a run takes a quarter of an hour."""
    try:
        yield
    except (BenchmarkError, subprocess.SubprocessError) as error:
        failures[scenario.name] = str(error)
        tell(f"{scenario.name} FAILED: {error}")


def brief(figures):
    return ", ".join(f"{name} {report.number(value)}" for name, value in figures.items())


def tell(text):
    print(text, file=sys.stderr, flush=True)


def run(arguments):
    for name in ("agent", "send_command"):
        line = getattr(arguments, name)
        setattr(arguments, name, line.replace("{bin}", shlex.quote(str(Path(arguments.bin).resolve()))))
    check(arguments)
    directory = str(Path(arguments.directory).resolve())
    places = Places(directory, runtime_parent(directory))
    places.require_disk()
    facts = machine.facts(places)
    size = QUICK if arguments.quick else Size()
    bench = Bench(Contestants(build(), arguments.agent, places), arguments.send_command, size)
    scenarios = [scenario for scenario in all_scenarios() if re.search(arguments.only, scenario.name)]
    if not scenarios:
        raise BenchmarkError(f"no scenario matches {arguments.only}")
    began = time.monotonic()
    results, failures = measure(bench, scenarios, arguments.repetitions)
    about = {
        "repetitions": arguments.repetitions,
        "minutes": (time.monotonic() - began) / 60,
        "fsync_ms_after": fsync_ms(places.state),
        "memory_tasks": size.memory_tasks,
        "quick": arguments.quick,
        "failures": failures,
    }
    reasons = json.loads((HERE / "reasons.json").read_text())
    outcome = report.Report(results, facts, about, reasons)
    outcome.write_json(arguments.json)
    if arguments.markdown:
        outcome.write_markdown(arguments.markdown)
    print(outcome.markdown())
    if failures:
        return 2
    return 1 if arguments.strict and outcome.missed() else 0


def stop_cleanly(number, _):
    """The first signal unwinds every `with` (which stops what it started); another must not interrupt that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop_cleanly)
    # A thousand commands at once need a pipe each: all contestants get what the machine allows.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        return run(parse_arguments())
    except BenchmarkError as error:
        tell(f"bench: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
