"""How large a study can be that must end within some minutes: the highest rung of its ladder that fits.

Rungs are tried from the least upwards, each with what its networks cost on this machine, until one takes
too long; what is left of the minutes goes to further seeds. The choice is made before anything is trained,
looks at no result, and stands: the same command later, after an interruption say, finds it in WORK/minutes.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from experiments import files, names, words
from experiments.data import dataset, split_sizes
from experiments.data.dataset import Tell
from experiments.data.facts import Facts, Files
from experiments.errors import UserError
from experiments.planning import plan, rows
from experiments.studies import ladder, reading, schedule, variants
from experiments.studies.ladder import Setting
from experiments.studies.specification import Frozen, PlannedTrial
from experiments.studies.study import Study

REPORT_SECONDS = 20.0  # that the figures take in the end
FILLED = 0.9  # of the minutes, by more than the least: a sweep may grow, and a machine be slower for a while
NO_FILES = 32  # pixels that a named data set counts as: of those that there are none has many more
SHORT_SIDE = 25  # percent of photographs may have a shorter one than what counts as theirs
MOST_SEEDS = names.LOOKS[-1]


class Choice(Frozen):
    """What was chosen, for how many minutes, of which data, and what the next rung up would take.

    basis: a digest of what the study trains and of the machine that it was chosen for.
    """

    minutes: int
    digest: str
    basis: str = ""
    image_size: int
    width: int
    epochs: int
    seeds: int
    seconds: float
    above: str = ""

    @property
    def setting(self) -> Setting:
        """The setting."""
        return Setting(self.image_size, self.width, self.epochs, self.seeds)

    @property
    def text(self) -> str:
        """One line for the terminal and the report."""
        line = f"for {self.minutes} minutes: {self.setting.text}, about {words.duration(self.seconds)}"
        return f"{line}; {self.above}" if self.above else line


def settled(
    document: dict[str, Any], path: Path, minutes: int, options: plan.Options, began: float, tell: Tell
) -> tuple[dict[str, Any], Choice]:
    """The document at the highest rung that fits, and the choice; began: of the command, by time.monotonic.

    Raises:
        UserError: not even the least rung fits, or the data cannot be had.
    """
    document = {**document, "name": names.for_minutes(document["name"], minutes)}
    study = reading.parse(document, path)
    document, facts = _on_all_images(document, path, options.work)
    kept = options.work / "minutes" / f"{study.name}.json"
    basis = _basis(document, path, facts, options)
    choice = _kept(kept, facts)
    if choice is None or choice.basis != basis:
        of = _Costs(document, path, facts, options, tell)
        choice = _chosen(study, facts, short_side(facts), minutes, began, of.seconds).model_copy(
            update={"basis": basis}
        )
        kept.parent.mkdir(parents=True, exist_ok=True)
        files.replace(kept, choice.model_dump_json(indent=1) + "\n")
    tell(choice.text)
    return ladder.at(document, choice.setting), choice


def standing(document: dict[str, Any], path: Path, work: Path, minutes: int | None = None) -> dict[str, Any]:
    """The document as it was chosen, last or for so many minutes, for commands that choose nothing; at the
    file's sizes before that.

    Raises:
        UserError: the data cannot be had.
    """
    document, facts = _on_all_images(document, path, work)
    rungs = {each._replace(seeds=0) for each in _every_setting(reading.parse(document, path))}
    choices = (work / "minutes").glob(f"{names.for_minutes(document['name'], minutes or '*')}.json")
    for file in sorted(choices, key=lambda each: each.stat().st_mtime, reverse=True):
        choice = _kept(file, facts)
        if choice and choice.setting._replace(seeds=0) in rungs:  # else of an earlier state of the file
            named = {**document, "name": names.for_minutes(document["name"], choice.minutes)}
            return ladder.at(named, choice.setting)
    return document


def _on_all_images(document: dict[str, Any], path: Path, work: Path) -> tuple[dict[str, Any], Facts]:
    """The document with as many images of each split as there are, and the facts of the data."""
    study = reading.parse(document, path)
    least = reading.parse(ladder.at(document, _least(study)), path)
    facts = dataset.summary(least.data.wanted, work)
    return variants.sized(document, _sizes(least, facts, work)), facts


def _basis(document: dict[str, Any], path: Path, facts: Facts, options: plan.Options) -> str:
    """A digest of what a choice depends on beside minutes: the trials that it may come to, workers, GPUs.

    The trials, not the document: titles, claims, targets and whatever else people read change nothing that is
    trained, nor what that takes.
    """
    rungs = [*reading.parse(document, path).ladder.settings(short_side(facts))]
    most = [rungs[0]._replace(seeds=MOST_SEEDS), *rungs]
    studies = [reading.parse(ladder.at(document, setting), path) for setting in most]
    trials = {each.trial.id for study in studies for phase in _phases(study, facts) for each in phase}
    cards = None if options.cards is None else [card.name for card in options.cards]
    content = json.dumps([rungs, sorted(trials), options.workers, cards])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _phases(study: Study, facts: Facts) -> tuple[list[PlannedTrial], list[PlannedTrial]]:
    """The trials of the sweep and the results, on these images."""
    digests = dict.fromkeys(study.sources(), (facts.digest, facts.partition))
    return study.tuning_trials(digests), study.trials(digests)


def _least(study: Study) -> Setting:
    *_, least = study.ladder.settings(0)
    return least


def _every_setting(study: Study) -> Iterator[Setting]:
    """All that photographs of any size could come to."""
    for side in study.ladder.image_size:
        yield from study.ladder.settings(side)


def _sizes(study: Study, facts: Facts, work: Path) -> dict[str, int]:
    """As many images of each split as there are, in the proportions of the file."""
    wanted = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    found = split_sizes.fitting(wanted, facts, schedule.split_seeds(study, MOST_SEEDS), work)
    if not all(found.values()):
        source = study.data.source
        raise UserError(f"data source {source}: {facts.images} images are too few for three splits; add some")
    return found


def _kept(file: Path, facts: Facts) -> Choice | None:
    """The choice that was made before for the same images."""
    try:
        choice = Choice.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return choice if choice.digest == facts.digest else None


def _chosen(
    study: Study, facts: Facts, short: int, minutes: int, began: float, seconds: Callable[[Setting], float]
) -> Choice:
    """Climb from the least rung while the next one fits, then add seeds while they fit.

    short: side of the photographs, in pixels.

    Raises:
        UserError: the least rung does not fit.
    """

    def spent() -> float:
        return REPORT_SECONDS + time.monotonic() - began

    def left() -> float:
        return FILLED * 60 * minutes - spent()

    def fits(needed: float) -> bool:
        return needed <= left()

    rising = [*study.ladder.settings(short)][::-1]
    taken = [seconds(rising[0])]
    if taken[0] > 60 * minutes - spent():
        needed = int(np.ceil((taken[0] + spent()) / 60))
        raise UserError(
            f"MINUTES={minutes}: the least that {study.name} can be, {rising[0].text}, takes about "
            f"{words.duration(taken[0])} here: give it MINUTES={needed} or more"
        )
    above = ""
    for setting in rising[1:]:
        after = seconds(setting)
        if not fits(after):
            above = (
                f"{_difference(rising[len(taken) - 1], setting)} would take {words.duration(after)}, where "
                f"{words.duration(max(0.0, left()))} may be filled"
            )
            break
        taken.append(after)
    chosen, last = rising[len(taken) - 1], taken[-1]
    while chosen.seeds < MOST_SEEDS:
        more = chosen._replace(seeds=chosen.seeds + 1)
        after = seconds(more)
        if not fits(after):
            break
        chosen, last = more, after
    return Choice(minutes=minutes, digest=facts.digest, **chosen._asdict(), seconds=last, above=above)


def _difference(setting: Setting, above: Setting) -> str:
    """What the next rung has more of: `64 pixels`."""
    field = next(name for name in Setting._fields if getattr(setting, name) != getattr(above, name))
    value = getattr(above, field)
    return {
        "image_size": f"{value} pixels",
        "width": f"width {value}",
        "epochs": words.counted(value, "epoch"),
        "seeds": words.counted(value, "seed"),
    }[field]


def short_side(facts: Facts) -> int:
    """The short side of the photographs as they are on the disk; of a named source that of its images."""
    sizes = Files.read(facts.index).sizes if facts.index else ()
    if not sizes:
        return NO_FILES
    return int(np.percentile([min(size) for size in sizes], SHORT_SIDE, method="lower"))


class _Costs:
    """What a study would take at a setting, by what its networks cost here."""

    def __init__(
        self, document: dict[str, Any], path: Path, facts: Facts, options: plan.Options, tell: Tell
    ) -> None:
        self._document, self._path, self._facts = document, path, facts
        self._options, self._tell = options, tell

    def seconds(self, setting: Setting) -> float:
        """The wall clock of sweep and results."""
        study = reading.parse(ladder.at(self._document, setting), self._path)
        shape = (setting.image_size, setting.image_size, self._facts.image_shape[2])
        facts = self._facts.model_copy(update={"image_shape": shape})
        sweep, results = _phases(study, facts)
        content = {(facts.digest, facts.partition): facts}  # costs are of shapes, not of these pixels
        known, workers, _ = plan.measured_costs(sweep, results, content, self._options, self._tell)
        return rows.study_seconds([sweep, results], known, workers, plan.in_a_row(self._options))
