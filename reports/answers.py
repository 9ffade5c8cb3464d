"""The answer of a study, in sentences: its claims, what was measured and how sure that is; pure."""

import math
from collections.abc import Sequence

import pandas as pd

from experiments import names
from reports import claims_table, statistics
from reports.claims import Judged
from reports.runs import Record
from reports.verdicts import REFUTED, SUPPORTED, UNDECIDED

WITHOUT_CLAIMS = (
    "The study states no claim, so no difference between its arms is tested: read means and intervals as "
    "description."
)
ORDER = (SUPPORTED, REFUTED, UNDECIDED)


def answer(judged: Sequence[Judged]) -> str:
    """How many claims have which verdict, in a sentence."""
    current = [each for each in judged if each.stated.current]
    if not current:
        return WITHOUT_CLAIMS
    counts = [(verdict, sum(each.verdict == verdict for each in current)) for verdict in ORDER]
    told = [f"{count} {'is' if count == 1 else 'are'} {verdict}" for verdict, count in counts[:2] if count]
    told += [f"for {counts[2][1]} there is not enough evidence"] if counts[2][1] else []
    stated = "1 claim" if len(current) == 1 else f"{len(current)} claims"
    return f"Of {stated}, {listed(told)}."


def told(each: Judged) -> str:
    """What was measured of a claim, how sure that is, and what would change it."""
    if not each.left or not each.right:
        return f"Nothing to judge yet: {each.note}." if each.note else "Nothing to judge yet."
    metric = each.stated.metric
    if each.note and not each.effect:
        return f"{each.note[:1].upper()}{each.note[1:]}: the claim says nothing here."
    settings = len(each.stated.comparisons)
    of = f", of {settings} settings that of {each.shown}:" if each.shown else ""
    found = f"Measured difference{of} {claims_table.amount(each.effect, metric)}"
    if metric in names.EXACT_METRICS:
        return f"{found}, counted, the same at every seed."
    if not math.isnan(each.low):
        found += (
            f" (95 % interval {claims_table.interval(each)}, p {_equals(claims_table.probability(each))})"
        )
    if each.verdict != UNDECIDED:
        return f"{found}. It holds for these images, this split and this recipe; others could change it."
    if min(each.left, each.right) < 2:
        return f"{found}. One seed has no spread: there is no telling yet."
    if each.seeds is None:
        return f"{found}. Were difference and spread as seen, more than 1,000 seeds were needed."
    more = max(each.seeds, each.left + 1, each.right + 1)
    return (
        f"{found}. Were difference and spread as seen, {more} seeds an arm would decide it in four of five "
        f"studies; there are {each.left} and {each.right}."
    )


def certainty(record: Record, arms: pd.DataFrame) -> list[str]:
    """How far the study's numbers carry, and what would change them, in sentences.

    arms: `summary.of(record)`.
    """
    counts = sorted({runs["seed"].nunique() for _, runs in record.runs.groupby("label")})
    seeds = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    size, best = record.runs["test_size"].max(), arms["test_accuracy"].max()
    told = [
        f"Seeds an arm: {seeds}. An interval tells how much other "
        "seeds (first weights, order of images) would change a mean; more seeds narrow it."
    ]
    if size > 0 and 0 < best < 1:
        half = statistics.sampling_half_width(best, size)
        told.append(
            f"Test images: {size:,.0f}. Other images of the same kind would move an accuracy by ± {half:.3f} "
            "(95 %) beside that; a larger test set narrows it. A difference between two arms on the same "
            "images varies less."
        )
    if record.runs.groupby(["setting", "arm"])["split_digest"].nunique().max() == 1:
        told.append("Splits: one, for all seeds. Nothing here says how much another one would change.")
    told.append(
        "Recipe and budget: those of the study file. An arm that needs longer, or another learning rate, may "
        "rank otherwise there; what differs between the arms is listed under Fairness."
    )
    return told


def _equals(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, last = list(parts)
    return f"{', '.join(before)} and {last}" if before else last
