"""Gradient flow: how large gradients and activations are along the depth of each network, and for how long.

`python -m reports.gradient_flow STUDY` draws this figure alone. It needs trials whose recipe says
`gradient_flow: true`.
"""

import re
import sys

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names
from reports import command, convergence, curves, style
from reports.runs import Record
from reports.statistics import median_and_range

NOTE = (
    "Left: L2 norm of the gradient of a stage's weights, root mean square over the steps of epoch 1, while "
    "the weights are still near their start. A gradient that vanishes on its way back falls towards the "
    "first stage; one that explodes rises. Stages differ in their number of weights: compare arms at one "
    "stage. "
    "{middle}"
    "Right: the first stage's gradient norm divided by the last stage's, epoch by epoch. "
    "Lines: median over seeds; bands: smallest to largest. A seed whose gradients overflowed has no value."
)
MIDDLE = "Middle: the same of activations, forward: standard deviation of a stage's output after epoch 1. "


def stages(epochs: pd.DataFrame, metric: str = names.GRADIENT_NORM) -> list[str]:
    """The stages for which "metric/stage" was logged, in the order of a network; none in most studies.

    stem, stage1, stage2, …, others by name, logits: the store does not keep the order of metrics.
    """
    logged = epochs.dropna(axis="columns", how="all").columns
    return sorted(
        (name.removeprefix(f"{metric}/") for name in logged if name.startswith(f"{metric}/")), key=_place
    )


def _place(stage: str) -> tuple[int, int, str]:
    if numbered := re.fullmatch(r"stage(\d+)", stage):
        return (1, int(numbered[1]), "")
    return ({"stem": 0, "logits": 3}.get(stage, 2), 0, stage)


def by_stage(epochs: pd.DataFrame, metric: str, epoch: int) -> pd.DataFrame:
    """A row a label and stage it has: label, arm_order, stage, x (place in `stages`), median, low, high."""
    then = epochs[epochs["epoch"] == epoch]
    rows = [
        {
            "label": label,
            "arm_order": arm["arm_order"].iloc[0],
            "stage": stage,
            "x": place,
            **median_and_range(arm[f"{metric}/{stage}"])._asdict(),
        }
        for label, arm in then.groupby("label", sort=False)
        for place, stage in enumerate(stages(epochs, metric))
    ]
    columns = ["label", "arm_order", "stage", "x", "median", "low", "high"]
    return pd.DataFrame(rows, columns=columns).dropna()


def first_to_last(epochs: pd.DataFrame) -> pd.Series:
    """Of each row, the gradient norm of the first stage divided by the last one's, of those its arm has.

    NaN where any of them is missing: it overflowed.
    """
    norms = epochs[[f"{names.GRADIENT_NORM}/{stage}" for stage in stages(epochs)]]
    has = norms.notna().groupby(epochs["label"]).transform("any")
    ratio = norms.bfill(axis=1).iloc[:, 0] / norms.ffill(axis=1).iloc[:, -1]
    return ratio.where(norms.notna().sum(axis=1) == has.sum(axis=1))


def draw(frame: pd.DataFrame, ax: Axes) -> Axes:
    """A line and band a label along the stages, on a log scale. frame: as from `by_stage`."""
    convergence.draw(frame.assign(at_once=False), ax)
    named = frame.drop_duplicates("x").sort_values("x")
    ax.set_xticks(named["x"], named["stage"], rotation=30 if len(named) > 4 else 0)
    style.log_y(ax)
    ax.set_xlabel("stage, first to last")
    return ax


def figure(record: Record) -> Figure | None:
    """Two panels of one setting, three where activations were logged; None where gradients were not."""
    if not stages(record.epochs):
        return None
    activations = by_stage(record.epochs, names.ACTIVATION_STD, epoch=1)
    with style.context():
        page = style.page(height=5.8)
        along, *middle, over_time = page.subplots(1, 2 if activations.empty else 3)
        draw(by_stage(record.epochs, names.GRADIENT_NORM, epoch=1), along)
        along.set(ylabel="gradient norm", title="gradients, epoch 1")
        for ax in middle:
            draw(activations, ax)
            ax.set(ylabel="standard deviation", title="activations, epoch 1")
        ratios = curves.across_seeds(record.epochs.assign(ratio=first_to_last(record.epochs)), "ratio")
        over_time.axhline(1, color=style.MUTED, linewidth=1)
        convergence.draw(ratios.assign(x=ratios["epoch"]), over_time)
        style.log_y(over_time)
        over_time.set(xlabel="epoch", ylabel="ratio of gradient norms", title="first ÷ last stage")
        over_time.set_xticks(style.whole_epochs(1, ratios["epoch"].max()))
        style.legend(page, record)
        style.caption(page, "Gradient flow", record, NOTE.format(middle=MIDDLE * bool(middle)))
    return page


def main() -> int:
    """Draw this figure alone."""
    return command.draw_alone("gradient_flow", __doc__)


if __name__ == "__main__":
    sys.exit(main())
