"""Text of any script in figures: read by a font that is installed, or written out, and never a warning."""

import io
import warnings

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from reports import fonts
from reports.plots.elements import style


@pytest.fixture
def ours_alone(monkeypatch):
    """A machine on which no font of another script is installed."""
    monkeypatch.setattr(fonts, "OTHERS", ())
    for each in (fonts.families, fonts._characters):
        each.cache_clear()
    yield
    for each in (fonts.families, fonts._characters):
        each.cache_clear()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain · 28×28 ± é ж α", "plain · 28×28 ± é ж α"),
        ("고양이", "goyangi"),
        ("가", "ga"),  # decomposed, as a Mac writes it
        ("ねこ_2", "neko_2"),
        ("ネコ", "neko"),
        ("猫", "U+732B"),
        ("बिल्ली", "baillali"),
    ],
)
def test_what_no_font_has_is_written_out(ours_alone, text, written):
    found = fonts.written_out(text)
    if text == "बिल्ली":  # signs of vowels have names of several kinds: readable, not a transcription
        assert found.isascii() and found.isalpha()
    else:
        assert found == written


def test_a_figure_of_any_script_gives_no_warning(ours_alone):
    with style.context():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title("고양이와 개")
        axes.set_yticks([0, 1], ["猫", "犬"])
        axes.text(0.5, 0.5, "แมว")
        fonts.let_all_be_read(figure)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for kind in ("png", "svg", "pdf"):
                figure.savefig(io.BytesIO(), format=kind)
        assert [label.get_text() for label in axes.get_yticklabels()] == ["U+732B", "U+72AC"]


def test_a_font_that_is_installed_is_used(monkeypatch):
    installed = sorted({font.name for font in font_manager.fontManager.ttflist} - {fonts.OURS})
    monkeypatch.setattr(fonts, "OTHERS", ("No Such Font", installed[0]))
    fonts.families.cache_clear()
    try:
        assert fonts.families() == [fonts.OURS, installed[0]]
    finally:
        fonts.families.cache_clear()
