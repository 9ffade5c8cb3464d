"""Whether a planned trial can be done with the data there is, and the memory it takes."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from experiments import catalog, names, processes
from experiments.data import crops, split_sizes
from experiments.data.facts import Facts
from experiments.errors import UserError
from experiments.logs import history, trial_folder
from experiments.studies import cost
from experiments.studies.specification import PlannedTrial, Trial


def content_of(trial: Trial) -> tuple[str, str]:
    """What tells the prepared data sets of a plan apart."""
    return trial.data_digest, trial.partition


def check(planned: PlannedTrial, facts: Facts) -> None:
    """Look at one trial beside what its data holds.

    Raises:
        UserError: a crop, shift or hole too large for the images, or too few images.
    """
    trial = planned.trial
    height, width, _ = facts.image_shape
    if trial.crop and trial.crop > min(height, width):
        raise UserError(
            f"data.crop: {trial.crop} is larger than the images of {planned.data} ({height}×{width})"
        )
    window = trial.crop or min(height, width)
    if trial.recipe.shift >= window:
        raise UserError(f"recipe.shift: {trial.recipe.shift} must be below the {window} pixels of an image")
    if trial.recipe.cutout >= window:
        raise UserError(f"recipe.cutout: {trial.recipe.cutout} must be below the {window} pixels of an image")
    sizes = {"train": trial.train, "validation": trial.validation, "test": trial.test}
    fitting = split_sizes.fitting_sizes(sizes, **facts.parts)
    if fitting != sizes:
        own = f" and {facts.test_part} in its own test part" if facts.test_part else ""
        if facts.validation_part:
            own += f" and {facts.validation_part} in its own validation part"
        raise UserError(
            f"data: {planned.data} holds {facts.train_part} images{own}, too few for train {trial.train} + "
            f"validation {trial.validation}{'' if own else f' + test {trial.test}'}"
            f"{f' and test {trial.test}' if own else ''}; ask for fewer"
        )
    classes = len(facts.classes)
    fewest = min(sizes, key=sizes.__getitem__)
    if sizes[fewest] < classes and planned.role != names.TUNE_ROLE:
        raise UserError(
            f"data: {planned.data} has {classes} classes; each split needs at least as many images, and "
            f"{fewest} has {sizes[fewest]}"
        )


def check_machine(trials: Iterable[Trial]) -> None:
    """See that this machine has the arithmetic of trials that are to be trained.

    Raises:
        UserError: it has not.
    """
    if any(trial.recipe.precision == "bfloat16" for trial in trials) and not processes.computes_in_bfloat16():
        raise UserError(
            "recipe.precision: bfloat16 needs a processor with AVX512_BF16 or AMX, or a GPU, and "
            f"{processes.cpu()} has neither: it would compute in float32 and convert before and after each "
            "step, slower than float32 itself; use float32"
        )


def check_encoders(trials: Iterable[Trial], by_content: Mapping[tuple[str, str], Facts], work: Path) -> None:
    """See that the trials are here whose networks others take for encoders, and have not seen their images.

    Raises:
        UserError: one is not, or was trained on the same data.
    """
    for trial in trials:
        encoder = catalog.encoder_trial(trial.arguments)
        if encoder is None:
            continue
        folder, named = work / encoder, f"{trial.model}: encoder {names.OWN_ENCODER}{encoder}"
        try:
            complete = trial_folder.is_complete(folder)
            classes = json.loads((folder / names.MODEL_FOLDER / "model.json").read_text("utf-8"))["classes"]
            before, tags = trial_folder.specification(folder), history.read(folder).tags
        except (OSError, ValueError, KeyError):
            complete = False
        if not complete:
            raise UserError(
                f"{named}: no complete trial with a model in {work}; train it there first, with "
                "KEEP_MODELS=best or all"
            )
        facts = by_content[content_of(trial)]
        # At another size the same images have another digest.
        alike = [*classes] == [*facts.classes] and tags.get(names.POOL) == str(facts.images)
        if before.data_digest == trial.data_digest or alike:
            raise UserError(
                f"{named} was trained on the same images: it has seen those that are tested here; take one "
                "that was trained on others"
            )


def check_splits(planned: list[PlannedTrial], by_content: dict[tuple[str, str], Facts], work: Path) -> None:
    """Each split of a data set of one's own once: classes may be small there, and images stay together."""
    checked = set()
    for each in planned:
        trial = each.trial
        key = (
            trial.data_digest,
            trial.partition,
            trial.train,
            trial.validation,
            trial.test,
            trial.split_seed,
        )
        of_sweep = each.role == names.TUNE_ROLE  # a rate can be chosen without every class
        if each.data.startswith("path:") and key not in checked and not of_sweep:
            checked.add(key)
            sizes = {"train": trial.train, "validation": trial.validation, "test": trial.test}
            split_sizes.check_classes(sizes, by_content[key[:2]], trial.split_seed, work, each.data)


def memory_mib(trial: Trial, cost: cost.Cost, facts: Facts) -> float:
    """What a trial takes at its peak: as measured, and its images twice, as arrays and as tensors.

    Images that are too many for that are read from the disk, and shown to the network in portions.
    """
    height, width, channels = facts.image_shape
    windows = len(crops.corners(height, width, trial.crop, trial.windows))
    seen = windows * channels * (trial.crop**2 if trial.crop else height * width)
    # Training images whole; slice, validation and test in their windows.
    sizes = [trial.train * height * width * channels]
    sizes += [count * seen for count in (trial.validation, trial.validation, trial.test)]
    return cost.memory_mib + 2 * sum(min(size, crops.IN_MEMORY) for size in sizes) / 2**20
