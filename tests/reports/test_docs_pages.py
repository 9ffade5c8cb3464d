import re

import pytest

from reports import docs_pages
from reports.tables import markdown
from reports.tables.markdown import Block

BLOCKS = [
    Block("text", "# one"),
    Block("text", "Which is best?"),
    Block("table", [["Arm"], ["residual"]]),
    Block("text", "study one · last trial 2025-10-09."),
    Block("definitions", "Arm: a network."),
    Block("notes", ["Note: of data", "Warning: few seeds"]),
    Block("text", "Claims: 1 supported."),
    Block("table", [["Claim"], ["x"]]),
    Block("notes", ["Note: of claims"]),
]


def test_a_page_takes_the_table_and_all_below_it():
    assert docs_pages.sections(BLOCKS)["results"] == markdown.write(BLOCKS[2:])


def test_a_page_may_show_the_table_alone():
    table, measured, notes = BLOCKS[2], BLOCKS[3], BLOCKS[5]
    assert docs_pages.sections(BLOCKS)["table"] == markdown.write([table, measured, notes])
    # Without notes of its own it takes none of the claims.
    without = docs_pages.sections([*BLOCKS[:5], *BLOCKS[6:]])
    assert without["table"] == markdown.write([table, measured])


def test_only_the_sections_of_the_study_change():
    page = (
        "a\n<!-- results of one -->\nold\n<!-- end of results -->\n"
        "b\n<!-- results of one-large -->\nkept\n<!-- end of results -->\nc\n"
        "d\n<!-- table of one -->\nold\n<!-- end of results -->\ne\n"
    )
    shown = {"results": "| new \\1 |\n", "table": "| few |\n"}
    changed = docs_pages.with_results(page, "one", shown)
    first, second, third = page.split("old")
    assert changed == f"{first.rstrip()}\n\n| new \\1 |\n{second}\n| few |\n{third}".replace(
        "| new \\1 |\n\n<!--", "| new \\1 |\n\n<!--"
    )
    assert docs_pages.with_results(changed, "one", shown) == changed
    assert docs_pages.with_results(page, "two", shown) == page


def test_figures_that_a_page_shows():
    page = (
        "![a](docs/figures/one/convergence.png) ![b](figures/one/gradient_flow.png) ![c](figures/two/x.png) "
        '<img src="docs/figures/one/claims.png" width="600" alt="d">'
    )
    assert docs_pages.shown_figures(page, "one") == {"convergence.png", "gradient_flow.png", "claims.png"}


@pytest.mark.parametrize("page", docs_pages.PAGES, ids=lambda page: page.name)
def test_every_figure_of_a_page_is_there(page):
    text = page.read_text()
    shown = [docs_pages.FIGURES / part for part in re.findall(r"\]\([\w./]*?figures/([^)]+)\)", text)]
    assert shown
    assert [path for path in shown if not path.exists()] == []
    assert text.count("<!-- results of ") + text.count("<!-- table of ") == text.count(docs_pages.END) > 0
