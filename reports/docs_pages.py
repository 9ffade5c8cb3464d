"""Bring README.md and the pages of docs/answers up to date with a study: its tables and its figures.

It copies what `python -m reports draw STUDY` has drawn, and computes nothing. A page has all results of a
study between `<!-- results of STUDY -->` and `<!-- end of results -->`; after `<!-- table of STUDY -->` only
its answer and cost with what they were measured on. A figure shown as `figures/STUDY/NAME.png` is copied to
docs/figures/. What docs/answers.md says in a sentence a study is written by hand.
"""

import argparse
import itertools
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments import names
from reports import command, files
from reports.tables import markdown, results
from reports.tables.markdown import Block

ROOT = Path(__file__).parent.parent
ANSWERS = ROOT / "docs" / "answers"  # a page a study
PAGES = (ROOT / "README.md", ROOT / "docs" / "answers.md", *sorted(ANSWERS.glob("*.md")))
FIGURES = ROOT / "docs" / "figures"
END = "<!-- end of results -->"
EPILOG = """example:
  python -m reports pages compare"""


def sections(blocks: Sequence[Block]) -> dict[str, str]:
    """What a page may show of the blocks of results.md, as Markdown: `results` or `table`.

    results: the tables of arms and all below them; table: those of answer and cost, what they were measured
    on, their notes and warnings.
    """
    first = next(index for index, block in enumerate(blocks) if block.kind == "title")
    tables = list(itertools.takewhile(lambda block: block.kind in ("title", "table"), blocks[first:]))
    measured, *others = blocks[first + len(tables) :]
    own = itertools.takewhile(lambda block: block.kind != "table", others)  # those of the claims follow
    notes = [block for block in own if block.kind == "notes"]
    short = [
        part
        for title, table in zip(tables[::2], tables[1::2], strict=True)
        if title.content in (results.ANSWER, results.COST)
        for part in (title, table)
    ]
    return {
        "results": markdown.write(blocks[first:]),
        "table": markdown.write([*short, measured, *notes]),
    }


def with_results(page: str, study: str, shown: Mapping[str, str]) -> str:
    """The page with the results of the study wherever it shows them. shown: as from `sections`."""
    for name, text in shown.items():
        begin = f"<!-- {name} of {study} -->"
        section = re.compile(rf"{re.escape(begin)}\n.*?{re.escape(END)}", re.DOTALL)
        # A function, since a backslash in the results must not read as a group.
        page = section.sub(lambda _, content=f"{begin}\n\n{text}\n{END}": content, page)
    return page


def shown_figures(page: str, study: str) -> set[str]:
    """The names of the study's figures that the page shows."""
    return set(
        re.findall(rf"(?:\]\(|src=\")(?:[\w./]*/)?figures/{re.escape(study)}/([\w.-]+\.png)[)\"]", page)
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    command.add_study(parser)


def main(options: argparse.Namespace) -> int:
    """Rewrite the pages; the exit status."""
    study = names.experiment_name(
        options.study or command.DEFAULT_STUDY, command.located(options.data), options.precision
    )
    drawn = options.out / study
    blocks = [Block(*block) for block in files.read_stamp(drawn).results]
    if not blocks:
        return command.refuse(f"{drawn}: no results here; run `make report` for it first")
    pages = {path: path.read_text(encoding="utf-8") for path in PAGES}
    texts = sections(blocks)
    marks = [f"<!-- {name} of {study} -->" for name in texts]
    if not any(mark in page for page in pages.values() for mark in marks):
        return command.refuse(f"no page shows the study {study!r}")
    shown = {path: shown_figures(page, study) for path, page in pages.items()}
    if missing := sorted(name for name in set().union(*shown.values()) if not (drawn / name).exists()):
        return command.refuse(f"the pages show {missing[0]} of {study}, which {drawn} does not hold")
    for path, page in pages.items():
        files.write(path, with_results(page, study, texts).encode())
        for figure in shown[path]:
            (FIGURES / study).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(drawn / figure, FIGURES / study / figure)
        print(f"{path.relative_to(ROOT)}: {len(shown[path])} figures")
    return 0
