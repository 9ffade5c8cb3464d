"""The sweep of the learning rate that a study may have: a ladder for every arm, on seeds of their own."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from experiments.studies.specification import TUNING_SEEDS, Count, Frozen, Seed

Ladder = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=50)]
LEAST_RATES, LEAST_TUNING_SEEDS = 4, 3  # of a sweep; fewer cannot tell a rate's lead from chance


class Tune(Frozen):
    """A sweep of the learning rate for every arm, over as many rates, on seeds that no result uses.

    arms: the ladders of arms to which the rates of the others say nothing, since their optimizer is another:
    Adam's are smaller than those of SGD. seeds: TUNING_SEEDS where none are given. images: of training, and
    of what else is evaluated, at most. seed: the form of older files, which had one; such a sweep keeps its
    trials, may have as few as two rates, and is not extended.
    """

    learning_rate: Ladder
    arms: Mapping[str, Ladder] = {}
    seeds: Annotated[list[Seed], Field(max_length=50)] | None = None
    images: Count | None = None
    seed: Seed | None = None

    @property
    def all_seeds(self) -> list[int]:
        """The seeds of the sweep, in whichever form."""
        if self.seed is not None:
            return [self.seed]
        return [*TUNING_SEEDS] if self.seeds is None else self.seeds

    def ladder(self, arm: str) -> list[float]:
        """The rates that an arm is tried at first."""
        return self.arms.get(arm, self.learning_rate)

    @model_validator(mode="after")
    def _as_many_rates_for_every_arm(self) -> "Tune":
        for arm, rates in self.arms.items():
            if len(set(rates)) < len(rates):
                raise ValueError(f"arms.{arm}: the values must differ from each other")
            if len(rates) != len(self.learning_rate):
                raise ValueError(
                    f"arms.{arm}: {len(rates)} rates; every arm is tried at as many, here "
                    f"{len(self.learning_rate)}"
                )
        return self

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
