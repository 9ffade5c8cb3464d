"""Text of any script in figures: by fonts that are installed, else by letters that stand for it.

matplotlib looks a letter up in one font after the other. What none of them has would be an empty box and a
warning: it is written by its Unicode name instead, `고양이` as `goyangi`.
"""

from collections.abc import Iterable
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from experiments import names

OURS = "DejaVu Sans"  # comes with matplotlib, and has Latin, Greek, Cyrillic and Arabic letters
# Of Debian, macOS and Windows, in this order: Chinese, Japanese and Korean, then Indic scripts and Thai.
OTHERS = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "NanumGothic",
    "Apple SD Gothic Neo",
    "Hiragino Sans",
    "PingFang SC",
    "Malgun Gothic",
    "Yu Gothic",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Thai",
    "Noto Sans Hebrew",
    "Nirmala UI",
    "Leelawadee UI",
)


@cache
def families() -> list[str]:
    """Ours, and those of OTHERS that are installed."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [OURS, *(name for name in OTHERS if name in installed)]


def let_all_be_read(figure: Figure) -> None:
    """Replace what no font has in the texts of a figure."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _write_out_ticks(axis.get_major_formatter())  # which writes its labels whenever it is drawn
    for text in figure.findobj(Text):
        content = text.get_text()
        if not content.isascii() and (written := written_out(content)) != content:
            text.set_text(written)


def _write_out_ticks(formatter: Formatter) -> None:
    plainly = formatter.format_ticks
    formatter.format_ticks = lambda values: [written_out(label) for label in plainly(values)]


def written_out(text: str) -> str:
    """The text with each character that no font has written by its name; a run of them is one word."""
    if text.isascii():
        return text
    known = _characters()
    return names.spelled(text, lambda letter: ord(letter) in known)


@cache
def _characters() -> frozenset[int]:
    """The code points that the fonts have."""
    paths: Iterable[str] = (font_manager.findfont(name) for name in families())
    return frozenset(point for path in paths for point in FT2Font(path).get_charmap())
