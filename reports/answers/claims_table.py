"""The claims of a study with their verdicts, as Markdown for people and as a frame for programs."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pandas as pd

from experiments import names
from reports import words
from reports.answers.judge import Judged
from reports.answers.verdicts import LEVEL, UNDECIDED
from reports.words import Cell

HEADER = (
    "Claim",
    "Verdict",
    "Difference",
    "{} interval",
    "p, adjusted",
    "Trials",
    "Splits that would decide",
)
NOTHING = "–"  # a cell without a number
ONE_SPLIT = (
    "Verdict: supported where the two-sided p is at most 0.05 and the interval lies wholly on the claimed "
    "side of the margin, refuted where it lies wholly on the other side. Difference: first arm minus "
    "second, of means over seeds (before they are rounded); of a time to a target, of means in which a "
    "trial that never got there counts as the end of the common budget. Interval: Welch's t, over "
    "seeds, of this claim alone, for these images and this split. p: the larger of an exact permutation "
    "test's (of a time, of log-rank scores) and Welch's, or, of two settings of one network with seeds "
    "enough, that of pairs; adjusted by Holm over all claims that were registered; "
    "a claim for every setting of several rests on the one that speaks most against it, and shows that. "
    "All seeds share one split: more of them would say more of these images, and nothing of others like them."
)
OWN_SPLITS = (
    "Verdict: about images like these, since each seed drew training, validation and test images anew "
    "from the same data, the same for all arms: supported where the two-sided p is at most 0.05 and the "
    "interval lies wholly on the claimed side of the margin, refuted where it lies wholly on the other "
    "side. Difference: first arm minus second, mean over seeds (before they are rounded); of a time to a "
    "target, a trial that never got there counts as the end of the common budget; where a seed failed, "
    "the median over seeds, a failed one the worst. Interval: Student's t of the pairs, wider for the "
    "images that seeds share (of test accuracies as measured image by image, else by Nadeau and Bengio "
    "2003), at the level of a planned look, of this claim alone: it may lie beyond the margin where p is "
    "above 0.05, for p is corrected for skewness and is for all claims together, and a verdict needs "
    "both. p: the largest of a sign-flip test's, of t's and "
    "of t's corrected for skewness (Johnson 1978), adjusted for all planned looks and, by Holm, over all "
    "claims that were registered and undecided there; a claim for every setting of several rests on the "
    "one that speaks most against it, and shows that. Splits that would decide: as many seeds with splits"
    " of their own, in 80 % of studies, at 0.05 divided by the number of claims, were the difference as "
    "seen and its spread within what so few seeds allow."
)


def explanation(judged: Sequence[Judged]) -> str:
    """What the columns mean, by whether seeds have splits of their own."""
    return OWN_SPLITS if any(each.own_splits for each in judged) else ONE_SPLIT


UNITS = {"epochs": "epochs", "seconds": "s", "images": "images", "MACs": "MACs"}
SMALL = {names.TRAINING_SECONDS: "s", names.NUMBER_OF_PARAMETERS: "", names.FORWARD_MACS: ""}


def frame(judged: Sequence[Judged]) -> pd.DataFrame:
    """A row a claim, raw numbers: the fields of `Judged` and its `stated`."""
    return pd.DataFrame(
        [
            {
                "claim": each.stated.text,
                "verdict": each.verdict,
                "difference": each.effect,
                "low": each.low,
                "high": each.high,
                "p": each.alone,
                "p_adjusted": each.p,
                "hedges_g": each.size,
                **{
                    f"{side}{suffix}": value
                    for side, (arm, mean) in zip(("left", "right"), each.sides, strict=False)
                    for suffix, value in (("", arm), ("_mean", mean))
                },
                "trials_left": each.left,
                "trials_right": each.right,
                "splits_needed_least": each.seeds.least if each.seeds else None,
                "splits_needed_most": each.seeds.most if each.seeds else None,
                "splits": "each" if each.own_splits else "one",
                "confidence": each.confidence,
                "look": each.look[0],
                "looks": each.look[1],
                "seeds_at_look": each.look[2],
                "training_level": each.conditions.level,
                "seconds_ratio": ratio.estimate,
                "seconds_ratio_least": ratio.low,
                "seconds_ratio_most": ratio.high,
                "seconds_of": each.conditions.machine,
                "other_test_images_half_width": each.images,
                "test_images_share": each.image_share,
                "planned_after_data": each.planned_late,
                "registered": datetime.fromtimestamp(each.stated.registered / 1000, UTC).isoformat(),
                "in_study_file": each.stated.current,
                "added_after_data": each.stated.after_data,
                "note": each.note,
            }
            for each in judged
            for ratio in [each.conditions.ratio]
        ]
    )


def header(judged: Sequence[Judged]) -> list[str]:
    """The heads of the columns, with the confidence of the intervals: above 95 % where looks are planned."""
    return [
        head.format(confidence(max((each.confidence for each in judged), default=0.95))) for head in HEADER
    ]


def confidence(level: float) -> str:
    """`95 %`, `98.3 %`."""
    return f"{100 * level:.3g} %"


def rows(judged: Sequence[Judged]) -> list[list[str]]:
    """The cells of each claim, as people read them, in the order of HEADER."""
    return [
        [
            statement(each),
            each.verdict,
            Cell(amount(each.effect, each.stated.metric), each.effect),
            Cell(interval(each), each.low),
            Cell(probability(each.p), each.p),
            Cell(trials(each), each.left),
            Cell(seeds(each), math.nan if each.seeds is None else each.seeds.least),
        ]
        for each in judged
    ]


def narrow(judged: Sequence[Judged]) -> list[list[str]]:
    """The table with its header, for a page: difference and interval in one column.

    How many splits would decide stands there only where that is known of a claim.
    """
    claim, verdict, difference, between, *last = header(judged)
    table = [
        [claim, verdict, f"{difference} ({between})", *last],
        *(
            [statement(each), verdict, with_interval(each), *others]
            for each, (_, verdict, _, _, *others) in zip(judged, rows(judged), strict=True)
        ),
    ]
    known = any(seeds(each) != NOTHING for each in judged)
    return table if known else [row[:-1] for row in table]


def statement(each: Judged) -> str:
    """The claim as written, marked where it was added after data."""
    return f"{each.stated.text} (added after data)" if each.stated.after_data else each.stated.text


def amount(value: float, metric: str, sign: str = "+") -> str:
    """A difference in the metric's unit, signed: `+0.012`, `−1.4 epochs`; sign="": a value of its own."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    if metric not in UNITS and metric not in SMALL:
        return words.signed(value) if sign else f"{value:z.3f}".replace("-", "−")
    unit = UNITS.get(metric, SMALL.get(metric, ""))
    number = f"{value:{sign},.3g}" if abs(value) < 1000 else f"{value:{sign},.0f}"
    if abs(value) >= 1e6:
        number = f"{value:{sign}.3g}"
    return f"{number.replace('-', '−')} {unit}".strip()


