"""Time to target: epochs and training seconds until validation accuracy first reaches each target."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments import names
from reports import words
from reports.numbers import scores
from reports.numbers.intervals import censored_median
from reports.plots.elements import style
from reports.store.arms import by_arm
from reports.store.record import IDENTITY, Record
from reports.tables import summary

TITLE = "Time to target"
APPLIES = "each setting"
NOTE = (
    "Small marks: seeds; bars: the median over all seeds, where one that did not reach the target within its "
    "budget counts as later than any. "
    "In the grey margin: how many of an arm's trials ended their budget below the target. "
    "An arm scored once (autoencoder features) reaches a target only at its whole cost. First crossings: the "
    "table has the targets that are held for two evaluations."
)
MARGIN = 0.2  # of the axes' width, for what was not reached


def costs(epochs: pd.DataFrame, targets: tuple[float, ...]) -> pd.DataFrame:
    """A row a trial and target: IDENTITY, target, epoch, train_seconds; NaN where it was not reached."""
    trials = epochs.drop_duplicates("run_id")[IDENTITY]
    return pd.concat(
        [
            trials.assign(
                target=target,
                **{
                    cost: trials["run_id"].map(scores.to_target(epochs, target, cost))
                    for cost in ("epoch", names.TRAIN_SECONDS)
                },
            )
            for target in targets
        ],
        ignore_index=True,
    )


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A block of rows a target, a row a label. frame: label, arm_order, target, cost (NaN: not reached)."""
    looks = looks or style.looks_of(frame)
    labels = [label for label, _ in by_arm(frame, "label")]
    targets = list(frame["target"].unique())
    block = len(labels) + 1
    for (target, label), arm in frame.groupby(["target", "label"], sort=False):
        row = targets.index(target) * block + labels.index(label)
        look = looks(label)
        reached = arm["cost"].dropna()
        seeds = [row + 0.15 * (index - (len(reached) - 1) / 2) for index in range(len(reached))]
        ax.plot(reached, seeds, look.marker, color=look.color, markersize=5, zorder=3,
                markeredgecolor="white", markeredgewidth=0.5)  # fmt: skip
        ax.plot([censored_median(arm["cost"])] * 2, [row - 0.48, row + 0.48], color=look.color,
                linewidth=8, alpha=0.3, solid_capstyle="butt", zorder=1)  # fmt: skip
        if len(reached) < len(arm):
            margin = ax.get_yaxis_transform()
            ax.plot(
                1.035, row, look.marker, color=look.color, fillstyle="none", transform=margin, clip_on=False
            )
            missed = f"{len(arm) - len(reached)} of {len(arm)}"
            ax.text(1.07, row, missed, transform=margin, va="center", fontsize=10)
    ax.add_patch(
        Rectangle((1, 0), MARGIN, 1, transform=ax.transAxes, color="#EEEEEE", clip_on=False, zorder=0)
    )
    ax.annotate("not reached", (1 + MARGIN / 2, 1), (0, 7), xycoords="axes fraction", ha="center",
                textcoords="offset points", fontsize=10, color=style.MUTED)  # fmt: skip
    for index in range(1, len(targets)):
        ax.axhline(index * block - 1, color=style.GRID, linewidth=1)
    ax.set_yticks([index * block + (len(labels) - 1) / 2 for index in range(len(targets))],
                  [words.target(target) for target in targets])  # fmt: skip
    ax.set_ylim(len(targets) * block - 1, -1)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax


def figure(record: Record) -> Figure:
    """Both panels for one setting; an empty page where the study file names no targets."""
    with style.context():
        if not record.targets:
            return style.empty_page(f"{TITLE}: the study file names no targets", record)
        reached = costs(record.epochs, record.targets)
        if reached.empty:
            return style.empty_page(f"{TITLE}: no trial was measured", record)
        rows = len(record.targets) * (reached["label"].nunique() + 1)
        page = style.page(height=2.6 + (0.28 if rows < 30 else 0.2) * rows)
        by_epoch, by_second = page.subplots(1, 2, sharey=True)
        totals = record.epochs.groupby("label")[["epoch", names.TRAIN_SECONDS]].max()
        draw(reached.assign(cost=reached["epoch"]), by_epoch, style.looks(record))
        by_epoch.set(xlabel="epochs", ylabel=f"target ({record.chosen_by})", title="epochs to target")
        by_epoch.set_xlim(0, totals["epoch"].max() * 1.04)
        by_epoch.set_xticks(style.whole_epochs(1, totals["epoch"].max()))
        draw(reached.assign(cost=reached[names.TRAIN_SECONDS]), by_second, style.looks(record))
        by_second.set(xlabel="training time (s)", title="training time to target")
        first, last = reached[names.TRAIN_SECONDS].min(), totals[names.TRAIN_SECONDS].max()
        style.log_if_wide(by_second, pd.Series([first, last]))
        by_second.set_xlim(0.8 * first if by_second.get_xscale() == "log" else 0, 1.08 * last)
        style.legend(page, record, at_once=set(reached["label"]))
        style.caption(page, TITLE, record, NOTE)
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = summary.by_arm(record)
    missed: dict[str, list[str]] = {}
    for target in record.targets:
        late = arms.loc[arms[f"epochs_to_{target:g}"].isna(), "label"]
        if len(late):
            missed.setdefault(words.listed(late), []).append(words.target(target))
    sentences = [
        f"The median trial of {late} does not reach {words.listed(targets)} within its budget."
        for late, targets in missed.items()
    ]
    return " ".join(sentences) or "The median trial of every arm reaches every target."
