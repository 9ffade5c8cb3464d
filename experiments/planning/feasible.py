"""Whether a planned trial can be done with the data there is, and the memory it takes."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from experiments import catalog, names, processes
from experiments.data import crops, dataset, overlap, split_sizes
from experiments.data.facts import Facts
from experiments.errors import UserError
from experiments.logs import trial_folder
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


def check_encoders(trials: Iterable[Trial], work: Path) -> None:
    """See that the trials are here whose networks others take for encoders, and have not seen their images.

    Raises:
        UserError: one is not, or it or an encoder of its own was trained on images of the same data.
    """
    checked = set()
    for trial in trials:
        encoder, content = catalog.encoder_trial(trial.arguments), content_of(trial)
        named = f"{trial.model}: encoder {names.OWN_ENCODER}{encoder}"
        if encoder and trial.recipe.precision != "float32":
            raise UserError(
                f"{named}: a network that was trained here computes in float32; use that precision"
            )
        while encoder is not None and (encoder, content) not in checked:
            checked.add((encoder, content))
            before = _encoder(work / encoder, named)
            if share := _seen(before, trial, work, named):
                raise UserError(
                    f"{named}: trial {encoder} was trained on the same images ({share:.0%} of a sample are "
                    "among them): it may have seen those that are tested here; take one that was trained on "
                    "others"
                )
            encoder = catalog.encoder_trial(before.arguments)


def _encoder(folder: Path, named: str) -> Trial:
    """The complete trial of a folder that has a model. Raises UserError where there is none."""
    with contextlib.suppress(OSError, ValueError):
        if trial_folder.is_complete(folder) and (folder / names.MODEL_FOLDER).is_dir():
            return trial_folder.specification(folder)
    raise UserError(
        f"{named}: no complete trial {folder.name} with a model in {folder.parent}; train it there first, "
        "with KEEP_MODELS=best or all"
    )


def _seen(before: Trial, trial: Trial, work: Path, named: str) -> float:
    """The share of a trial's images that another was trained on, as far as a sample tells; 0 of few."""
    if before.data_digest == trial.data_digest:
        return 1.0
    try:
        theirs = dataset.open_prepared(before.data_digest, before.partition, work).images
    except UserError as error:
        raise UserError(
            f"{named}: whether it has seen these images cannot be told, for its own are not here ({error})"
        ) from None
    share = overlap.share_in(dataset.open_prepared(*content_of(trial), work).images, theirs)
    return share if share > overlap.MOST else 0.0


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
