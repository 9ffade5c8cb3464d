"""One page about a study's data: classes, splits, what a network sees, duplicates, bad files."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from experiments import processes
from experiments.data import dataset, kept, split_sizes, splits
from experiments.data.crops import View
from experiments.data.dataset import Dataset
from experiments.data.facts import Facts, Files, OnBad
from experiments.errors import UserError
from experiments.inspection import findings, sentences
from experiments.studies.study import Study
from experiments.trial import samples

MOST_GROUPS, MOST_MEMBERS = 60, 12  # shown with pictures
BAR = 12  # rem of the largest class


@dataclass(frozen=True)
class Page:
    """The page as HTML, and the same in some lines for a terminal."""

    html: str
    lines: list[str]


def page(study: Study, work: Path, on_bad: OnBad = "stop") -> Page:
    """The page of a study's data.

    on_bad: what the study will do about files that cannot be used; here they never stop.

    Raises:
        UserError: the data cannot be had.
    """
    facts = dataset.summary(study.data.wanted._replace(on_bad="skip"), work)
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    chosen, problem = _split(study, facts, work)
    origin = Files.read(facts.index)
    warnings = sentences.warnings_about(data, facts, chosen, on_bad, problem)
    groups = sentences.groups_text(data, chosen, study.data.near_duplicates) if origin.names else ""
    unused = len(data.labels) - sum(map(len, chosen))
    height, width, channels = facts.image_shape
    colours = "grey" if channels == 1 else "RGB"
    html = _template().render(
        source=study.data.source,
        study=study.name,
        seed=study.seeds[0],
        total=f"{len(data.labels):,}",
        height=height,
        width=width,
        channels=colours,
        size=sentences.size_text(study),
        warnings=warnings,
        classes=sentences.class_rows(data, chosen),
        bar=BAR,
        unused=f"{unused:,}",
        splits=[len(positions) for positions in chosen],
        changes=sentences.changes_text(study),
        evaluated=sentences.evaluation_text(study),
        training=_training_grid(study, data, chosen),
        evaluation=_evaluation_grid(study, data, chosen),
        sizes=sentences.file_sizes(origin),
        from_files=bool(origin.names),
        groups_text=groups,
        groups=_groups(data, chosen, origin),
        more_groups=max(0, len(sentences.groups_of(data)) - MOST_GROUPS),
        account=findings.account(facts) if origin.names else "",
        findings=findings.sections(facts, origin, study.data.wanted),
        bad=origin.bad,
        other=", ".join(f"{count:,} {ending}" for ending, count in origin.other.items()),
        digests=[
            ("data", facts.digest),
            ("partition", facts.partition),
            *splits.digests(chosen, data.image_digests).items(),
        ],
    )
    sizes = ", ".join(f"{len(positions):,} {name}" for name, positions in chosen._asdict().items())
    lines = [
        f"{study.data.source}: {len(data.labels):,} images of {len(data.classes)} classes, {width}×{height} "
        f"{colours}",
        f"{sizes}, {unused:,} in no split",
    ]
    lines += [groups] if groups else []
    lines += [findings.account(facts)] if origin.names else []
    lines += [f"warning: {warning}" for warning in warnings] + findings.lines(facts, origin)
    lines += [f"{kept.bad_table(facts.index)} lists the files that cannot be used"] if facts.bad else []
    return Page(html, lines)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("page.html")


def _split(study: Study, facts: Facts, work: Path) -> tuple[splits.Split, str | None]:
    """The split of the study's first seed, or the largest that can be had, or none, and why."""
    seed = study.split_seed(study.seeds[0])
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    try:
        return split_sizes.split_of(sizes, facts, seed, work)[0], None
    except UserError as error:
        problem = str(error)
    smaller = split_sizes.fitting(sizes, facts, [seed], work)
    try:
        return split_sizes.split_of(smaller, facts, seed, work)[0], f"{problem}. Smaller splits are shown"
    except UserError:
        nothing = np.array([], np.int64)
        return splits.Split(nothing, nothing, nothing), problem


def _training_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    processes.load_tensorflow()
    from experiments.trial.augmentation import Augmentation
    from experiments.trial.pipeline import training_batches

    recipe = study.recipe
    shown = chosen.train if len(chosen.train) else np.arange(len(data.labels))
    stream = training_batches(
        View(data.images, shown).settled(),
        data.labels[shown],
        seed=study.seeds[0],
        batch_size=recipe.batch_size,
        augmentation=Augmentation.of(study.data.crop, study.data.windows, recipe),
        steps=recipe.steps,
    )
    return findings.embedded(samples.grid(np.asarray(images) for images, _ in stream))


def _evaluation_grid(study: Study, data: Dataset, chosen: splits.Split) -> str:
    shown = chosen.validation if len(chosen.validation) else np.arange(len(data.labels))
    seen = View(data.images, shown, study.data.crop, study.data.windows)
    return findings.embedded(samples.grid([seen[: samples.COLUMNS * samples.ROWS]]))


def _groups(data: Dataset, chosen: splits.Split, origin: Files) -> list[list[dict]]:
    """Groups with pictures: those of several classes, whose labels may be wrong, then the largest."""
    if not origin.names:
        return []
    sides = np.full(len(data.labels), "in no split", object)
    for name, positions in chosen._asdict().items():
        sides[positions] = name
    return [
        [
            {
                "picture": findings.embedded(samples.picture(data.images[position]), findings.THUMBNAIL),
                "file": origin.names[position],
                "label": data.classes[data.labels[position]],
                "split": sides[position],
            }
            for position in group[:MOST_MEMBERS]
        ]
        for group in _doubtful_first(data)[:MOST_GROUPS]
    ]


def _doubtful_first(data: Dataset) -> list[np.ndarray]:
    return sorted(sentences.groups_of(data), key=lambda group: len(np.unique(data.labels[group])) == 1)
