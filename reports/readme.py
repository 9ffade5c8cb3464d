"""Bring the README's results up to date: the table of one study, and its figure as docs/figures/STUDY.png.

`python -m reports.readme compare` copies what `python -m reports compare` has drawn; it computes nothing.
"""

import shutil
import sys
from pathlib import Path

from reports import command, files

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- results: make readme -->\n", "<!-- end of results -->\n"
FIGURE = "convergence.png"


def table_and_footnote(results: str) -> str:
    """The table of a results.md and all below it: what it was measured on, notes and warnings."""
    blocks = results.strip().split("\n\n")
    first = next(index for index, block in enumerate(blocks) if block.startswith("|"))
    return "\n\n".join(blocks[first:]) + "\n"


def main() -> int:
    """Rewrite the README between its markers; the exit status."""
    arguments = command.parser("reports.readme", __doc__).parse_args()
    drawn = arguments.out / (arguments.study or "compare")
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    if not (drawn / "results.md").exists():
        return command.refuse(f"{drawn}: no results here; run `make report` first")
    results = table_and_footnote((drawn / "results.md").read_text(encoding="utf-8"))
    files.write(readme, f"{before}{BEGIN}\n{results}\n{END}{after}".encode())
    target = ROOT / "docs" / "figures" / f"{drawn.name}.png"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(drawn / FIGURE, target)
    print(f"{readme}\n{target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
