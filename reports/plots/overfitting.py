"""Overfitting: the generalisation gap by epoch, at the chosen epoch, and at equal training accuracy."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names
from reports import words
from reports.numbers import scores
from reports.numbers.intervals import mean_interval
from reports.plots.elements import axes, curves, phrases, style
from reports.store.record import IDENTITY, Record
from reports.tables import summary

TITLE = "Overfitting"
APPLIES = "each setting"
NOTE = (
    "Gap: train minus validation accuracy, both without augmentation and in inference mode; 0 is none. "
    "Left: mean over seeds at each epoch; bands: smallest to largest seed. {chosen}: at each trial's epoch "
    "of highest {score}, which flatters validation; stroke: mean test accuracy there. "
    "{level}"
    "Small marks: seeds (equal ones overlap); large marks and numbers: means over seeds, as in the results "
    "table."
)
AT_LEVEL = (
    "Right: where each trial first reaches that training accuracy, on a line between epochs; all trials with "
    "a curve reach it; –: no curve. "
)
DIVERGED = (
    "A diverged seed counts with what was measured before; by epoch, what follows is the mean of the others."
)


def at_chosen_epoch(epochs: pd.DataFrame, test_accuracies: pd.Series) -> pd.DataFrame:
    """A row a trial that was validated: IDENTITY, train, validation, test (accuracies at its chosen epoch).

    test_accuracies: by run_id; test is NaN where a trial was not tested.
    """
    renamed = {scores.TRAIN_ACCURACY: "train", scores.VALIDATION_ACCURACY: "validation"}
    rows = scores.chosen(epochs).reset_index().rename(columns=renamed)
    rows = rows[[*IDENTITY, "train", "validation"]].dropna()
    return rows.assign(test=rows["run_id"].map(test_accuracies).astype(float))


def at_training_level(epochs: pd.DataFrame, level: float) -> pd.DataFrame:
    """A row a trial of an arm with a curve: IDENTITY, gap (where training accuracy first reaches `level`)."""
    gaps = scores.gaps_at_training_level(epochs, level)
    rows = epochs[IDENTITY].drop_duplicates()
    return rows.assign(gap=rows["run_id"].map(gaps)).dropna(subset=["gap"])


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A row a label, validation (filled) to train (hollow), with a stroke at test.

    frame: label, arm_order, train, validation, test (NaN: not tested).
    """
    looks = looks or style.looks_of(frame)
    labels = list(frame["label"].unique())
    for row, label in enumerate(labels):
        arm = frame[frame["label"] == label]
        look = looks(label)
        train, validation = mean_interval(arm["train"]).mean, mean_interval(arm["validation"]).mean
        ax.plot([validation, train], [row, row], color=look.color, linewidth=2.5, zorder=2)
        _marks(ax, row, arm["train"], look, fill="white")
        _marks(ax, row, arm["validation"], look, fill=look.color)
        if arm["test"].notna().any():
            ax.plot(mean_interval(arm["test"]).mean, row, "|", color=style.MUTED, markersize=22,
                    markeredgewidth=2, zorder=4)  # fmt: skip
        _number(ax, row, (train + validation) / 2, train - validation)
    ax.set_yticks(range(len(labels)), labels)
    return _rows(ax, len(labels))


def draw_gaps(frame: pd.DataFrame, labels: list[str], ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A row for each of `labels`, from no gap to the mean one; – for none. frame: label, arm_order, gap."""
    looks = looks or style.looks_of(frame)
    ax.axvline(0, color=style.MUTED, linewidth=1)
    for row, label in enumerate(labels):
        arm = frame[frame["label"] == label]
        if arm.empty:
            ax.annotate("–", (0, row), (7, 0), textcoords="offset points", va="center")
            continue
        look = looks(label)
        gap = mean_interval(arm["gap"]).mean
        ax.plot([0, gap], [row, row], color=look.color, linewidth=2.5, zorder=2)
        _marks(ax, row, arm["gap"], look, fill=look.color)
        _number(ax, row, gap, gap)
    ax.set_yticks(range(len(labels)), [])
    return _rows(ax, len(labels))


def _marks(ax: Axes, row: int, seeds: pd.Series, look: style.ArmStyle, fill: str) -> None:
    mark = {"color": look.color, "marker": look.marker, "markerfacecolor": fill, "clip_on": False}
    ax.plot(seeds, [row + 0.24] * len(seeds), markersize=4, markeredgewidth=0.8, linestyle="none", **mark)
    ax.plot(mean_interval(seeds).mean, row, markersize=10, markeredgewidth=2, zorder=3, **mark)


def _number(ax: Axes, row: int, x: float, gap: float) -> None:
    above = {"textcoords": "offset points", "ha": "center", "fontsize": 11}
    ax.annotate(words.signed(gap), (x, row), (0, 9), **above)


def _rows(ax: Axes, count: int) -> Axes:
    ax.set_ylim(count - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def figure(record: Record) -> Figure:
    """Three panels for one setting; two where no training accuracy is common to the study's trials."""
    looks = style.looks(record)
    gap = record.epochs[scores.TRAIN_ACCURACY] - record.epochs[scores.VALIDATION_ACCURACY]
    means = curves.across_seeds(record.epochs.assign(gap=gap), "gap", middle="mean")
    tested = record.runs.set_index("run_id")[names.metric(names.TEST, names.ACCURACY)]
    chosen = at_chosen_epoch(record.epochs, tested)
    gaps = at_training_level(record.epochs, record.training_level)
    with style.context():
        if means.empty:
            return style.empty_page(f"{TITLE}: no trial was validated", record)
        page = style.page(height=max(5.4, 2.4 + 0.5 * chosen["label"].nunique()))
        ratios = [4, 4] if gaps.empty else [4, 3.5, 2.7]
        by_epoch, by_arm, *at_level = page.subplots(1, len(ratios), width_ratios=ratios)
        by_epoch.axhline(0, color=style.MUTED, linewidth=1)
        curves.draw(means.assign(x=means["epoch"]), by_epoch, looks, middle="mean")
        by_epoch.set(xlabel="epoch", ylabel="train − validation accuracy", title="gap by epoch")
        by_epoch.set_xticks(style.whole_epochs(1, means["epoch"].max()))
        draw(chosen, by_arm, looks)
        by_arm.set(xlabel="filled: validation, hollow: train, |: test", title="accuracy, chosen epoch")
        by_arm.set_xlim(axes.within(*by_arm.get_xlim()))
        for ax in at_level:
            draw_gaps(gaps, list(chosen["label"].unique()), ax, looks)
            title = f"at equal training\naccuracy (train {record.training_level:.2f})"
            ax.set(xlabel="gap", title=title)
            ax.margins(x=0.15)
            ax.locator_params(axis="x", nbins=4)
        style.legend(page, record, at_once=set(means.loc[means["at_once"], "label"]))
        note = NOTE.format(
            score=record.chosen_by,
            chosen="Middle" if at_level else "Right",
            level=AT_LEVEL if at_level else "",
        )
        style.caption(page, TITLE, record, note, [DIVERGED] if record.runs["diverged"].any() else [])
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = summary.by_arm(record)
    sentences = [
        phrases.span("At the chosen epoch the mean gap", arms, "gap_at_chosen_epoch"),
        phrases.span("To the test images it", arms, "gap_at_test"),
    ]
    if not math.isnan(record.training_level):
        where = f"At equal training accuracy ({record.training_level:.2f}) it"
        sentences.append(phrases.span(where, arms, "gap_at_training_level"))
    return " ".join(filter(None, sentences))
