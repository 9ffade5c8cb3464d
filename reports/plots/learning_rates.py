"""Learning rates: validation accuracy by rate in the sweep of each arm, and which rate was chosen.

It needs a study with `tune`, whose trials left their validation accuracy.
"""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from reports import words
from reports.answers import sizes
from reports.numbers import sweep
from reports.numbers.sweep import Swept
from reports.plots.elements import style
from reports.store.record import Record

TITLE = "Learning rates"
APPLIES = "all settings"
MOST_LISTED = 6  # arms that a sentence goes through
COLUMNS, PANEL = 4, 2.1  # panels a row; inches
MOST_PANELS = 24
NOTE = (
    "The sweep: {score} at the chosen epoch on seeds that no result uses. Lines: mean over "
    "tuning seeds; small marks: seeds; ring: the rate that was chosen. A trial that diverged counts as 0 and "
    "is drawn at the lower edge."
)
NEAR = 0.02  # of accuracy, beyond what is shown


def figure(record: Record) -> Figure | None:
    """A panel for each arm, and setting; None without a sweep, or with more than a page holds."""
    swept = sweep.arms(record.tuning)
    if not swept or len(swept) > MOST_PANELS or max(each.accuracies.shape[1] for each in swept) < 2:
        return None
    rows = math.ceil(len(swept) / COLUMNS)
    known = [value for each in swept for value in each.accuracies.to_numpy().ravel() if value > 0]
    low = max(0.0, min(known, default=0.0) - NEAR)
    high = min(1.0, max(known, default=1.0) + NEAR)
    with style.context():
        page = style.page(height=1.9 + PANEL * rows)
        panels = page.subplots(rows, min(COLUMNS, len(swept)), sharey=True, squeeze=False).ravel()
        for ax, each in zip(panels, swept, strict=False):
            draw(each, ax, low, style.looks(record))
            ax.set_title(each.label, fontsize=10)
            ax.set_ylim(low, high)
        for ax in panels[len(swept) :]:
            ax.set_visible(False)
        for ax in panels[:: min(COLUMNS, len(swept))]:
            ax.set_ylabel(record.chosen_by, fontsize=10)
        for ax in panels[max(0, len(swept) - COLUMNS) : len(swept)]:
            ax.set_xlabel("learning rate, log scale", fontsize=10)
        page.get_layout_engine().set(rect=(0, 0, 1, 1 - (style.TITLE_HEIGHT + 0.1) / page.get_figheight()))
        style.caption(page, TITLE, sizes.as_one(record), NOTE)
    return page


def draw(swept: Swept, ax: Axes, low: float, looks: style.Looks | None = None) -> Axes:
    """Means and seeds by rate, and a ring about the chosen one. low: where a trial that diverged is drawn."""
    look = (looks or style.looks_in_turn([swept.label]))(swept.label)
    means = swept.accuracies.mean().clip(lower=low)
    ax.set_xscale("log")
    ax.plot(
        means.index, means, color=look.color, marker=look.marker, linestyle=look.line, markersize=6, zorder=3
    )
    for _, seed in swept.accuracies.iterrows():
        ax.plot(seed.index, seed.clip(lower=low), look.marker, color=look.color, markersize=4, zorder=2,
                markeredgewidth=0.8, markerfacecolor="white", clip_on=False)  # fmt: skip
    ax.plot(swept.best, means[swept.best], "o", markersize=15, markerfacecolor="none", markeredgewidth=1.5,
            color=style.MUTED, zorder=4, clip_on=False)  # fmt: skip
    ax.set_xticks(list(means.index), [f"{rate:g}" for rate in means.index], fontsize=8, rotation=45)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.12)
    return ax


def finding(record: Record) -> str:
    """The chosen rates, and of which the lead says little; empty without a sweep."""
    swept = [each for each in sweep.arms(record.tuning) if not math.isnan(each.lead)]
    if not swept:
        return ""
    rates = [f"{each.label} {each.best:g} (ahead by {each.lead:.3f})" for each in swept[:MOST_LISTED]]
    more = f", and so on for {len(swept) - MOST_LISTED} more" if len(swept) > MOST_LISTED else ""
    chosen = f"Chosen by mean {record.chosen_by}: {words.listed(rates)}{more}."
    if all(math.isnan(each.spread) for each in swept):
        return f"{chosen} Of one tuning seed nobody knows how far a lead varies."
    return " ".join(filter(None, [chosen, leads(swept)]))


def leads(swept: list[Swept]) -> str:
    """A sentence on the arms whose best rate may be best by chance; empty where there are none."""
    close = [each for each in swept if each.within_spread]
    if not close:
        return ""
    arms = words.listed([each.label for each in close])
    return f"For {arms} {sweep.WITHIN}: over tuning seeds it varies by as much or more."
