"""What the figures must be. A target looks at one figure of the agent, or at its ratio to the reference's, or at how
far it is over it."""

import os
import statistics
from dataclasses import dataclass

from .acceptance import ACCEPTANCE
from .scenarios import BESIDE, FLOOD, GIGABYTE, ROUND_TRIP, SLEEPERS, START
from .supervisors import SUPERVISOR

# How the agent's figure is compared with the reference's, repetition by repetition; None: not at all.
RATIO = "ratio"
OVER = "over"


@dataclass(frozen=True)
class Target:
    scenario: str
    figure: str
    limit: float
    mode: str = None
    at_least: bool = False
    binding: bool = True  # else it stands in the table, and nothing is missed

    @property
    def key(self):
        return f"{self.scenario}: {self.figure}"

    def value(self, results):
        """The median over the repetitions, None where the scenario did not run. Comparisons are made within a
        repetition, in which both met the same machine; a machine that slows down meanwhile changes no ratio."""
        agent = self._figures(results, "agent")
        if not agent:
            return None
        if not self.mode:
            return statistics.median(agent)
        pairs = zip(agent, self._figures(results, "reference"), strict=True)
        return statistics.median(ours / theirs if self.mode == RATIO else ours - theirs for ours, theirs in pairs)

    def met(self, value):
        return value >= self.limit if self.at_least else value <= self.limit

    def _figures(self, results, contestant):
        return [figures[self.figure] for figures in results.get(self.scenario, {}).get(contestant, [])]


def all_targets():
    most_threads = (os.cpu_count() or 1) + 6
    targets = []
    for qos in (0, 1, 2):
        for outstanding in (8, 64):
            shell, direct = (f"{command}, QoS {qos}, {outstanding} outstanding" for command in ("shell", "direct"))
            targets += [
                Target(shell, "per_second", 0.85, RATIO, at_least=True),
                Target(shell, "cpu_ms_per_task", 0.45),
                Target(direct, "per_second", 1.15 if outstanding == 64 else 1.05, RATIO, at_least=True),
            ]
        shell, direct = (f"{command}, QoS {qos}, one at a time" for command in ("shell", "direct"))
        targets += [
            Target(shell, "p50", 1.5, OVER),
            Target(shell, "p99", 1.5, RATIO, binding=False),
            Target(direct, "p50", 1.5, OVER),
        ]
    return targets + [
        *(Target(scenario, "p99", 20) for scenario in ACCEPTANCE.values()),
        Target("idle", "rss_mb", 16),
        Target("idle, mqtts", "rss_mb", 18),
        Target("memory", "first_growth_mb", 5),
        Target("memory", "second_growth_mb", 5),
        # No growth: 90,000 tasks that kept one small object each would cost 1.4 MB; half a megabyte is the allocator's.
        Target("memory", "between_mb", 0.5),
        Target("idle", "threads", most_threads),
        Target("shell, QoS 1, 64 outstanding", "threads", most_threads),
        Target(SLEEPERS, "threads", most_threads),
        Target("idle", "cpu_percent", 0.05),
        Target("idle", "away_cpu_percent", 1),
        Target(SLEEPERS, "seconds", 1.15, RATIO),
        Target(SUPERVISOR, "sleep_pss_mb", 1),
        Target(SUPERVISOR, "flood_pss_mb", 1),
        Target(BESIDE, "beside_to_alone", 1.2),
        Target(GIGABYTE, "growth_mb", 6),
        Target(FLOOD, "lost", 0),
        Target(FLOOD, "malformed_per_second", 9_500, at_least=True),  # the load was really offered
        Target(FLOOD, "cpu_percent", 1.5, RATIO),
        Target(START, "ms", 1.5, RATIO),
        Target(ROUND_TRIP, "p50", 1.5, RATIO),
    ]
