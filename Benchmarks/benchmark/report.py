"""Medians, ratios, the JSON file and the Markdown tables."""

import fnmatch
import json
import statistics
from pathlib import Path

from .disk import APPENDS
from .errors import BenchmarkError
from .targets import OVER, RATIO, all_targets

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"

# A quiet machine stays below 1.15; from here on p99 and the narrow targets (1.05, 1.10) mean nothing.
RESTLESS = 1.3

FIGURES = {
    "per_second": "tasks a second",
    "p50": "p50, ms",
    "p90": "p90, ms",
    "p99": "p99, ms",
    "max": "slowest, ms",
    "ms": "ms",
    "cpu_ms_per_task": "own CPU a task, ms",
    "agent_cpu_ms_per_task": "CPU a task of the agent alone, ms",
    "children_ms_per_task": "CPU a task of commands and supervisors, ms",
    "threads": "threads",
    "rss_mb": "RSS, MB",
    "runner_rss_mb": "RSS of the runner alone, MB",
    "sleep_pss_mb": "PSS while the command sleeps, MB",
    "flood_pss_mb": "greatest PSS while the command prints 1 GB, MB",
    "seconds": "seconds",
    "alone_ms": "p50 alone, ms",
    "beside_ms": "p50 beside it, ms",
    "beside_to_alone": "p50 beside it to alone",
    "cpu_percent": "own CPU, %",
    "away_cpu_percent": "own CPU while the broker is away, %",
    "lost": "good tasks not answered",
    "malformed_per_second": "malformed messages a second",
    "idle_mb": "RSS idle, MB",
    "peak_mb": "greatest RSS, MB",
    "growth_mb": "greatest RSS above idle, MB",
    "first_mb": "RSS after {0:,} tasks, MB",
    "second_mb": "RSS after {1:,} tasks, MB",
    "first_growth_mb": "growth after {0:,} tasks, MB",
    "second_growth_mb": "growth after {1:,} tasks, MB",
    "between_mb": "growth from {0:,} to {1:,} tasks, MB",
}
# Behind a value and behind a limit, by the mode of the target.
UNITS = {None: "", RATIO: "", OVER: " more"}
LIMITS = {None: "", RATIO: " × reference", OVER: " over the reference"}
CONTESTANTS = {"reference": "Reference", "agent": "Agent", "pipeline": "Shell pipeline"}


