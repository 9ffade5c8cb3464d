"""A study as its tables and its page show it; each part is computed when it is first needed, and once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from reports.answers import judge
from reports.numbers import scores
from reports.store import artifacts
from reports.store.record import Record
from reports.tables import summary, times


@dataclass(frozen=True, eq=False)
class Report:
    """A record with what follows from it; warnings: `fairness.check(record.runs)`."""

    record: Record
    warnings: Sequence[str] = ()

    @cached_property
    def arms(self) -> pd.DataFrame:
        """The numbers of the results table, a row an arm (and setting)."""
        return summary.by_arm(self.record)

    @cached_property
    def times(self) -> pd.DataFrame:
        """Times to targets, a row a label, target and cost."""
        return times.frame(self.record)

    @cached_property
    def judged(self) -> list[judge.Judged]:
        """The claims with their verdicts."""
        return judge.judge(self.record)

    @cached_property
    def scored_once(self) -> set[str]:
        """The labels of arms that are scored once, at their end."""
        return scores.scored_once(self.record.epochs)

    @property
    def lacking(self) -> str:
        """Which trials' files cannot be read, in a line; empty where all can."""
        return artifacts.lacking(self.record)

    @property
    def still_due(self) -> bool:
        """True if trials are missing: some failed or still run, or an arm has fewer seeds than another."""
        seeds = self.record.runs.groupby("label")["seed"].nunique()
        return bool(self.record.incomplete) or seeds.nunique() > 1
