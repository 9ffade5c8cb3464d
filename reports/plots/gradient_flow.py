"""Gradient flow: how large gradients and activations are along the depth of each network, and for how long.

It needs trials whose recipe says `gradient_flow: true`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names
from reports import words
from reports.numbers.intervals import median_and_range
from reports.plots.elements import curves, style
from reports.store.record import Record

TITLE = "Gradient flow"
APPLIES = "each setting"
NOTE = (
    "Left: L2 norm of the gradient of a stage's weights, root mean square over the steps of epoch 1. A "
    "gradient that vanishes on its way back falls towards the first stage; one that explodes rises. Stages "
    "differ in their number of weights: compare arms at one stage. "
    "{middle}"
    "Right: the first numbered stage's gradient norm divided by the last one's, epoch by epoch (stem and "
    "head have too few weights to be compared). "
    "Lines: median over seeds; bands: smallest to largest. A seed whose gradients overflowed has no value."
    "{rows}"
)
MIDDLE = (
    "Middle: the same of activations, forward: standard deviation after epoch 1 of the output of a stage's "
    "last layer with weights (in a residual stage: of its last branch, before the addition). "
)
ROWS = " A row of panels for the networks whose stages have the same names."
MISSING = "Left out, since no gradients of them were logged: {}."
DEPTH = (  # what stages are called, from the images on; heads beside the main way stand before its own
    "stem", "stage", "encoder", "conv", "inception", "code", "decode", "decoder", "reconstruction",
    "auxiliary", "dense", "logits",
)  # fmt: skip
ROW = 3.2  # inches


def stages(epochs: pd.DataFrame, metric: str = names.GRADIENT_NORM) -> list[str]:
    """The stages for which "metric/stage" was logged, in the order of a network; none in most studies.

    By DEPTH, other names as dense layers: the store does not keep the order of metrics.
    """
    logged = epochs.dropna(axis="columns", how="all").columns
    return sorted(
        (name.removeprefix(f"{metric}/") for name in logged if name.startswith(f"{metric}/")), key=_depth
    )


def _depth(stage: str) -> tuple[int, str, int, str]:
    """A sort key: by DEPTH, then the word, then the number."""
    word, number, rest = re.fullmatch(r"(\D*)(\d*)(.*)", stage).groups()
    return (DEPTH.index(word if word in DEPTH else "dense"), word, int(number or 0), rest)


def families_of(epochs: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of arms whose stages have the same names, apart from those of others: no order holds for both.

    An arm that has only some of a family's stages (a shorter network, a stage that overflowed) belongs to it;
    one without gradients belongs to none.
    """
    named = {label: frozenset(stages(arm)) for label, arm in epochs.groupby("label", sort=False)}
    whole = [
        mine for mine in dict.fromkeys(named.values()) if not any(mine < each for each in named.values())
    ]
    family = {label: next(each for each in whole if mine <= each) for label, mine in named.items() if mine}
    members = [[label for label in family if family[label] == each] for each in whole if each]
    return [epochs[epochs["label"].isin(labels)] for labels in members]


def by_stage(epochs: pd.DataFrame, metric: str, epoch: int) -> pd.DataFrame:
    """A row a label and stage it has: label, arm_order, stage, x (index in `stages`), median, low, high."""
    then = epochs[epochs["epoch"] == epoch]
    rows = [
        {
            "label": label,
            "arm_order": arm["arm_order"].iloc[0],
            "stage": stage,
            "x": index,
            **median_and_range(arm[f"{metric}/{stage}"])._asdict(),
        }
        for label, arm in then.groupby("label", sort=False)
        for index, stage in enumerate(stages(epochs, metric))
    ]
    columns = ["label", "arm_order", "stage", "x", "median", "low", "high"]
    return pd.DataFrame(rows, columns=columns).dropna()


