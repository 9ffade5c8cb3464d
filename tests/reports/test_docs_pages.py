import re
from pathlib import Path

import pytest

from reports import docs_pages
from reports.tables import markdown, results
from reports.tables.markdown import Block

BLOCKS = [
    Block("text", "# one"),
    Block("text", "Which is best?"),
    Block("title", results.ANSWER),
    Block("table", [["Arm"], ["residual"]]),
    Block("title", results.OVERFITTING),
    Block("table", [["Arm", "Gap"], ["residual", "+0.1"]]),
    Block("title", results.COST),
    Block("table", [["Arm", "Training"], ["residual", "9 s"]]),
    Block("text", "study one · last trial 2025-10-09."),
    Block("definitions", "Arm: a network."),
    Block("notes", ["Note: of data", "Warning: few seeds"]),
    Block("text", "Claims: 1 supported."),
    Block("table", [["Claim"], ["x"]]),
    Block("notes", ["Note: of claims"]),
]


def test_a_page_takes_the_tables_and_all_below_them():
    assert docs_pages.sections(BLOCKS)["results"] == markdown.write(BLOCKS[2:])


def test_a_page_may_show_answer_and_cost_alone():
    short = [*BLOCKS[2:4], *BLOCKS[6:8]]
    measured, notes = BLOCKS[8], BLOCKS[10]
    assert docs_pages.sections(BLOCKS)["table"] == markdown.write([*short, measured, notes])
    # Without notes of its own it takes none of the claims.
    without = docs_pages.sections([*BLOCKS[:10], *BLOCKS[11:]])
    assert without["table"] == markdown.write([*short, measured])


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


SUMMARY = docs_pages.ROOT / "docs" / "answers.md"
STUDY_PAGES = sorted(docs_pages.ANSWERS.glob("*.md"))
NUMBER = re.compile(r"[+−]?(?<![\w.])\d[\d,]*(?:\.\d+)?")


def named(page: Path) -> str:
    return str(page.relative_to(docs_pages.ROOT))


def rows(text: str) -> list[list[str]]:
    """The cells of each line of a table, the rule left out."""
    lines = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip(" ") for cell in line] for line in lines if not set("".join(line)) <= set(":- ")]


def tables(text: str) -> list[list[list[str]]]:
    return [found for block in re.split(r"\n\s*\n", text) if (found := rows(block))]


def told(text: str) -> str:
    """Markdown as its reader sees it: of a link the words."""
    return re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", text)


@pytest.mark.parametrize("page", [docs_pages.PAGES[0], *STUDY_PAGES], ids=named)
def test_every_figure_of_a_page_is_there(page):
    text = page.read_text()
    shown = [docs_pages.FIGURES / part for part in re.findall(r"\]\([\w./]*?figures/([^)]+)\)", text)]
    assert shown
    assert [path for path in shown if not path.exists()] == []
    assert text.count("<!-- results of ") + text.count("<!-- table of ") == text.count(docs_pages.END) > 0


@pytest.mark.parametrize("page", docs_pages.PAGES, ids=named)
def test_github_shows_every_table_of_a_page_whole(page):
    found = tables(page.read_text())
    assert found
    assert {table[0][0]: markdown.pixels(table) for table in found if not markdown.fits(table)} == {}


def test_each_study_that_a_pack_holds_has_its_results_on_one_page():
    packs = {path.name.removesuffix(".tar.xz") for path in (SUMMARY.parent / "results").glob("*.tar.xz")}
    marks = [
        mark for page in STUDY_PAGES for mark in re.findall(r"<!-- results of (\S+) -->", page.read_text())
    ]
    assert sorted(marks) == sorted(packs)
    # A page has the name of its study, or of what its study is on other data, and such stand beside it.
    for page in STUDY_PAGES:
        assert re.search(rf"<!-- results of {page.stem}(-\S+)? -->", page.read_text())


def test_the_answers_are_one_screen():
    words = told(SUMMARY.read_text()).split()
    assert len(words) < 650


def test_each_question_has_an_answer_and_each_page_a_link():
    _, *answers = rows(SUMMARY.read_text())
    assert [row[0] for row in answers] == [f"Q{number}" for number in range(1, 13)]
    linked = {link for row in answers for link in re.findall(r"\]\(([^)]+)\)", row[2])}
    assert linked == {f"answers/{page.name}" for page in STUDY_PAGES}


@pytest.mark.parametrize("answer", rows(SUMMARY.read_text())[1:], ids=lambda row: row[0])
def test_each_number_of_an_answer_stands_on_a_page_that_it_links_to(answer):
    linked = [SUMMARY.parent / link for link in re.findall(r"\]\(([^)]+)\)", answer[2])]
    there = {number for page in linked for number in NUMBER.findall(told(page.read_text()))}
    said = NUMBER.findall(told(answer[2]))
    assert [number for number in said if number not in there] == []
    verdicts = set(re.findall(r"supported|refuted|not enough evidence", answer[2]))
    assert all(any(verdict in page.read_text() for page in linked) for verdict in verdicts)
    # A verdict is told with its effect and interval: `−0.030 (−0.039 to −0.021; supported)`.
    for end in re.finditer(r"; (?:supported|refuted|not enough evidence)\)", answer[2]):
        assert re.search(r"\((?:\S+ to \S+|exact)$", answer[2][: end.start()])