class Report:
    """`results` is {scenario: {contestant: [figures of each repetition]}}."""

    def __init__(self, results, machine, run, reasons):
        self.results = results
        self.machine = machine
        self.run = run  # repetitions, minutes, fsync_ms_after, memory_tasks, quick, failures: {scenario: why}
        self.reasons = reasons  # why a target is missed: {pattern of keys: reason}

    def verdicts(self):
        """(target, value, met) of every target that was measured."""
        for target in all_targets():
            value = target.value(self.results)
            if value is not None:
                yield target, value, target.met(value)

    def missed(self):
        return [(target, value) for target, value, met in self.verdicts() if target.binding and not met]

    def unrest(self):
        """How far the reference's own rate moved between repetitions: greatest to least, the median of all scenarios.
        The reference does not change, so this is the machine."""
        spreads = []
        for contestants in self.results.values():
            rates = [run["per_second"] for run in contestants.get("reference", []) if "per_second" in run]
            if rates:
                spreads.append(max(rates) / min(rates))
        return statistics.median(spreads) if spreads else 1.0

    # JSON

    def write_json(self, file):
        document = {
            "version": 2,
            "machine": self.machine,
            "run": {**self.run, "unrest": self.unrest()},
            "results": [
                {"scenario": scenario, "contestant": contestant, "median": medians(all_figures),
                 "repetitions": all_figures}
                for scenario, contestants in self.results.items()
                for contestant, all_figures in contestants.items()
            ],
            "targets": [
                {"scenario": target.scenario, "figure": target.figure, "limit": target.limit, "value": value,
                 "mode": target.mode, "at_least": target.at_least, "binding": target.binding, "met": met}
                for target, value, met in self.verdicts()
            ],
        }
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(json.dumps(document, indent=2) + "\n")

    # Markdown

    def write_markdown(self, file):
        before, after = around_markers(file)
        Path(file).write_text(f"{before}{BEGIN}\n{self.markdown()}\n{END}{after}")

    def markdown(self):
        return "\n\n".join([self._head(), *self._failed(), self._targets(), self._missed(), self._figures()])

    def _head(self):
        machine, run = self.machine, self.run
        repetitions = "one repetition" if run["repetitions"] == 1 else f"{run['repetitions']} repetitions"
        caution = " **A quick run: good for a first look, not for a judgement.**" if run["quick"] else ""
        if self.unrest() > RESTLESS:
            caution += (f" **The machine was not quiet: the reference's own rate moved by a factor of"
                      f" {self.unrest():.2f} between repetitions. Measure again.**")
        return (
            f"Measured on {machine['date']} at commit `{machine['commit']}`: {machine['cores']} cores of"
            f" {machine['cpu']}, {machine['kernel']}, {machine['mosquitto']}; medians of"
            f" {repetitions}, reference and agent in turn, {run['minutes']:.1f} minutes in all. State directories on"
            f" {machine['state_file_system']}, where a small append with fdatasync took"
            f" {number(machine['fsync_ms'])} ms before the run and {number(run['fsync_ms_after'])} ms after it (medians"
            f" of {APPENDS}); runtime directories on {machine['runtime_file_system']}. To repeat: `make bench` on a"
            f" machine that does nothing else.{caution}"
        )

    def _targets(self):
        rows = ["| Scenario | Figure | Reference | Agent | Compared | Target | |", "|---|---|---:|---:|---:|---:|---|"]
        for target, value, met in self.verdicts():
            compared = number(value) + UNITS[target.mode] if target.mode else ""
            sign = "≥" if target.at_least else "≤"
            verdict = ("met" if met else "**missed**") if target.binding else "for information"
            rows.append("| " + " | ".join([
                target.scenario, self._figure_name(target.figure),
                self._median(target.scenario, "reference", target.figure),
                self._median(target.scenario, "agent", target.figure),
                compared, f"{sign} {number(target.limit)}{LIMITS[target.mode]}", verdict,
            ]) + " |")
        return "\n".join(["### Targets", "", *rows])

    def _missed(self):
        lines = [f"- {target.scenario}, {self._figure_name(target.figure)}: {number(value)}{UNITS[target.mode]} instead"
                 f" of {number(target.limit)}. {self._reason(target)}" for target, value in self.missed()]
        return "\n".join(["### Missed", "", *(lines or ["None."])])

    def _failed(self):
        """Its first line says enough here; all of it went to standard error and is in the JSON file."""
        lines = [f"- {scenario}: {why.splitlines()[0]}" for scenario, why in self.run["failures"].items()]
        return ["\n".join(["### Failed", "", *lines])] if lines else []

    def _figures(self):
        names = list(CONTESTANTS)
        rows = ["| Scenario | Figure | " + " | ".join(CONTESTANTS.values()) + " |", "|---|---|---:|---:|---:|"]
        for scenario, contestants in self.results.items():
            figures = dict.fromkeys(name for runs in contestants.values() for run in runs for name in run)
            for figure in figures:
                cells = [self._median(scenario, name, figure, spread=True) for name in names]
                rows.append(f"| {scenario} | {self._figure_name(figure)} | " + " | ".join(cells) + " |")
        return "\n".join(["### All figures", "", "Medians; in brackets the least and the greatest.", "", *rows])

    def _median(self, scenario, contestant, figure, spread=False):
        runs = self.results[scenario].get(contestant, [])
        values = [run[figure] for run in runs if figure in run]
        if not values:
            return ""
        text = number(statistics.median(values))
        if spread and len(values) > 1:
            text += f" ({number(min(values))}–{number(max(values))})"
        return text

    def _figure_name(self, figure):
        return FIGURES[figure].format(*self.run["memory_tasks"])

    def _reason(self, target):
        for pattern, reason in self.reasons.items():
            if fnmatch.fnmatchcase(target.key, pattern):
                return reason
        return "The reason is not yet known."


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def number(value):
    """Three significant digits, and none less before the point."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if abs(value) >= 0.001 else f"{value:.4f}"


def around_markers(file):
    """The text before and after the markers; checked before a long run, not after it."""
    path = Path(file)
    text = path.read_text() if path.exists() else ""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise BenchmarkError(f"{file} must have {BEGIN} and, after it, {END}, each once: add them where the tables go")
    return text[: text.index(BEGIN)], text[text.index(END) + len(END):]