def first_to_last(epochs: pd.DataFrame) -> pd.Series:
    """Of each row, the gradient norm of the first stage divided by the last one's, of those its arm has.

    Stages are the numbered ones (stage1 … stage4), where there are two or more: a stem or a layer of logits
    has too few weights for its norm to be compared. NaN where any of them is missing: it overflowed.
    """
    among = stages(epochs)
    numbered = [stage for stage in among if re.fullmatch(r"(stage|inception|conv|encoder)\d.*", stage)]
    compared = numbered if len(numbered) > 1 else among
    norms = epochs[[f"{names.GRADIENT_NORM}/{stage}" for stage in compared]]
    has = norms.notna().groupby(epochs["label"]).transform("any")
    ratio = norms.bfill(axis=1).iloc[:, 0] / norms.ffill(axis=1).iloc[:, -1]
    return ratio.where(norms.notna().sum(axis=1) == has.sum(axis=1))


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A line and band a label along the stages, on a log scale. frame: as from `by_stage`."""
    curves.draw(frame.assign(at_once=False), ax, looks)
    named = frame.drop_duplicates("x").sort_values("x")
    ax.set_xticks(named["x"], named["stage"], rotation=30 if len(named) > 4 else 0)
    style.log_y(ax)
    ax.set_xlabel("stage, first to last")
    return ax


def figure(record: Record) -> Figure | None:
    """A row of panels a family: two, three where activations were logged. None where gradients were not."""
    alike = families_of(record.epochs)
    if not alike:
        return None
    known = record.runs["label"].isin(pd.concat(alike)["label"])
    middle = bool(stages(record.epochs, names.ACTIVATION_STD))
    with style.context():
        page = style.page(height=2.6 + ROW * len(alike))
        rows = page.subplots(len(alike), 3 if middle else 2, squeeze=False)
        for epochs, axes in zip(alike, rows, strict=True):
            draw_family(epochs, axes, style.looks(record))
        style.legend(page, replace(record, runs=record.runs[known]))
        note = NOTE.format(
            middle=MIDDLE if middle else "",
            rows=ROWS if len(alike) > 1 else "",
        )
        style.caption(page, TITLE, record, note, [] if known.all() else [missing(record.runs[~known])])
    return page


def missing(runs: pd.DataFrame) -> str:
    """A sentence on the arms that are not drawn. runs: theirs."""
    return MISSING.format(words.listed(runs["label"].unique()))


def draw_family(epochs: pd.DataFrame, axes: Sequence[Axes], looks: style.Looks | None = None) -> None:
    """Gradients, activations (where there are three axes) and the ratio of gradients, of one family."""
    along, *middle, over_time = axes
    draw(by_stage(epochs, names.GRADIENT_NORM, epoch=1), along, looks)
    along.set(ylabel="gradient norm", title="gradients, epoch 1")
    for ax in middle:
        draw(by_stage(epochs, names.ACTIVATION_STD, epoch=1), ax, looks)
        ax.set(ylabel="standard deviation", title="activations, epoch 1")
    ratios = curves.across_seeds(epochs.assign(ratio=first_to_last(epochs)), "ratio")
    over_time.axhline(1, color=style.MUTED, linewidth=1)
    curves.draw(ratios.assign(x=ratios["epoch"]), over_time, looks)
    style.log_y(over_time)
    over_time.set(xlabel="epoch", ylabel="ratio of gradient norms", title="first ÷ last stage")
    over_time.set_xticks(style.whole_epochs(1, epochs["epoch"].max()))


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    families = [family[family["epoch"] == 1] for family in families_of(record.epochs)]
    each = [first_to_last(family).groupby(family["label"]).median() for family in families]
    ratios = pd.concat(each).dropna() if each else pd.Series(dtype=float)
    if ratios.empty:
        return ""
    small, large = ratios.idxmin(), ratios.idxmax()
    return (
        f"In epoch 1 the gradient of the first numbered stage is {_multiple(ratios[small])} the last one's "
        f"in {small}, {_multiple(ratios[large])} in {large} (medians over seeds)."
    )


def _multiple(ratio: float) -> str:
    """`161 times`, `0.45 times`."""
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.2g} times"
