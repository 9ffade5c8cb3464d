import re

import pytest

from experiments.location import ROOT
from reports import docs_pages

GOLDEN = (ROOT / "tests" / "reports" / "results_small.md").read_text()


def test_a_page_takes_table_notes_and_warnings():
    copied = docs_pages.table_and_footnote(GOLDEN)
    assert copied.startswith("| Arm")
    assert GOLDEN.endswith(copied)


def test_only_the_sections_of_the_study_change():
    page = (
        "a\n<!-- results of one -->\nold\n<!-- end of results -->\n"
        "b\n<!-- results of one-large -->\nkept\n<!-- end of results -->\nc\n"
    )
    changed = docs_pages.with_results(page, "one", "| new \\1 |\n")
    assert changed == page.replace("\nold\n", "\n\n| new \\1 |\n\n")
    assert docs_pages.with_results(changed, "one", "| new \\1 |\n") == changed
    assert docs_pages.with_results(page, "two", "| new |\n") == page


def test_a_page_may_show_the_table_alone():
    page = "a\n<!-- table of one -->\nold\n<!-- end of results -->\nb\n"
    judged = "\n\nClaims: 1 supported.\n\n| Claim |\n|---|\n| x |\n\n- Note: of claims\n"
    changed = docs_pages.with_results(page, "one", docs_pages.table_and_footnote(GOLDEN) + judged)
    assert (
        "| residual |" in changed
        and "· last trial 2025-10-09" in changed
        and "- Warning: fewer than" in changed
    )
    assert "Test accuracy:" not in changed and "Claim" not in changed
    assert changed.startswith("a\n<!-- table of one -->") and changed.endswith("<!-- end of results -->\nb\n")


def test_figures_that_a_page_shows():
    page = (
        "![a](docs/figures/one/convergence.png) ![b](figures/one/gradient_flow.png) ![c](figures/two/x.png)"
    )
    assert docs_pages.shown_figures(page, "one") == {"convergence.png", "gradient_flow.png"}


@pytest.mark.parametrize("page", docs_pages.PAGES, ids=lambda page: page.name)
def test_every_figure_of_a_page_is_there(page):
    text = page.read_text()
    shown = [docs_pages.FIGURES / part for part in re.findall(r"\]\([\w./]*?figures/([^)]+)\)", text)]
    assert shown
    assert [path for path in shown if not path.exists()] == []
    assert text.count("<!-- results of ") + text.count("<!-- table of ") == text.count(docs_pages.END) > 0
