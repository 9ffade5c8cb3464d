"""docs/calibration.md: a section for each part, of which one may be measured anew without the other."""

from collections.abc import Iterable, Mapping

from reports.calibration import forecasts, learners, population, teams
from reports.calibration.tables import Table
from reports.numbers import images
from reports.tables import markdown

INTRODUCTION = """# Calibration of the verdicts

`make calibrate` measures how often the verdicts of a report are false, and what its intervals cover, where
the truth is known. The functions that judge here judge a report too. At most 5 % of studies in which neither
what is claimed nor its contrary is true may have any verdict. 95 % intervals must cover the truth in at least
93 %, those of means on one split and of real learners at one look also in at most 97 %. A bar counts as
missed where it is by more than two and a half standard errors of the simulation, and the command then
fails."""

PARTS = {
    "simulated": """## Simulated studies

Whole studies drawn from known distributions. "Skewed": a Gumbel distribution, "mirrored": the tail of one arm
is up, that of the other down; "counted": right answers among 500 images.""",
    "learners": f"""## Real learners on a known population

The population is 700,000 images: the 70,000 of Fashion-MNIST, each as it is and mirrored, and both moved by
a pixel in four directions; {population.COMPONENTS} principal components of 14 × 14 block means. Each team
draws its images from it, and each of its seeds a split of these: 1,000 train, 400 of 1,600 or 2,000 of 60,000
test. The learners: ridge regression on {learners.WAVES} random Fourier features (two widths, whose draw is
the seed), linear ridge regression, {learners.TREES} extremely randomised trees, the nearest neighbour, the
nearest class mean; linear and nearest ones have no seed but the split. The margin of each claim is the true
mean difference, so that every verdict is false. A team of 60,000 is judged by the mean of all other teams
with 60,000 (its own seeds would pull the truth towards it), a team of 1,600 by that of all; the last table
says how well that is known, beside the standard error of a team with {teams.SEEDS} seeds.

Seeds that draw from one pool share images. What images have in common is measured by each team, from the
images that two of its seeds tested; what the images that trained add is taken to be {images.TRAINED:g} of
that, the middle of what the second to fifth pair had (the first shares too little to tell); the pair with
class means had no part in that choice. The last table has both beside the truth. t of the seeds alone, in
parentheses, covers too little where seeds share a small pool. With looks, the interval is that of the look
which decided, or of the last one, at its level, and t of the seeds alone that of 95 % at the same look.""",
    "forecasts": f"""## Forecasts of learning curves

Whether more images would help is forecast by a power law with a floor, fitted to nested subsets, at most
twice as far as the most that was trained (`python -m reports forecast`). Here teams draw 60,000 images of
the population above and each of their 8 seeds a split; the cheap learners train on
{", ".join(f"{size:,}" for size in forecasts.Design().sizes[:-1])} images of it, and what they then measure
on {forecasts.Design().sizes[-1]:,} is compared with the forecast, as is the mean of all teams. At least nine
in ten must hold it, less two and a half standard errors. In a study's own report a forecast is withheld where
the same fit without the largest size would not have told what was measured there.""",
}


def section(part: str, tables: Iterable[Table], footer: str) -> str:
    """All tables of a part as Markdown."""
    blocks = [PARTS[part]]
    for table in tables:
        blocks += [f"### {table.title}", table.text, markdown.table([table.header, *table.rows])]
    return "\n\n".join(block for block in [*blocks, footer] if block)


def whole(before: str, done: Mapping[str, str]) -> str:
    """The page with what was measured now; other parts stay as they are in the page before."""
    heads = {part: text.splitlines()[0] for part, text in PARTS.items()}
    kept = {}
    for part, head in heads.items():
        _, found, rest = before.partition(f"\n{head}\n")
        if found:
            ends = [rest.index(f"\n{other}\n") for other in heads.values() if f"\n{other}\n" in rest]
            kept[part] = f"{head}\n{rest[: min(ends, default=len(rest))]}".strip()
    parts = [done.get(part, kept.get(part)) for part in PARTS]
    return "\n\n".join([INTRODUCTION, *filter(None, parts)]) + "\n"
