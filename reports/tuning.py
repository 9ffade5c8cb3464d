"""The learning-rate sweep in a line: how many trials it took, and which rate each arm got; pure."""

import pandas as pd

from reports import style
from reports.runs import Record


def facts(record: Record) -> list[str]:
    """One line, or none where the study has no sweep. The rates chosen are those of the results."""
    sweep = record.tuning
    if sweep.empty:
        return []
    trials = "1 tuning trial" if len(sweep) == 1 else f"{len(sweep)} tuning trials"
    diverged = int(sweep["diverged"].sum())
    lost = f", {diverged} of them diverged" if diverged else ""
    tuned = record.runs[record.runs["arm"].isin(sweep["arm"])].sort_values("arm_order", kind="stable")
    chosen = [
        f"{arm} {_listed(runs['learning_rate'], ' / ')}" for arm, runs in tuned.groupby("arm", sort=False)
    ]
    and_setting = " and setting" if tuned.groupby("arm")["setting"].nunique().max() > 1 else ""
    return [
        f"{trials} (seed {style.seeds(sweep['seed'])}{lost}) chose the learning rate of each arm"
        f"{and_setting} on validation: {', '.join(chosen)} (each of {_listed(sweep['learning_rate'], ', ')})"
    ]


def _listed(rates: pd.Series, between: str) -> str:
    return between.join(f"{rate:g}" for rate in sorted(rates.dropna().unique()))
