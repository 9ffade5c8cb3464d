"""SVG files of matplotlib as parts of one page."""

import re

from matplotlib.figure import Figure

from reports.page import inline
from reports.plots.elements import style


def drawn(tmp_path, name):
    with style.context():
        figure = Figure()
        ax = figure.subplots()
        ax.plot([0, 1], [0, 1], clip_on=True)
        ax.set_title("seed")
        figure.savefig(tmp_path / f"{name}.svg")
    return (tmp_path / f"{name}.svg").read_text(encoding="utf-8")


def test_two_figures_share_letters_and_styles_and_no_id(tmp_path):
    text = drawn(tmp_path, "one")
    shared = inline.Shared()
    first, second = (inline.svg(text, prefix, "a line", shared) for prefix in ("f0", "f1"))
    ids = re.findall(r' id="([^"]+)"', first + second)
    assert len(ids) == len(set(ids))
    assert {each for each in ids if re.fullmatch(r"L\d+", each)} == shared.glyphs
    assert "<metadata>" not in first
    # Whatever a figure refers to is in the page.
    referred = re.findall(r'(?:href="#|url\(#)([^")]+)', first + second)
    assert referred and set(referred) <= set(ids)
    assert all(f".{name}{{" in shared.rules for name in re.findall(r' class="(s\d+)"', first + second))


def test_a_description_is_text_for_screen_readers(tmp_path):
    element = inline.svg(drawn(tmp_path, "one"), "f0", 'a "<b>" line', inline.Shared())
    assert element.startswith("<svg")
    assert 'role="img" aria-label="a &quot;&lt;b&gt;&quot; line"' in element
    assert not re.search(r' width="[\d.]+pt"', element[: element.index(">")])


def test_a_picture_is_a_data_uri():
    assert inline.data_uri(b"abc", "image/png") == "data:image/png;base64,YWJj"