def interval(each: Judged) -> str:
    """`+0.004 … +0.020`; `exact` of a counted number, `–` where trials that all agree leave no interval."""
    if each.stated.metric in names.EXACT_METRICS:
        return "exact" if each.left else NOTHING
    if math.isnan(each.low) or (each.low == each.high and each.alone >= 1):
        return NOTHING
    return f"{amount(each.low, each.stated.metric)} … {amount(each.high, each.stated.metric)}"


def with_interval(each: Judged) -> str:
    """`+8.39 s (+5.35 … +11.4)`: the difference, and its interval in the same unit."""
    difference, between = amount(each.effect, each.stated.metric), interval(each)
    if between == NOTHING:
        return difference
    unit = difference.partition(" ")[2]
    return f"{difference} ({between.replace(f' {unit}', '') if unit else between})"


def probability(p: float) -> str:
    """`0.048`, `< 0.001`; `–` where nothing was tested."""
    if math.isnan(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def trials(each: Judged) -> str:
    """The number of trials of each arm, with the claim's note."""
    return f"{each.left} and {each.right}" + (f" ({each.note})" if each.note else "")


def seeds(each: Judged) -> str:
    """`10 to 24`, `over 200`; `–` of a claim that is decided, of one split, or without a spread yet."""
    if each.verdict != UNDECIDED or each.seeds is None:
        return NOTHING
    least, most = each.seeds
    return f"{least}" if least == most else f"{least} to {most or 'over 200'}"


def side(name: str, called: Callable[[str], str]) -> str:
    """`ResNet-18 at crop=16` of `resnet18 at crop=16`; called: an arm by its name in the study file."""
    arm, at, setting = name.partition(" at ")
    return f"{called(arm)}{at}{setting}"


def notes(judged: Sequence[Judged], missing: bool, called: Callable[[str], str] = str) -> list[str]:
    """Notes on the claims beside the table, a line each.

    missing: trials of the study are still due; called: an arm by its name in the study file.
    """
    found = []
    predicted = [
        each.stated.registered for each in judged if each.stated.current and not each.stated.after_data
    ]
    if predicted:
        day = datetime.fromtimestamp(max(predicted) / 1000, UTC)
        claims = "1 claim was" if len(predicted) == 1 else f"{len(predicted)} claims were"
        found.append(f"{claims} registered by {day:%Y-%m-%d %H:%M} UTC, before the first trial began")
    if late := sum(each.stated.after_data for each in judged):
        claims = "1 claim was" if late == 1 else f"{late} claims were"
        found.append(f"{claims} added after the first trial had begun: no prediction")
    if any(each.planned_late for each in judged):
        found.append("seeds and looks were planned after the first trial had begun: not before the data")
    if gone := [each.stated.text for each in judged if not each.stated.current]:
        found.append(
            f"withdrawn from the study file after they were registered: {'; '.join(gone)}; p of the others "
            "is adjusted for them too"
        )
    found += [
        f"{each.stated.text}: {conditions}"
        for each in judged
        if each.sides
        and (conditions := each.conditions.sentence(*(side(arm, called) for arm, _ in each.sides)))
    ]
    if missing and judged:
        found.append("trials are still due: verdicts before the last one are preliminary")
    if any(each.images > 0 for each in judged):
        widest = max(each.images for each in judged if each.images > 0)
        found.append(
            f"verdicts are about these test images; another draw of them would move a difference of test "
            f"accuracies by ±{widest:.3f} at most (95 %)"
        )
    return found


def summary(judged: Sequence[Judged]) -> str:
    """`2 supported, 1 refuted (p ≤ 0.05, adjusted over the claims of the study)`."""
    counts = pd.Series([each.verdict for each in judged if each.stated.current]).value_counts(sort=False)
    listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{listed} (p ≤ {LEVEL:g}, adjusted over the claims of the study)"
