"""What a figure says in words."""


def legend_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def caption_of(figure):
    return " ".join(figure._supxlabel.get_text().split())
