"""Bring the written pages up to date with a study: its table and figures in README.md and docs/answers.md.

It copies what `python -m reports draw STUDY` has drawn; it computes nothing. In a
page all results of a study stand between `<!-- results of STUDY -->` and `<!-- end of results -->`, its table
alone, with what it was measured on, after `<!-- table of STUDY -->`; a figure is one that the page shows as
`figures/STUDY/NAME.png`, a copy in docs/figures/.
"""

import argparse
import re
import shutil
from pathlib import Path

from experiments import names
from reports import command, files

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "answers.md")
FIGURES = ROOT / "docs" / "figures"
END = "<!-- end of results -->"


EPILOG = """example:
  python -m reports pages compare"""


def table_and_footnote(results: str) -> str:
    """The table of a results.md and all below it: what it was measured on, notes and warnings."""
    blocks = results.strip().split("\n\n")
    first = next(index for index, block in enumerate(blocks) if block.startswith("|"))
    return "\n\n".join(blocks[first:]) + "\n"


def table_alone(results: str) -> str:
    """Of `table_and_footnote`: the table, what it was measured on, and its notes and warnings."""
    own = results.partition("\n\nClaims: ")[0].strip().split("\n\n")
    kept = [
        block for place, block in enumerate(own) if place < 2 or block.startswith(("- Note", "- Warning"))
    ]
    return "\n\n".join(kept) + "\n"


def with_results(page: str, study: str, results: str) -> str:
    """The page with these results of the study, or their table, wherever it shows them."""
    for shown, text in (("results", results), ("table", table_alone(results))):
        begin = f"<!-- {shown} of {study} -->"
        section = re.compile(rf"{re.escape(begin)}\n.*?{re.escape(END)}", re.DOTALL)
        # A function, since a backslash in the results must not read as a group.
        page = section.sub(lambda _, told=f"{begin}\n\n{text}\n{END}": told, page)
    return page


def shown_figures(page: str, study: str) -> set[str]:
    """The names of the study's figures that the page shows."""
    return set(re.findall(rf"\]\((?:[\w./]*/)?figures/{re.escape(study)}/([\w.-]+\.png)\)", page))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    command.add_study(parser)


def main(options: argparse.Namespace) -> int:
    """Rewrite the pages; the exit status."""
    study = names.experiment_name(options.study or command.DEFAULT_STUDY, options.data)
    drawn = options.out / study
    if not (drawn / "results.md").exists():
        return command.refuse(f"{drawn}: no results here; run `make report` for it first")
    pages = {path: path.read_text(encoding="utf-8") for path in PAGES}
    marks = [f"<!-- {shown} of {study} -->" for shown in ("results", "table")]
    if not any(mark in page for page in pages.values() for mark in marks):
        return command.refuse(f"no page shows the study {study!r}")
    shown = {path: shown_figures(page, study) for path, page in pages.items()}
    if missing := sorted(name for some in shown.values() for name in some if not (drawn / name).exists()):
        return command.refuse(f"the pages show {missing[0]} of {study}, which {drawn} does not hold")
    results = table_and_footnote((drawn / "results.md").read_text(encoding="utf-8"))
    for path, page in pages.items():
        files.write(path, with_results(page, study, results).encode())
        for figure in shown[path]:
            (FIGURES / study).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(drawn / figure, FIGURES / study / figure)
        print(f"{path.relative_to(ROOT)}: {len(shown[path])} figures")
    return 0
