"""The sweep of the learning rate that a study may have: the same ladder for every arm, on its own seeds."""

from typing import Annotated

from pydantic import Field, model_validator

from experiments.studies.specification import Count, Frozen, Seed

TUNING_SEEDS = (100, 101, 102)
LEAST_RATES, LEAST_TUNING_SEEDS = 4, 3  # of a sweep; fewer cannot tell a rate's lead from chance


class Tune(Frozen):
    """The same sweep of the learning rate for every arm, on seeds that no result uses.

    seeds: TUNING_SEEDS where none are given. images: of training, and of what else is evaluated, at most.
    seed: the form of older files, which had one; such a sweep keeps its trials, may have as few as two rates,
    and is not extended.
    """

    learning_rate: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=50)]
    seeds: Annotated[list[Seed], Field(max_length=50)] | None = None
    images: Count | None = None
    seed: Seed | None = None

    @property
    def all_seeds(self) -> list[int]:
        """The seeds of the sweep, in whichever form."""
        if self.seed is not None:
            return [self.seed]
        return [*TUNING_SEEDS] if self.seeds is None else self.seeds

    @model_validator(mode="after")
    def _enough_to_choose_from(self) -> "Tune":
        for name, values in (("learning_rate", self.learning_rate), ("seeds", self.all_seeds)):
            if len(set(values)) < len(values):
                raise ValueError(f"{name}: the values must differ from each other")
        if self.seed is not None:
            if self.seeds is not None:
                raise ValueError("seeds and seed: give one of them, seeds")
            return self
        for name, values, least in (
            ("learning_rate", self.learning_rate, LEAST_RATES),
            ("seeds", self.all_seeds, LEAST_TUNING_SEEDS),
        ):
            if len(values) < least:
                raise ValueError(f"{name}: a sweep takes at least {least}, not {len(values)}")
        return self
