"""What a figure says in words."""


def legend_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def names_at_ends_of(figure):
    """The names at the ends of lines, from the lowest up, without what is written below them."""
    texts = [text for ax in figure.axes for text in ax.texts if getattr(text, "arrow_patch", None)]
    return [text.get_text().split("\n")[0] for text in texts]


def caption_of(figure):
    """How to read it, as the page has it, and what stands below the picture."""
    return " ".join(f"{figure.get_label()} {figure._supxlabel.get_text()}".split())


def drawn_of(figure):
    """What stands below the picture, in its file: without what the page says beside it."""
    return " ".join(figure._supxlabel.get_text().split())


def means_of(ax):
    """The height of each mean that has an interval, from left to right, an arm after the other."""
    return [list(bars.lines[0].get_ydata()) for bars in ax.containers]


def x_labels_of(ax):
    return [tick.get_text() for tick in ax.get_xticklabels()]
